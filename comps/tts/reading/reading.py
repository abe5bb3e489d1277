"""A text as it is spoken, and the way back to the text as it was written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from comps.cores.proto.spans import Word
from comps.tts.reading.traced import Span, Traced

#: A word of a caption: what stands between white space or dashes; Chinese characters and kana each for themselves.
_WRITTEN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\s—–…\u3040-\u30ff\u3400-\u9fff]+")
#: How far ahead in the spoken text a word is looked for: an engine may leave some out.
_AHEAD = 200


@dataclass(frozen=True)
class Reading:
    """``spoken`` holds words and punctuation only, as far as the language has rules."""

    spoken: str
    original: str
    _traced: Traced

    @classmethod
    def of(cls, traced: Traced, original: str) -> Reading:
        return cls(traced.text, original, traced)

    def original_words(self, words: Sequence[Word]) -> list[Word]:
        """The words of ``original`` at their times, from the words of ``spoken`` at theirs, in order.

        What was spoken as several words ("1,234") is one word over all their time. What was read as a whole ("$5 million") is
        one too. Marks that are silent are in none.
        """
        tokens = [match.span() for match in _WRITTEN.finditer(self.original)]
        owner = _owners(tokens, len(self.original))
        voiced = self._voiced()
        found: list[Word] = []
        last = -1
        first_of_last = -1
        for start, end, span in self._origins(words):
            begin = start
            first, final = owner[span[0]], owner[max(span[0], span[1] - 1)]
            if first <= last and found:
                first = first_of_last
                begin = found.pop()[0]
            last, first_of_last = max(last, final), first
            found.append((begin, end, self._written(tokens[first][0], tokens[last][1], voiced)))
        return [word for word in found if word[2]]

    def _origins(self, words: Sequence[Word]) -> list[tuple[float, float, Span]]:
        """For each word of ``spoken`` that is found there, what it stands for in ``original``."""
        spoken = self.spoken.lower()
        spoken = spoken if len(spoken) == len(self.spoken) else self.spoken
        origins: list[tuple[float, float, Span]] = []
        at = 0
        for start, end, word in words:
            begin = spoken.find(word.lower(), at, at + len(word) + _AHEAD) if word else -1
            if begin < 0:
                continue
            at = begin + len(word)
            spans = [self._traced.spans[index] for index in range(begin, at) if self.spoken[index].isalnum()]
            spans = [span for span in spans if span[0] < span[1]]
            if spans:
                origins.append((start, end, (spans[0][0], spans[-1][1])))
        return origins

    def _voiced(self) -> list[bool]:
        """Which characters of ``original`` are heard: a letter, a digit, or part of what is read as words."""
        edges = [0] * (len(self.original) + 1)
        for character, (begin, end) in zip(self.spoken, self._traced.spans, strict=True):
            if character.isalnum():
                edges[begin] += 1
                edges[end] -= 1
        voiced, depth = [], 0
        for edge in edges[:-1]:
            depth += edge
            voiced.append(depth > 0)
        return voiced

    def _written(self, begin: int, end: int, voiced: list[bool]) -> str:
        """The original from the first to the last character between ``begin`` and ``end`` that is heard."""
        while begin < end and not voiced[begin]:
            begin += 1
        while end > begin and not voiced[end - 1]:
            end -= 1
        return " ".join(self.original[begin:end].split())


def _owners(tokens: Sequence[Span], length: int) -> list[int]:
    """For each character the token that it is in, or else the one before it."""
    owner = [0] * max(1, length)
    ends = [begin for begin, _ in tokens[1:]] + [length]
    for index, (begin, end) in enumerate(pairwise([0, *ends])):
        owner[begin:end] = [index] * (end - begin)
    return owner
