"""How many tokens a text has for one model: an estimate, which what its server counts makes better."""

from __future__ import annotations

import re
from collections.abc import Iterable

#: Careful guesses of tokens a character: ASCII (English has 0.25, names and numbers more), syllables and words of East Asia, and
#: other letters, which old vocabularies cut into bytes.
_GUESSES = {"ascii": 0.33, "wide": 1.6, "other": 0.8}
_WIDE = re.compile("[\u1100-\u11ff\u2e80-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]+")
#: What a chat template puts around a message, tokens.
_MESSAGE = 8
#: A count that is more than so many times the estimate, or less, is not believed any further. Down less: some servers leave out
#: what they still had in memory.
_MOST, _LEAST = 8.0, 0.6
#: Of less text, estimated in tokens, a count tells little: what a chat template adds is most of it.
_TELLING = 200
#: Share of a lower count in the running estimate; a higher one holds at once.
_NEWEST = 0.3


#: How many characters of each kind a text has.
Characters = dict[str, int]


class TokenCount:
    """Of one model."""

    def __init__(self) -> None:
        self._learnt: dict[str, float] = {}

    def of(self, text: str) -> float:
        """Of a message with this text."""
        return self.of_characters(characters(text))

    def of_characters(self, found: Characters) -> float:
        """Of a message with these characters."""
        return _MESSAGE + sum(self._parts(found).values())

    def is_known(self, texts: Iterable[str]) -> bool:
        """Whether the server has counted text in the script that most of these texts are in."""
        return self._script("".join(texts)) in self._learnt

    def learn(self, texts: Iterable[str], tokens: int) -> None:
        """The server counts ``tokens`` in messages with these texts."""
        texts = list(texts)
        counted = tokens - _MESSAGE * len(texts)
        expected = sum(sum(self._parts(characters(text)).values()) for text in texts)
        if counted <= 0 or expected < _TELLING:
            return
        script = self._script("".join(texts))
        before = self._learnt.get(script, 1.0)
        now = before * counted / expected
        if script in self._learnt and now < before:
            now = before + _NEWEST * (now - before)
        self._learnt[script] = min(_MOST, max(_LEAST, now))

    def _parts(self, found: Characters) -> dict[str, float]:
        return {kind: number * _GUESSES[kind] * self._learnt.get(kind, 1.0) for kind, number in found.items()}

    def _script(self, text: str) -> str:
        parts = self._parts(characters(text))
        return max(parts, key=parts.__getitem__)


def characters(text: str) -> Characters:
    """Those of a text."""
    if text.isascii():
        return {"ascii": len(text), "wide": 0, "other": 0}
    beyond = len(text) - len(text.encode("ascii", "ignore"))
    wide = sum(map(len, _WIDE.findall(text)))
    return {"ascii": len(text) - beyond, "wide": wide, "other": beyond - wide}
