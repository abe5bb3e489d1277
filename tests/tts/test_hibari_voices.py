"""Each voice of the hibari family: quality, words, level, pace, pauses and questions, on a few sentences.

benchmarks/voices.py measures all of it on fifty.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
import scipy.fft  # noqa: F401  DNSMOS needs it: hibari's worker keeps it from being imported later.

from benchmarks import voices as measured
from benchmarks.pitch import median_pitch
from comps.models.folder import model_folder
from comps.tts.aliases import ALIASES
from comps.tts.engines.espeak_voices import VARIANTS
from comps.tts.engines.hibari_voices import DEFAULT, VOICES
from comps.tts.engines.hibari_worker import HibariWorker
from comps.tts.loudness import integrated, true_peak
from comps.tts.voice_matcher import VoiceMatcher

_SENTENCES = (
    "My name is Jonathan Miller, and I was born in Chicago.",
    "Seventy percent of the people said yes, and ten percent said no.",
)


@pytest.fixture(scope="module")
def hibari() -> HibariWorker:
    folder = model_folder("hibari")
    if folder is None:
        pytest.skip("the model hibari has not been prepared")
    return HibariWorker(str(folder))


@pytest.fixture(scope="module")
def meter() -> measured.Meter:
    if model_folder("moonshine-tiny-en") is None:
        pytest.skip("the model moonshine-tiny-en has not been prepared")
    pytest.importorskip("speechmos")
    return measured.Meter(_SENTENCES)


def _sound(hibari: HibariWorker, text: str, voice: str) -> measured.Float:
    return (np.frombuffer(hibari.speak(text, VOICES[voice]).pcm, "<i2") / 32768).astype(np.float32)


@pytest.mark.parametrize("name", VOICES)
def test_a_voice_sounds_well_and_is_understood(hibari: HibariWorker, meter: measured.Meter, name: str) -> None:
    found = meter.figures(name, lambda text: (_sound(hibari, text, name), 24_000), rated=_SENTENCES)
    # Two sentences are rated, not ten: the default voice's own quality is not compared with.
    assert not list(found.faults(measured.P808))
    assert found.pitch_hz == pytest.approx(VOICES[name].pitch_hz, rel=0.08)


@pytest.mark.parametrize("name", VOICES)
@pytest.mark.parametrize("text", ["Yes.", "No!", "Well,", "Thank you very much, it was a pleasure.", "Stop! Do not go on."])
def test_clauses_do_not_jump_in_level(hibari: HibariWorker, name: str, text: str) -> None:
    """Short ones may be softer, as when a person speaks: the measure's blocks of 400 ms are half empty."""
    sound = _sound(hibari, text, name)
    loudness = integrated(sound, 24_000)
    assert -18 - (1.0 if len(sound) > 48_000 else 4.5) <= loudness <= -18 + (1.0 if len(sound) > 48_000 else 2.0)
    assert 20 * np.log10(true_peak(sound)) <= -1.0


@pytest.mark.parametrize("name", VOICES)
def test_pitch_track_is_that_of_the_sound(hibari: HibariWorker, name: str) -> None:
    """The animation moves with it."""
    spoken = hibari.speak("We were away all morning, and now we are here.", VOICES[name])
    heard = median_pitch((np.frombuffer(spoken.pcm, "<i2") / 32768).astype(np.float32), spoken.rate)
    track = np.array(spoken.f0)
    assert heard == pytest.approx(float(np.median(track[track > 0])), rel=0.05)


def test_voices_differ_to_the_ear() -> None:
    """Two voices are a whole tone or 4 % of formants apart, and men, women and children are where they should be."""
    for one, other in combinations(VOICES.values(), 2):
        tones = abs(12 * np.log2(one.f0 / other.f0))
        formants = abs(np.log(one.formant / other.formant))
        assert tones >= 2.0 or formants >= np.log(1.04), (one.name, other.name)
    pitch = {name: voice.pitch_hz or 0.0 for name, voice in VOICES.items()}
    for name, voice in VOICES.items():
        low, high = {"male": (80, 160), "female": (155, 230)}[voice.gender] if voice.age != "child" else (230, 320)
        assert low <= pitch[name] <= high, name


def test_there_are_two_women_and_two_men_and_names_are_their_own() -> None:
    grown = [voice.gender for voice in VOICES.values() if voice.age != "child"]
    assert grown.count("female") >= 2
    assert grown.count("male") >= 2
    assert DEFAULT in VOICES
    assert not {name.casefold() for name in VOICES} & {*VARIANTS, *ALIASES}


@pytest.fixture(scope="module")
def matcher() -> VoiceMatcher:
    return VoiceMatcher()


@pytest.mark.parametrize(
    ("description", "name"),
    [
        ("a woman", "heart"),
        ("a friendly woman", "heart"),
        ("a man", "arthur"),
        ("a calm man", "arthur"),
        ("a man with a deep voice", "magnus"),
        ("a giant", "magnus"),
        ("a low female voice", "grace"),
        ("a middle-aged woman", "grace"),
        ("a middle-aged man", "frank"),
        ("a bright female voice", "clara"),
        ("a teenage girl", "clara"),
        ("an energetic young man", "leo"),
        ("a kindly grandmother", "rose"),
        ("an old sailor", "walter"),
        ("a small boy", "tommy"),
        ("a ten-year-old girl", "molly"),
    ],
)
def test_descriptions_find_their_voice(matcher: VoiceMatcher, description: str, name: str) -> None:
    assert matcher.match(description, list(VOICES.values())).name == name
