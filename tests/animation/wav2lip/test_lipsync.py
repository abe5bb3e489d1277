"""Lip sync of the whole engine with a small trained network (``scripts/train_wav2lip``), measured by an independent face mesh.

The network draws one face, the one it was trained on. It has heard hibari's and espeak's voices, but not these sentences, and
flite's voices never.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import AvatarChatbot.avatars
from benchmarks.synthetic_speech import Spoken, flite, flite_voices, hibari, hibari_voices
from comps.animation.engines.wav2lip import Wav2LipEngine
from comps.animation.motion.phonemes import is_silence
from comps.cores.common.settings import AnimationSettings, StorageSettings
from tests.animation.test_lipsync import FLITE_VOICES, SENTENCES, Judged, film, job, measure, metered, speech
from tests.independent_mesh import WITHOUT_PLOTS

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(600)]

AVATAR = Path(AvatarChatbot.avatars.__file__).with_name("aria.png")
QUARTER = Path(__file__).with_name("quarter.safetensors")
#: A frame at 25 a second.
LARGEST_LAG_MS = 40
#: The least correlation of the mouth with each kind of voices, by itself and as a multiple of what shifted speech reaches: of a
#: kind that the network has never heard it makes less.
LEAST_R = {"hibari": (0.65, 2.0), "espeak": (0.65, 2.0), "flite": (0.55, 1.5)}
#: A pause between two sentences, seconds, shorter than what lets the face come to rest: the network draws all of it.
PAUSE_S = 1.0
_AROUND_S = 0.6
_TRACKER = (
    WITHOUT_PLOTS
    + """
import json, sys
import syncmeter
times, aperture, width, _ = syncmeter.track(sys.stdin.readline().strip())
print(json.dumps([list(times), list(aperture)]))
"""
)


@pytest.fixture(scope="module")
async def engine(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Wav2LipEngine]:
    storage = StorageSettings(blobs=str(tmp_path_factory.mktemp("blobs")))
    # The weights are ours; the engine asks whoever gives it weights.
    settings = AnimationSettings(workers=1, storage=storage, wav2lip_checkpoint=QUARTER, non_commercial=True)
    if reason := Wav2LipEngine.unavailable(settings):
        pytest.skip(reason)
    engine = Wav2LipEngine(settings)
    await engine.start()
    yield engine
    await engine.stop()


def spoken_by(voices: str) -> list[Spoken]:
    """Each of the sentences in a voice of its own."""
    if voices != "flite":
        return [own for own, *_ in speech(voices)]
    if not set(FLITE_VOICES) <= set(flite_voices()):
        pytest.skip("flite is not installed")
    return [flite(text, voice) for (_, text), voice in zip(SENTENCES, FLITE_VOICES, strict=True)]


@pytest.fixture(scope="module", params=list(LEAST_R))
async def answers(
    request: pytest.FixtureRequest, engine: Wav2LipEngine, shared: Path, tmp_path_factory: pytest.TempPathFactory
) -> list[Judged]:
    """The face saying every sentence; flite's as speech that somebody uploads, without timings."""
    folder = tmp_path_factory.mktemp("videos")
    jobs: list[dict[str, Any]] = []
    sentences = spoken_by(request.param)
    for index, own in enumerate(sentences):
        video = folder / f"{index}.mp4"
        await film(engine, AVATAR.read_bytes(), own, video, timed=request.param != "flite")
        others = {f"control {k}": other for k, other in enumerate(sentences) if k != index}
        jobs.append(job(video, own=own, **others))
    return measure(jobs, shared)


async def test_lips_follow_the_sound(answers: list[Judged], request: pytest.FixtureRequest) -> None:
    least, times = LEAST_R[request.node.callspec.params["answers"]]
    own = [judged["own"] for judged in answers]
    assert max(abs(one["lag_ms"]) for one in own) <= LARGEST_LAG_MS, own
    assert min(one["r"] for one in own) >= least, own
    assert all(one["r"] > times * one["floor"] for one in own), own
    assert all(one["det"] == 1.0 for one in own), own
    wrong = [judged["wrong"]["r"] for judged in answers]
    assert max(wrong) < 0.6 * min(one["r"] for one in own), wrong


async def test_lips_stay_shut_in_silence(engine: Wav2LipEngine, shared: Path, tmp_path: Path) -> None:
    """In a pause that the network draws from its beginning to its end."""
    if not hibari_voices():
        pytest.skip("hibari's model has not been prepared")
    first, second = (sounding(hibari(text, hibari_voices()[0])) for _, text in SENTENCES[:2])
    lengths = [_AROUND_S, len(first.samples) / first.rate, PAUSE_S, len(second.samples) / second.rate, _AROUND_S]
    starts = np.cumsum([0.0, *lengths])
    video = tmp_path / "paused.mp4"
    await film(engine, AVATAR.read_bytes(), paused(first, second), video)
    times, aperture = (np.array(series) for series in json.loads(metered(_TRACKER, f"{video}\n", shared)))

    def opened(start: float, end: float) -> NDArray[np.float64]:
        return aperture[(times >= start) & (times < end)]

    at_rest = opened(0.0, _AROUND_S - 0.24).max()
    silent, speaking = opened(starts[2] + 0.16, starts[3] - 0.2), opened(starts[1], starts[2])
    assert len(silent) >= 8
    wide = np.percentile(speaking, 95) - at_rest
    assert wide > 0.05, "of the distance between the eyes"
    assert silent.max() - at_rest < 0.15 * wide, (silent, at_rest, wide)


def sounding(spoken: Spoken) -> Spoken:
    """Without the silence around it."""
    sounds = [(start, end) for start, end, symbol in spoken.phonemes if not is_silence(symbol)]
    first, last = sounds[0][0], sounds[-1][1]
    samples = spoken.samples[round(first * spoken.rate) : round(last * spoken.rate)]
    return Spoken(samples, spoken.rate, [(a - first, b - first, name) for a, b, name in spoken.phonemes if first <= a < last])


def paused(first: Spoken, second: Spoken) -> Spoken:
    """Both with silence before, between and after."""
    around, pause = (np.zeros(round(seconds * first.rate), np.float32) for seconds in (_AROUND_S, PAUSE_S))
    begin = _AROUND_S + len(first.samples) / first.rate + PAUSE_S
    phonemes = [
        (0.0, _AROUND_S, "_"),
        *((a + _AROUND_S, b + _AROUND_S, name) for a, b, name in first.phonemes),
        (begin - PAUSE_S, begin, "_"),
        *((a + begin, b + begin, name) for a, b, name in second.phonemes),
    ]
    return Spoken(np.concatenate([around, first.samples, pause, second.samples, around]), first.rate, phonemes)
