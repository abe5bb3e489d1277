"""Cuts a reply into speakable clauses while it is still being written.

The first clause comes early: at a comma or a dash, once there is enough to say. Later ones come at the ends of sentences, or at a
comma when they get long beside the clause that is spoken meanwhile. Text is looked at character by character, so the same text
gives the same clauses however it arrives, and a place is judged only when the next visible character is known: "$29." may yet
become "$29.95".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from typing import Literal

import anyio.lowlevel

from comps.cores.text.abbreviations import stop_ends_sentence
from comps.cores.text.blocks import LONGEST, blocks, in_block
from comps.cores.text.words import has_words, is_wide

#: The first clause may end at a comma once it is this long: enough to speak while the next words arrive.
FIRST_CLAUSE_CHARS = 8
#: A later clause may end at a comma once it is this many times as long as the one before it: while that one is spoken, a slow
#: model (10 tokens a second) writes about twice as much, and would leave a gap in a long sentence (benchmarks/prosody.py).
_GROWTH = 1.5
#: No clause is longer: synthesis of one must not delay the next, and espeak degrades on long lines.
MAX_CLAUSE_CHARS = 200
#: Web addresses are kept whole up to this length: halves of them would be read out.
_MAX_ADDRESS_CHARS = 1000
#: At the end of a text: the beginning of a formula in a line (no price, no closing sign), and of a tag with attributes.
_BEGUN = re.compile(r"(?<![\w$\\})])\$(?=[A-Za-z\\({])[^$\n]{1,150}$|<[A-Za-z][\w-]{0,20}\s[^<>=]{1,50}=[^<>]{0,500}$")
_LONGEST_BEGUN = 600
#: Characters that ``split`` looks at before others have their turn: a few milliseconds of the worst text there is.
_SLICE = 64

#: Stops that need no space after them: CJK, Devanagari, Arabic, Armenian, Ethiopic, Burmese, Khmer.
_WIDE_STOPS = frozenset("。！？｡।॥۔؟։።။។")
_WIDE_COMMAS = frozenset("，；：،")
_COMMAS = frozenset(",;:")
_DASHES = frozenset("—–-")
_CLOSERS = "\"'”’“»)]}*_`」』）》】〉"
_QUOTES = frozenset("\"'”’»」』")
_OPENERS = frozenset("([{“‘«「『（《【*_—–-\"'")
_PAIRS = {"(": ")", "[": "]", "“": "”", "„": "“", "«": "»", "「": "」", "『": "』", "（": "）", "《": "》", "【": "】"}

_SPAN_MARK = re.compile('[*]+|_+|["' + re.escape("".join({*_PAIRS, *_PAIRS.values()})) + "]")
#: A flag is two of these letters; of an odd number at the end, the last belongs to what follows.
_FLAG_LETTERS = re.compile("[\U0001f1e6-\U0001f1ff]+$")
_ADDRESS = re.compile(r"://|www\.|@|mailto:")


@dataclass(frozen=True, slots=True)
class Clause:
    """A piece of a text as it was written, with the spaces after it.

    ``before``: the clause before it, where that is of the same sentence. ``continues``: whether the sentence goes on in the next
    clause. A voice needs both to speak the clauses as it would speak the whole sentence.
    """

    text: str
    before: str = ""
    continues: bool = False


async def split(texts: AsyncIterator[str]) -> AsyncGenerator[Clause, None]:
    """The clauses of a text that comes in pieces, each as soon as it is whole.

    Other tasks have their turn after every ``_SLICE`` characters, however many of them lie ready at once: the event loop is never
    held up.
    """
    splitter = ClauseSplitter()
    room = _SLICE
    async for text in texts:
        at = 0
        while at < len(text):
            part = text[at : at + room]
            for clause in splitter.feed(part):
                yield clause
            at += len(part)
            room -= len(part)
            if not room:
                await anyio.lowlevel.checkpoint()
                room = _SLICE
    for clause in splitter.finish():
        yield clause


class ClauseSplitter:
    """``feed`` text as it arrives, then ``finish``; the texts of the clauses that come back, joined, are the text exactly."""

    def __init__(self, *, first_chars: int = FIRST_CLAUSE_CHARS, max_chars: int = MAX_CLAUSE_CHARS) -> None:
        self._first_chars = first_chars
        self._max_chars = max_chars
        self._held = ""
        self._last: Clause | None = None

    def feed(self, text: str) -> list[Clause]:
        """The clauses that ``text`` completes."""
        clauses = []
        for character in text:
            if not character.isspace() and (end := self._end(self._held, character)) is not None:
                clauses.append(self._release(len(self._held), continues=end == "comma"))
            self._held += character
            if (cut := self._overlong(self._held)) is not None:
                clauses.append(self._release(cut, continues=True))
        return clauses

    def finish(self) -> list[Clause]:
        """What is left; the splitter then begins anew."""
        rest = [self._release(len(self._held), continues=False)] if self._held else []
        self._last = None
        return rest

    def _release(self, length: int, *, continues: bool) -> Clause:
        text, self._held = self._held[:length], self._held[length:]
        before = self._last.text if self._last is not None and self._last.continues else ""
        self._last = Clause(text, before, continues)
        return self._last

    def _end(self, text: str, following: str) -> Literal["sentence", "comma"] | None:
        """What of a sentence ends between ``text`` and the visible character ``following``, where a clause ends there."""
        body = text.rstrip()
        gap = text[len(body) :]
        last = body.rstrip(_CLOSERS)[-1:]
        if not (gap or last in _WIDE_STOPS or last in _WIDE_COMMAS or last == "—") or not has_words(body):
            return None
        if "\n" in gap and not in_block(body):
            return "sentence" if gap.count("\n") > 1 or not following.islower() else None
        if _is_open(body) or (following in _CLOSERS and not gap and following != '"'):
            return None
        if _ends_sentence(body, gap, following):
            return "sentence"
        return "comma" if self._ends_at_comma(body, gap, following) else None

    def _ends_at_comma(self, body: str, gap: str, following: str) -> bool:
        """Whether there is enough for a clause, and a comma or dash to end it at."""
        last, before = body[-1], body[:-1].rstrip()
        enough = self._first_chars if self._last is None else max(self._first_chars, _GROWTH * _spoken_length(self._last.text))
        if _spoken_length(body) < enough or not before or following in _WIDE_STOPS | _WIDE_COMMAS:
            return False
        if last in _WIDE_COMMAS:
            return True
        if before[-1].isdigit() and following.isdigit():
            return False
        if last in _COMMAS:
            return bool(gap) and before[-1] != "."
        if last == "—":
            return following not in _DASHES
        return last in _DASHES and bool(gap) and body[-2].isspace()

    def _overlong(self, text: str) -> int | None:
        """Where to cut a text that is longer than a clause may be; None while it is not."""
        if len(text) <= self._max_chars:
            return None
        kept, most = blocks(text), self._max_chars
        if kept and not text[: kept[0].start].strip():
            end = kept[0].stop
            if end > len(text):
                return None if len(text) <= LONGEST else most
            if end > most:
                # What follows may end the clause at a better place: with the block's own line.
                return end if text[end:].strip() else None
        window = text[: most + 1]
        spaces = [
            found.start() + 1
            for found in re.finditer(r"\s(?=\S)", window)
            if _may_part(text, found.start()) and not any(found.start() in block for block in kept)
        ]
        commas = [at for at in spaces if window[at - 2] in ",;:—–)" and at > most // 3]
        if commas or spaces:
            return (commas or spaces)[-1]
        if _ADDRESS.search(text) and len(text) <= _MAX_ADDRESS_CHARS:
            return None
        return _between_graphemes(text, most)


def _ends_sentence(body: str, gap: str, following: str) -> bool:
    core = body.rstrip(_CLOSERS + " \u00a0\u202f")  # French sets its quotation marks off by spaces
    closers = body[len(core) :]
    last = core[-1]
    if last in _WIDE_STOPS:
        return following not in _WIDE_STOPS
    if not gap:
        return False
    if last in "!?‼⁉⁈⁇":
        # "Stop!" he said.
        return not (following.islower() and _QUOTES.intersection(closers))
    if last == "…" or core.endswith(".."):
        return not following.islower()
    return last == "." and stop_ends_sentence(core[:-1], following)


def _is_open(text: str) -> bool:
    """Whether a bracket, a quotation, emphasis, code, a formula or a tag that began in ``text`` has not ended in it."""
    if in_block(text) or text.count("`") % 2 or _BEGUN.search(text, max(0, len(text) - _LONGEST_BEGUN)):
        return True
    waiting: list[str] = []
    for found in _SPAN_MARK.finditer(text):
        mark, begin, end = found[0], found.start(), found.end()
        opens = begin == 0 or text[begin - 1].isspace() or text[begin - 1] in _OPENERS or text[begin - 1 : end] == "!["
        if mark in waiting:
            del waiting[len(waiting) - 1 - waiting[::-1].index(mark) :]
        elif mark in "([":
            waiting += [_PAIRS[mark]] if opens else []
        elif mark in _PAIRS:
            waiting.append(_PAIRS[mark])
        elif mark[0] in '"*_' and opens and text[end : end + 1].strip():
            waiting.append(mark)
    return bool(waiting)


def _spoken_length(text: str) -> int:
    """Characters, of which East Asian ones count twice: each is a syllable."""
    return sum(2 if is_wide(character) else 1 for character in text.strip())


def _may_part(text: str, space: int) -> bool:
    """Whether a long text may be parted at the space there: not in "10 000", not after an abbreviation's or an initial's stop."""
    left, right = text[:space].rstrip(), text[space + 1 :]
    if not has_words(left):
        return False
    if left[-1].isdigit() and right[:1].isdigit():
        return False
    return left[-1] != "." or stop_ends_sentence(left[:-1], "A")


def _between_graphemes(text: str, at: int) -> int:
    """The last place up to ``at`` that parts no emoji sequence, no letter from its marks, and no number."""
    return next((cut for cut in range(at, max(1, at - 40), -1) if not _is_joined(text, cut)), at)


def _is_joined(text: str, cut: int) -> bool:
    left, right = text[cut - 1], text[cut]
    if left == "\u200d" or right in "\u200d\ufe0f\ufe0e\u20e3" or "\U0001f3fb" <= right <= "\U0001f3ff":
        return True
    if unicodedata.category(right) in ("Mn", "Mc", "Me"):
        return True
    flags = _FLAG_LETTERS.search(text, 0, cut)
    if flags is not None and len(flags[0]) % 2 == 1:
        return True
    return (left.isdigit() or left in ".,") and (right.isdigit() or right in ".,")
