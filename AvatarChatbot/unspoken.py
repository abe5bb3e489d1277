"""A clause that could not be spoken, in an answer that goes on as text: silence for as long as it takes to read."""

from __future__ import annotations

from comps.cores.proto.avatar import Speech, Word

#: The "engine" of such a clause.
SILENCE = "silence"
#: Words a minute that people can read beside a picture (BBC Subtitle Guidelines: 160-180).
_WORDS_A_MINUTE = 170
_RATE = 24_000


def unspoken(text: str) -> Speech:
    """Its words lie where a reader is; the face rests."""
    names = text.split()
    word_s = 60 / _WORDS_A_MINUTE
    words: list[Word] = [(k * word_s, (k + 1) * word_s, name) for k, name in enumerate(names)]
    duration_s = len(names) * word_s
    return Speech(
        pcm=bytes(2 * round(duration_s * _RATE)),
        sample_rate=_RATE,
        phonemes=[(0.0, duration_s, "_")],
        words=words,
        engine=SILENCE,
    )
