"""Text that a model wrote, as it is let into the mesh: in bounded pieces, and of characters that can be stored and sent."""

from __future__ import annotations

import re

#: Characters of a piece. What handles a piece holds the event loop no longer than it takes for so many.
PIECE = 2048

_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_UNUSABLE = re.compile("[\0\ud800-\udfff]")


def usable(text: str, most: int) -> str:
    """The first ``most`` characters without NUL, which PostgreSQL does not store; U+FFFD for halves of surrogate pairs."""
    text = text[: 2 * most]
    if _UNUSABLE.search(text):
        text = _PAIR.sub(lambda pair: pair[0].encode("utf-16", "surrogatepass").decode("utf-16"), text)
        text = _UNUSABLE.sub(lambda found: "\ufffd" if found[0] else "", text.replace("\0", ""))
    return text[:most]


class ModelText:
    """An answer of at most ``most`` characters: ``take`` each piece as it comes, then ``rest``."""

    def __init__(self, most: int) -> None:
        self.left = most
        self._half = ""
        self.is_cut = False

    def take(self, piece: str) -> list[str]:
        """``piece`` in pieces of at most ``PIECE`` characters; none of them, or fewer, once the answer is full (``is_cut``)."""
        piece = self._half + piece
        self._half = ""
        if "\ud800" <= piece[-1:] <= "\udbff":
            # A server that cuts its text by UTF-16 units sends the other half next.
            piece, self._half = piece[:-1], piece[-1]
        return self._bounded(piece)

    def rest(self) -> list[str]:
        """What was held back."""
        half, self._half = self._half, ""
        return self._bounded(half)

    def _bounded(self, piece: str) -> list[str]:
        text = usable(piece, self.left)
        self.is_cut = self.is_cut or len(piece) > self.left
        # What is left out counts, too: an answer of nothing else comes to its end.
        self.left = max(0, self.left - len(text) - piece.count("\0"))
        return [text[at : at + PIECE] for at in range(0, len(text), PIECE)]
