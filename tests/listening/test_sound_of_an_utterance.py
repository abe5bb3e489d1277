"""What a recogniser gets of an utterance is what the file of it holds, from 250 ms before the onset to the end."""

from __future__ import annotations

import functools
import io
import shutil
from typing import Literal

import av
import numpy as np
import pytest

from benchmarks.synthetic_speech import espeak
from comps.listening.ear_worker import EarWorker
from comps.listening.heard import Heard, Onset, Voice
from comps.media.audio import decode_audio, encode_audio, resample
from tests.listening.same_sound import RATE, Floats, Samples, check, microphone, spoken

pytestmark = pytest.mark.skipif(shutil.which("flite") is None, reason="flite (Debian package flite) is not installed")


@functools.cache
def _answer() -> Samples:
    """What the avatar plays."""
    spoken = espeak("I was born by the sea, and I have been a sailor for forty years. Now I tell stories about it.")
    return resample((spoken.samples * 20_000).astype(np.int16), spoken.rate, RATE)


def _listened(data: bytes, format: Literal["pcm16", "webm", "ogg"], rate: int, played: Samples, piece: int) -> list[Heard]:
    """Everything that an ear says as ``data`` comes in pieces, while ``played`` is played, at 16 kHz."""
    worker = EarWorker()
    worker.open("a", format, rate)
    pieces = range(0, len(data), piece)
    share = len(played) / max(1, len(pieces))
    heard = [
        item
        for k, at in enumerate(pieces)
        for item in worker.hear("a", data[at : at + piece], played[int(k * share) : int((k + 1) * share)].tobytes(), RATE)
    ]
    worker.close("a")
    return heard


def _check(file: Samples, speech: Floats, lead_s: float, heard: list[Heard]) -> None:
    assert sum(isinstance(item, Onset) for item in heard) == 1
    check(file, speech, lead_s, np.frombuffer(b"".join(item.pcm for item in heard if isinstance(item, Voice)), "<i2"))


TEXTS = (
    ("who are you", "slt"),
    ("how old are you", "rms"),
    ("she sells sea shells", "awb"),
    ("what is your name", "kal16"),
    ("excuse me where is the station", "slt"),
    ("thanks what is this", "awb"),
    ("stop", "rms"),
    ("how much is the fish", "slt"),
)


@pytest.mark.parametrize(("text", "voice"), TEXTS)
@pytest.mark.parametrize(("lead_s", "noise"), [(0.6, 0), (0.98, 8), (1.3, 30), (1.61, 60)])
def test_all_of_it_is_kept(text: str, voice: str, lead_s: float, noise: float) -> None:
    speech = spoken(text, voice)
    sound = microphone(speech, lead_s, noise)
    _check(sound, speech, lead_s, _listened(sound.tobytes(), "pcm16", RATE, np.zeros(0, np.int16), 640))


@pytest.mark.parametrize("level_db", [-30, -20, -10])
@pytest.mark.parametrize(("text", "voice"), TEXTS[:4])
def test_an_onset_may_be_soft(text: str, voice: str, level_db: float) -> None:
    """The first 200 ms come up from far below the rest: a breathy "how", a voice that is turned to the microphone."""
    speech = spoken(text, voice).copy()
    rise = int(0.2 * RATE)
    speech[:rise] *= 10 ** (np.linspace(level_db, 0, rise) / 20)
    sound = microphone(speech, 1.2, 10)
    _check(sound, speech, 1.2, _listened(sound.tobytes(), "pcm16", RATE, np.zeros(0, np.int16), 640))


@pytest.mark.parametrize("rate", [8000, 11_025, 22_050, 24_000, 44_100, 48_000])
@pytest.mark.parametrize("piece", [640, 4096])
def test_microphones_of_all_rates_hear_as_files_do(rate: int, piece: int) -> None:
    speech = spoken("who are you", "slt")
    sound = resample(microphone(speech, 1.0, 10), RATE, rate)
    file = decode_audio(encode_audio(sound, rate, "wav")).samples
    _check(file, speech, 1.0, _listened(sound.tobytes(), "pcm16", rate, np.zeros(0, np.int16), piece))


@pytest.mark.parametrize("format", ["webm", "ogg"])
def test_coded_streams_hear_as_files_do(format: Literal["webm", "ogg"]) -> None:
    speech = spoken("how old are you", "rms")
    sound = resample(microphone(speech, 1.0, 10), RATE, 48_000)
    data = _coded(sound, format)
    _check(decode_audio(data).samples, speech, 1.0, _listened(data, format, 48_000, np.zeros(0, np.int16), 400))


def _coded(sound: Samples, format: str) -> bytes:
    """Opus as browsers code it: 48 kHz, blocks of 20 ms."""
    sink = io.BytesIO()
    with av.open(sink, "w", format=format) as container:
        stream = container.add_stream("libopus", rate=48_000, layout="mono")
        for at in range(0, len(sound) - 959, 960):
            frame = av.AudioFrame.from_ndarray(sound[None, at : at + 960].copy(), format="s16", layout="mono")
            frame.sample_rate, frame.pts = 48_000, at
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return sink.getvalue()


@pytest.mark.parametrize("noise", [0, 60])
@pytest.mark.parametrize("after_s", [-2.5, -0.5, 0.1, 0.4, 1.0, 2.0])
@pytest.mark.parametrize(("text", "voice"), TEXTS[:3])
def test_what_the_avatar_plays_into_headphones_changes_nothing(text: str, voice: str, after_s: float, noise: float) -> None:
    """``after_s``: the question's onset from the end of an answer that nobody but its listener hears; negative: within it."""
    answer, speech = _answer(), spoken(text, voice)
    lead_s = len(answer) / RATE + after_s
    sound = microphone(speech, lead_s, noise)
    played = np.zeros(len(sound), np.int16)
    played[: len(answer)] = answer[: len(sound)]
    _check(sound, speech, lead_s, _listened(sound.tobytes(), "pcm16", RATE, played, 640))
