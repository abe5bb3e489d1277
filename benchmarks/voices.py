"""What the voices sound like: quality, words understood, level, pace, pauses, questions, clicks. A verdict for each goal.

``python -m benchmarks.voices [NAME …]``: hibari's voices, and of espeak's English those that are named. Ten minutes of a core
for all of hibari's; ``--fast``: ten sentences of each; ``--gains``: the table's gains alone. Quality is DNSMOS (PyPI
speechmos), which listens at 16 kHz; words are understood by Moonshine.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import scipy.fft  # noqa: F401  DNSMOS needs it: hibari's worker keeps it from being imported later.
from numpy.typing import NDArray

from benchmarks.machine import machine
from benchmarks.pitch import median_pitch, pitches
from benchmarks.voice_sentences import SENTENCES, TEN
from benchmarks.word_errors import word_errors
from comps.asr.engines.moonshine_worker import MoonshineWorker
from comps.cores.errors import NoSpeech, OtherLanguage
from comps.media.audio import decode_audio, wav_bytes
from comps.models.folder import model_folder
from comps.tts.engines.espeak_manner import Manner
from comps.tts.engines.espeak_voices import VARIANTS
from comps.tts.engines.espeak_worker import EspeakWorker
from comps.tts.engines.hibari_voices import DEFAULT, VOICES
from comps.tts.engines.hibari_worker import HibariWorker
from comps.tts.loudness import TARGET_LUFS, integrated, true_peak
from comps.tts.reading import read_aloud

#: Goals: P.808, and how far below the default voice's; words that come back; LUFS and how far off; dB; words a minute; seconds.
P808, P808_BELOW = 3.7, 0.3
UNDERSTOOD = 0.95
LUFS_OFF = 1.0
PEAK_DB = -1.0
WPM = (150.0, 180.0)
COMMA_S, STOP_S = (0.15, 0.27), (0.38, 0.53)
#: Questions for a yes or a no end so many semitones above the median of their last 0.6 s of voice. Statements end below it.
RISE_ST = 1.0
#: Sound within a millisecond of a clause's ends, dB below full scale.
JOIN_DB = -50.0

#: One comma each, and one full stop.
COMMAS = (
    "Thank you very much, it was a great pleasure.",
    "If you want to sleep well, put your phone away.",
    "No, that is not what I meant.",
    "Take the second street, then walk straight ahead.",
    "In the evening, we walked along the river.",
    "It will rain, so do not forget your umbrella.",
)
STOPS = (
    "I like tea. You like coffee.",
    "It is late. We should go home now.",
    "He opened the window. The street was quiet.",
    "This is my brother. He lives in London.",
)
RISING = (
    "Is this your first visit?",
    "Are you sure that the door was locked?",
    "Would you like me to explain that again?",
    "Do you live in Boston?",
    "Have you seen my mother?",
    "Is it raining?",
)

Float = NDArray[np.float32]
Speak = Callable[[str], tuple[Float, int]]


@dataclass
class Figures:
    """One voice's, in the units of the goals."""

    name: str
    pitch_hz: float
    p808: float
    overall: float
    understood: float
    lufs: float
    lufs_range: tuple[float, float]
    peak_db: float
    wpm: float
    comma_s: float
    stop_s: float
    rise_st: float
    join_db: float

    def faults(self, default_p808: float) -> Iterator[str]:
        if self.p808 < max(P808, default_p808 - P808_BELOW):
            yield "quality"
        if self.understood < UNDERSTOOD:
            yield "words"
        if abs(self.lufs - TARGET_LUFS) > LUFS_OFF:
            yield "level"
        if self.peak_db > PEAK_DB:
            yield "peak"
        if not WPM[0] <= self.wpm <= WPM[1]:
            yield "pace"
        if not COMMA_S[0] <= self.comma_s <= COMMA_S[1]:
            yield "commas"
        if not STOP_S[0] <= self.stop_s <= STOP_S[1]:
            yield "full stops"
        if self.rise_st < RISE_ST:
            yield "questions"
        if self.join_db > JOIN_DB:
            yield "joins"


class Meter:
    """``sentences``: how many of the fifty are listened to."""

    def __init__(self, sentences: Sequence[str]) -> None:
        self._sentences = sentences
        folder = model_folder("moonshine-tiny-en")
        assert folder is not None, "Moonshine has not been prepared: run avatarchatbot models prepare"
        self._listener = MoonshineWorker(str(folder), 60.0)

    def figures(self, name: str, speak: Speak, rated: Sequence[str] = TEN) -> Figures:
        """``rated``: the sentences whose quality is rated."""
        spoken = {text: speak(text) for text in (*self._sentences, *rated)}
        rate = next(iter(spoken.values()))[1]
        sounds = [spoken[text][0] for text in self._sentences]
        whole = np.concatenate(sounds)
        levels = [integrated(sound, rate) for sound in sounds]
        quality = [_quality(spoken[text][0], rate) for text in rated]
        words = sum(len(_plain(text)) for text in self._sentences)
        errors = sum(self._errors(text, spoken[text][0], rate) for text in self._sentences)
        return Figures(
            name,
            median_pitch(whole, rate) or 0.0,
            float(np.mean([p808 for p808, _ in quality])),
            float(np.mean([overall for _, overall in quality])),
            1 - errors / words,
            integrated(whole, rate),
            (min(levels), max(levels)),
            float(20 * np.log10(max(true_peak(sound) for sound in sounds))),
            sum(len(text.split()) for text in self._sentences) / (len(whole) / rate) * 60,
            float(np.median([max(_silences(*speak(text))[1:-1], default=0.0) for text in COMMAS])),
            _stop_s(speak),
            float(np.median([_rise_st(*speak(text)) for text in RISING])),
            _join_db(sounds, rate),
        )

    def _errors(self, text: str, sound: Float, rate: int) -> int:
        """Words of ``text`` that Moonshine does not hear."""
        try:
            heard, *_ = self._listener.transcribe(wav_bytes((sound * 32767).astype("<i2"), rate))
        except (NoSpeech, OtherLanguage):
            heard = ""
        return min(len(_plain(text)), word_errors(" ".join(_plain(text)), " ".join(_plain(heard))))


def _plain(text: str) -> list[str]:
    """The words of a text as they are spoken: one way to write numbers, no capitals, no marks."""
    return re.findall(r"[a-z']+", read_aloud(text, "en").spoken.lower().replace("-", " ")) if text.strip() else []


def _quality(sound: Float, rate: int) -> tuple[float, float]:
    """P.808 and the overall score of DNSMOS."""
    from speechmos import dnsmos

    samples = decode_audio(wav_bytes((sound * 32767).astype("<i2"), rate)).samples
    scores: dict[str, Any] = dnsmos.run(samples.astype(np.float32) / 32768, sr=16000)
    return float(scores["p808_mos"]), float(scores["ovrl_mos"])


def _silences(sound: Float, rate: int) -> list[float]:
    """Lengths of what is not heard, seconds: 5 ms windows that are 40 dB below the loudest; from 30 ms up."""
    size = rate // 200
    powers = np.mean(sound[: len(sound) // size * size].reshape(-1, size).astype(float) ** 2, axis=1)
    silent = powers < powers.max() * 1e-4
    edges = np.flatnonzero(np.diff(np.concatenate([[False], silent, [False]]).astype(int)))
    return [length for length in ((edges[1::2] - edges[::2]) * size / rate).tolist() if length >= 0.03]


def _stop_s(speak: Speak) -> float:
    """The silence between two sentences: spoken as one clause, and as two that are played one after the other."""
    found: list[float] = []
    for text in STOPS:
        found.append(max(_silences(*speak(text))[1:-1], default=0.0))
        first, second = re.split(r"(?<=\.) ", text)
        (one, rate), (two, _) = speak(first), speak(second)
        found.append(max(_silences(np.concatenate([one, two]), rate)[1:-1], default=0.0))
    return float(np.median(found))


def _rise_st(sound: Float, rate: int) -> float:
    """Semitones from the median pitch of the last 0.6 s of voice to that of its end."""
    found = pitches(sound, rate, 0.06)
    usual = np.median([hertz for _, hertz in found]) if found else 0.0
    # What is an octave off is a mistake of the measure.
    found = [(moment, hertz) for moment, hertz in found if 0.6 < hertz / usual < 1.7]
    last = [hertz for moment, hertz in found if moment > found[-1][0] - 0.6] if found else []
    return float(12 * np.log2(np.median(last[-2:]) / np.median(last[:-2]))) if len(last) > 4 else 0.0


def _join_db(sounds: Sequence[Float], rate: int) -> float:
    """The loudest sound within a millisecond of a join."""
    ends = [np.concatenate([before[-rate // 1000 :], after[: rate // 1000]]) for before, after in pairwise(sounds)]
    return float(10 * np.log10(max(np.mean(end.astype(float) ** 2) for end in ends) + 1e-12))


def speakers(names: Sequence[str]) -> Iterator[tuple[str, Speak]]:
    """hibari's voices, and espeak's English variants; without ``names`` hibari's alone. The default voice comes first."""
    folder = model_folder("hibari")
    assert folder is not None, "hibari has not been prepared: run avatarchatbot models prepare"
    hibari = HibariWorker(str(folder))

    def neural(name: str) -> Speak:
        return lambda text: _samples(hibari.speak(read_aloud(text, "en").spoken, VOICES[name]))

    for name in (DEFAULT, *(name for name in VOICES if name != DEFAULT)):
        if not names or name in names or name == DEFAULT:
            yield name, neural(name)
    espeak = EspeakWorker()

    def plain(name: str) -> Speak:
        variant = VARIANTS[name.casefold()]
        manner = Manner(pitch=variant.pitch)
        return lambda text: _samples(espeak.speak(read_aloud(text, "en").spoken, f"en-US+{variant.file}", manner))

    for name in names:
        if name.casefold() in VARIANTS:
            yield name, plain(name)


def _samples(spoken: Any) -> tuple[Float, int]:
    return (np.frombuffer(spoken.pcm, "<i2") / 32768).astype(np.float32), spoken.rate


def _gains() -> None:
    """What belongs into the table of hibari's voices (``comps/tts/engines/hibari_voices.py``)."""
    folder = model_folder("hibari")
    assert folder is not None
    worker = HibariWorker(str(folder))
    for name, voice in VOICES.items():
        gain = TARGET_LUFS - float(np.mean([worker.loudness(text, voice) for text in SENTENCES[::2]]))
        print(f"gain of {name}: {gain:.1f} dB, in the table {voice.gain_db}")


def main() -> None:
    print(machine())
    if "--gains" in sys.argv:
        _gains()
        return
    names = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    meter = Meter(TEN if "--fast" in sys.argv else SENTENCES)
    print("voice     Hz   P.808 overall words  LUFS (sentences)        peak   wpm comma  stop  rise  joins  verdict")
    default_p808: float | None = None
    kept: list[Figures] = []
    for name, speak in speakers(names):
        found = meter.figures(name, speak)
        default_p808 = found.p808 if default_p808 is None else default_p808
        faults = list(found.faults(default_p808))
        low, high = found.lufs_range
        verdict = f"not: {', '.join(faults)}" if faults else "all met"
        print(
            f"{name:8s} {found.pitch_hz:4.0f}  {found.p808:5.2f}  {found.overall:5.2f} {found.understood:6.1%} "
            f"{found.lufs:6.2f} ({low:.2f} … {high:.2f}) {found.peak_db:5.1f}  {found.wpm:4.0f}  {found.comma_s:.2f}  "
            f"{found.stop_s:.2f} {found.rise_st:5.1f}  {found.join_db:5.0f}  {verdict}",
            flush=True,
        )
        kept += [] if faults else [found]
    genders = [VOICES[found.name].gender for found in kept if found.name in VOICES]
    print(f"voices that meet every goal: {genders.count('female')} female, {genders.count('male')} male (two of each are wanted)")


if __name__ == "__main__":
    main()
