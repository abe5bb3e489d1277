"""Captions in step with speech: WebVTT cues (W3C, WebVTT: The Web Video Text Tracks Format), and SubRip's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from comps.cores.proto.avatar import Word

#: Two lines of 42 characters, the usual limit for subtitles.
MAX_CUE_CHARS = 84


@dataclass(frozen=True)
class Cue:
    """``text`` is shown from ``start_s`` to ``end_s`` seconds."""

    start_s: float
    end_s: float
    text: str

    @property
    def webvtt(self) -> str:
        """The cue block, without the blank line that ends it. ``-->``, which no cue may hold, and markup are escaped."""
        text = self.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        return f"{_timestamp(self.start_s)} --> {_timestamp(self.end_s)}\n{text}"

    @property
    def srt(self) -> str:
        """The cue as SubRip has it, without its number and the blank line that ends it."""
        return f"{_timestamp(self.start_s, ',')} --> {_timestamp(self.end_s, ',')}\n{self.text.replace('-->', '→')}"

    def later(self, seconds: float) -> Cue:
        """The same cue on a time line that began ``seconds`` earlier."""
        return Cue(self.start_s + seconds, self.end_s + seconds, self.text)


def cues(text: str, words: list[Word], start_s: float, end_s: float) -> Iterator[Cue]:
    """``text``, spoken from ``start_s`` to ``end_s`` with ``words`` at their times, in cues of at most MAX_CUE_CHARS where
    words allow.

    A cue is shown until the next begins, the last until ``end_s``. Without words it is one cue.
    """
    text = " ".join(text.split())
    cuts = [(0, start_s)]
    at = 0
    for begin, _, word in words:
        found = text.find(word, at)
        if found < 0:
            continue
        at = found + len(word)
        # What opens a word, as a quotation mark, goes with it.
        first = text.rfind(" ", 0, found) + 1
        if at - cuts[-1][0] > MAX_CUE_CHARS and first > cuts[-1][0]:
            cuts.append((first, begin))
    cuts.append((len(text), end_s))
    for (first, shown), (last, hidden) in pairwise(cuts):
        if piece := text[first:last].strip():
            yield Cue(shown, hidden, piece)


def _timestamp(seconds: float, point: str = ".") -> str:
    milliseconds = round(seconds * 1000)
    minutes, milliseconds = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{milliseconds // 1000:02}{point}{milliseconds % 1000:03}"
