"""The words' onsets as the engines tell them, against where a recogniser hears them (forced alignment with pocketsphinx)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from comps.cores.proto.avatar import SpeechRequest, Word
from comps.media.audio import decode_audio, wav_bytes
from comps.tts.engine import TtsEngine
from comps.tts.engines.espeak import EspeakEngine
from comps.tts.engines.hibari import HibariEngine
from comps.tts.engines.hibari_voices import VOICES

pytestmark = pytest.mark.anyio

SENTENCES = (
    "the quick brown fox jumps over the lazy dog",
    "my favorite season is summer because the evenings are long",
    "people often ask me where my family comes from",
    "she sells fresh bread and cheese at the market every morning",
    "please remember to bring a warm jacket and some good shoes",
    "we walked along the river until the sun went down",
)
#: A neural voice slurs as people do, and needs more words for a steady figure.
MORE = (
    "the captain of the ship was an old friend of my father",
    "nobody knows exactly what happened on that evening",
    "every child in the village wanted to see the elephant",
    "our teacher asked us to open our books at page nine",
    "open the window because it is hot in here",
    "yesterday evening my brother bought a brown leather bag for his mother",
    "they have never been to america or africa",
    "we should move the big table before peter comes home",
)
_RATE = 16_000
_FRAME_S = 0.01
#: A frame hears 25.6 ms; what it tells is of their middle.
_MIDDLE_S = 0.0128
#: The aligner wants to hear the room before and after speech, and a room is never without a hiss.
_ROOM_S, _HISS = 0.5, 10.0


def aligned(samples: np.ndarray, words: list[str]) -> list[tuple[str, float]]:
    """Where pocketsphinx hears each word begin, seconds."""
    from pocketsphinx import Decoder

    room = np.pad(samples, int(_ROOM_S * _RATE))
    room = np.round(room + np.random.default_rng(0).normal(0.0, _HISS, len(room))).astype(np.int16)
    decoder = Decoder(loglevel="FATAL")
    decoder.set_align_text(" ".join(words))
    decoder.start_utt()
    decoder.process_raw(room.tobytes(), full_utt=True)
    decoder.end_utt()
    heard = [(segment.word.partition("(")[0], segment.start_frame * _FRAME_S + _MIDDLE_S - _ROOM_S) for segment in decoder.seg()]
    return [(word, start) for word, start in heard if word[0] not in "<["]


def onset_errors(told: list[Word], heard: list[tuple[str, float]]) -> list[float]:
    assert [word for _, _, word in told] == [word for word, _ in heard]
    return [start - onset for (start, _, _), (_, onset) in zip(told, heard, strict=True)]


async def told_and_heard(engine: TtsEngine, voice: str, sentences: Sequence[str]) -> np.ndarray:
    """How much later the engine says each word begins than it is heard, seconds."""
    errors: list[float] = []
    for sentence in sentences:
        speech = await engine.speak(SpeechRequest(text=sentence, voice=voice))
        sound = decode_audio(wav_bytes(np.frombuffer(speech.pcm, "<i2"), speech.sample_rate), rate=_RATE)
        errors += onset_errors(speech.words, aligned(sound.samples, sentence.split()))
    return np.array(errors)


async def test_words_of_espeak_begin_where_they_are_heard(engine: EspeakEngine) -> None:
    errors = await told_and_heard(engine, "en-us+m3", SENTENCES)
    away = np.abs(errors)
    assert np.median(away) <= 0.020, f"median {np.median(away):.3f} s, bias {np.median(errors):+.3f} s"
    assert np.percentile(away, 90) <= 0.060, f"p90 {np.percentile(away, 90):.3f} s"


@pytest.mark.parametrize("voice", VOICES)
async def test_words_of_hibari_begin_where_they_are_heard(hibari: HibariEngine, voice: str) -> None:
    errors = await told_and_heard(hibari, voice, SENTENCES + MORE)
    away = np.abs(errors)
    print(f"{voice}: {len(errors)} words, median {np.median(away):.3f} s, p90 {np.percentile(away, 90):.3f} s")
    assert abs(np.median(errors)) <= 0.010, f"bias {np.median(errors):+.3f} s"
    assert np.median(away) <= 0.020, f"median {np.median(away):.3f} s"
    assert np.percentile(away, 90) <= 0.055, f"p90 {np.percentile(away, 90):.3f} s"
