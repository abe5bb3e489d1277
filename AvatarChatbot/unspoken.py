"""Clauses without a voice. One that could not be spoken, in an answer that goes on as text: silence for as long as it takes to
read. One that holds nothing to be spoken: a moment of silence.
"""

from __future__ import annotations

from comps.cores.proto.avatar import Speech, Word
from comps.cores.text.words import is_wide

#: The "engine" of such a clause.
SILENCE = "silence"
#: What people can read beside a picture: 170 words a minute (BBC Subtitle Guidelines: 160-180), or 9 characters a second where a
#: character is about a word (Netflix Timed Text Style Guide, Simplified Chinese).
_WORD_S, _WIDE_S = 60 / 170, 1 / 9
_RATE = 24_000


def unspoken(text: str) -> Speech:
    """Its words lie where a reader is; the face rests."""
    words: list[Word] = []
    at = 0.0
    for word in text.split():
        end = at + max(_WORD_S, _WIDE_S * sum(map(is_wide, word)))
        words.append((at, end, word))
        at = end
    pcm = bytes(2 * round(at * _RATE))
    return Speech(pcm=pcm, sample_rate=_RATE, phonemes=[(0.0, at, "_")], words=words, engine=SILENCE)


def silent(engine: str, seconds: float) -> Speech:
    """``engine``: the one that speaks the other clauses. Nothing is wrong with it."""
    return Speech(pcm=bytes(2 * round(seconds * _RATE)), sample_rate=_RATE, phonemes=[(0.0, seconds, "_")], engine=engine)
