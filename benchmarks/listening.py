"""The ear: what it costs, how late it knows, what it takes for somebody speaking. ``scripts/bench listening [trials]``

Interrupters and questions are flite's voices; the avatar is espeak, heard by way of a room (50 … 400 ms late, −24 … −3 dB).
Nothing is recognised: the ear is Silero VAD on onnxruntime, behind the echo canceller.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.machine import machine
from comps.listening.ear import Ear
from comps.listening.heard import Endpoint, Onset
from comps.listening.vad import MODEL
from comps.media.audio import decode_audio, resample
from comps.tts.engines.espeak_manner import Manner
from comps.tts.engines.espeak_worker import EspeakWorker
from tests.asr.flite import QUESTIONS, VOICES, say

RATE = 16_000
Floats = NDArray[np.float64]
#: A microphone's messages, samples: 20 ms.
PIECE = 320
#: The player's position is known within this; the gateway gives the reference so much early, seconds.
POSITION_ERROR_S = 0.3
ANSWER = (
    "I was born by the sea, and I have been a sailor for forty years. Now I tell stories about it to whoever will listen to me."
)
INTERJECTIONS = ("stop please", "wait a moment", "no no no", "excuse me", "hold on")


def spoken(text: str, voice: str, folder: Path) -> Floats:
    """Trimmed to the sound itself, at about −20 dB."""
    sound = decode_audio(say(text, voice, folder), rate=RATE).samples.astype(float)
    loud = np.flatnonzero(np.abs(sound) > 0.03 * np.abs(sound).max())
    sound = sound[loud[0] : loud[-1]]
    return sound * 3000 / np.sqrt(np.mean(sound**2))


def avatar() -> Floats:
    speech = EspeakWorker().speak(ANSWER, "en-US+linda", Manner())
    return resample(np.frombuffer(speech.pcm, "<i2"), speech.rate, RATE).astype(float)


def room(sound: Floats, rng: np.random.Generator) -> tuple[Floats, float]:
    """What the microphone hears of it, and how loud that is against the loudspeaker, dB."""
    gain_db = rng.uniform(-24, -3)
    response = np.zeros(int(0.8 * RATE))
    late = int(rng.uniform(0.05, 0.4) * RATE)
    response[late] = 1
    tail = rng.normal(0, 1, int(0.15 * RATE)) * np.exp(-np.arange(int(0.15 * RATE)) / (0.04 * RATE))
    response[late : late + len(tail)] += 0.04 * tail
    size = 2 ** (len(sound) + len(response)).bit_length()
    heard = np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(response, size), size)[: len(sound)]
    return heard * 10 ** (gain_db / 20), gain_db


def cough(rng: np.random.Generator) -> Floats:
    """A burst, a hiss, and a short voiced end now and then (Korpas, Sadlonova and Vrabec 1996)."""
    burst = rng.normal(0, 1, int(rng.uniform(0.04, 0.07) * RATE))
    hiss = 0.4 * rng.normal(0, 1, int(rng.uniform(0.12, 0.25) * RATE))
    parts = [burst, hiss * np.linspace(1, 0.3, len(hiss))]
    if rng.random() < 0.5:
        t = np.arange(int(rng.uniform(0.05, 0.1) * RATE)) / RATE
        parts.append(0.5 * sum(np.sin(2 * np.pi * rng.uniform(180, 350) * k * t) / k for k in range(1, 8)))
    sound = np.convolve(np.concatenate(parts), np.hanning(5) / 2, "same")
    return np.concatenate([sound * 6000, np.zeros(RATE // 4)] * int(rng.integers(1, 4)))


def hum(rng: np.random.Generator) -> Floats:
    t = np.arange(2 * RATE) / RATE
    return rng.uniform(300, 3000) * sum(np.sin(2 * np.pi * 120 * k * t + rng.uniform(0, 6)) / k for k in range(1, 9))


def clicks(rng: np.random.Generator) -> Floats:
    sound = np.zeros(2 * RATE)
    for at in rng.integers(0, len(sound) - 400, 14):
        sound[at : at + 300] += rng.normal(0, 6000, 300) * np.exp(-np.arange(300) / 40)
    return sound


def listened(microphone: Floats, played: Floats | None, rng: np.random.Generator) -> Iterator[tuple[float, object]]:
    """What an ear says, and at which second of its sound, as messages of 20 ms come."""
    ear = Ear()
    samples = np.clip(microphone + rng.normal(0, 10, len(microphone)), -32768, 32767).astype(np.int16)
    reference = np.zeros(len(samples), np.int16)
    if played is not None:
        early = int((POSITION_ERROR_S + rng.uniform(-POSITION_ERROR_S, POSITION_ERROR_S)) * RATE)
        shifted = played[early:][: len(samples)]
        reference[: len(shifted)] = shifted.astype(np.int16)
    for at in range(0, len(samples), PIECE):
        for heard in ear.hear(samples[at : at + PIECE], reference[at : at + PIECE]):
            yield min(at + PIECE, len(samples)) / RATE, heard


def placed(length: int, sound: Floats, at: int) -> Floats:
    whole = np.zeros(length)
    part = sound[: length - at]
    whole[at : at + len(part)] = part
    return whole


def quiet(trials: int, questions: list[Floats]) -> None:
    """In a quiet room: how late onsets and ends are known, and what is taken for speech."""
    rng = np.random.default_rng(1)
    onsets, ends, missed = [], [], 0
    cpu, seconds = time.process_time(), 0.0
    for trial in range(trials):
        question = questions[trial % len(questions)]
        microphone = placed(len(question) + 2 * RATE, question, RATE)
        told = list(listened(microphone, None, rng))
        seconds += len(microphone) / RATE
        onsets += [at - 1 for at, heard in told if isinstance(heard, Onset)][:1]
        found = [at - 1 - len(question) / RATE for at, heard in told if isinstance(heard, Endpoint)]
        ends += found[-1:]
        missed += not found
    cpu = time.process_time() - cpu
    print(f"the ear: {1000 * cpu / seconds:.0f} ms of CPU a second of sound")
    print(
        f"{trials} questions: missed {missed}; known after their first sample: {_figures(onsets)}, their last: {_figures(ends)}"
    )
    for name, make in (("cough", cough), ("hum of 120 Hz", hum), ("clicks", clicks)):
        false = sum(_onset(placed(3 * RATE, make(rng), RATE // 2), None, rng) is not None for _ in range(trials))
        print(f"quiet room, {name}: taken for speech {false} of {trials}")


def speaking(trials: int, questions: list[Floats], interjections: list[Floats]) -> None:
    """While the avatar speaks: what interrupts it."""
    rng = np.random.default_rng(2)
    answer = avatar()
    for name, make in (("nothing", None), ("cough", cough), ("hum of 120 Hz", hum), ("clicks", clicks)):
        false = 0
        for _ in range(trials):
            echo, _ = room(answer, rng)
            other = placed(len(answer), make(rng), int(rng.uniform(2, 5) * RATE)) if make else 0.0
            false += _onset(echo + other, answer, rng) is not None
        print(f"the avatar's echo and {name}: interrupted {false} of {trials}")
    for level_db in (None, 6, 0, -6):
        late, missed = [], 0
        for trial in range(trials):
            echo = room(answer, rng)[0] * (level_db is not None)
            voices = interjections if trial % 2 else questions
            voice = voices[trial % len(voices)]
            at = int(rng.uniform(3, 5) * RATE)
            if level_db is not None:
                voice = voice * np.sqrt(np.mean(echo**2) / np.mean(voice**2)) * 10 ** (level_db / 20)
            onset = _onset(echo + placed(len(answer), voice, at), answer, rng)
            if onset is None or onset < at / RATE:
                missed += 1
            else:
                late.append(onset - at / RATE)
        against = "without echo" if level_db is None else f"{level_db:+d} dB against the echo"
        print(f"a voice {against}: missed {missed} of {trials}; interrupts after {_figures(late)}")


def _onset(microphone: Floats, played: Floats | None, rng: np.random.Generator) -> float | None:
    return next((at for at, heard in listened(microphone, played, rng) if isinstance(heard, Onset)), None)


def _figures(seconds: list[float]) -> str:
    if not seconds:
        return "never"
    return f"p50 {1000 * np.percentile(seconds, 50):.0f}, p95 {1000 * np.percentile(seconds, 95):.0f} ms"


def main() -> None:
    print(machine())
    print(f"heard with {MODEL} on onnxruntime {version('onnxruntime')}; the avatar speaks with espeak-ng, people with flite")
    trials = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    with tempfile.TemporaryDirectory() as folder:
        questions = [spoken(text, VOICES[k % len(VOICES)], Path(folder)) for k, text in enumerate(QUESTIONS)]
        interjections = [spoken(text, VOICES[k % len(VOICES)], Path(folder)) for k, text in enumerate(INTERJECTIONS)]
    quiet(trials, questions)
    speaking(trials, questions, interjections)


if __name__ == "__main__":
    main()
