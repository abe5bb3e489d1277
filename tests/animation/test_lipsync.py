"""Lip sync as a viewer sees it: finished videos, measured by an independent face mesh (shared/tools/syncmeter.py)."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import subprocess
import sys
import wave
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import cv2
import pytest

from benchmarks.llm_stand_in import SENTENCES as STORY
from benchmarks.synthetic_speech import Spoken, espeak, flite, flite_voices, hibari, hibari_voices
from comps.animation.engines.warp import WarpEngine
from comps.animation.engines.wav2lip import Wav2LipEngine
from comps.cores.common.settings import AnimationSettings, LandmarkSettings, StorageSettings
from comps.cores.proto.avatar import AvatarRequest, Speech, VideoProfile
from comps.media.landmarks import Landmarker
from comps.media.landmarks.landmarker import packages
from comps.media.mux import AnswerMuxer
from comps.media.timeline import LIVE_LOOKAHEAD_S, LIVE_SHORTEST_S, Timeline
from tests.independent_mesh import WITHOUT_PLOTS

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(600)]

#: Texts, and the voices of espeak that speak them. Another sentence is a control that says something only if its rhythm differs:
#: two of five seconds can agree by chance. So a video's control is, of the others in every voice, the one least like its own.
#: For the same reason no sentence is like itself at another time, as one is whose pauses come in turns (the meter's floor).
SENTENCES = [
    ("en-us+m3", "Hello! I am your guide. Please follow me to the map room, where a marvellous machine is waiting."),
    ("en-us", "My brother bought a brown leather bag for his mother, and she put it beside the window."),
    ("en-us+f3", "Maybe we should move the big table before Peter and his family come home for supper."),
]
AVATARS = ["avatar1.jpg", "avatar5.png", "astronaut"]
#: The voices of speech that comes without timings: recorded ones, which the audio-to-viseme model never heard.
FLITE_VOICES = ["slt", "awb", "rms"]
#: Early or late. Half a frame at 25 a second: below it, nothing but the grid of frames is left to blame.
LARGEST_LAG_MS = 20
CASES = [f"{name} {index}" for name in AVATARS for index in range(len(SENTENCES))]
#: The least mean correlation of the videos whose speech an engine made.
LEAST_MEAN = {"hibari": 0.88, "espeak": 0.82}
#: Tracks each video once, then judges it by every timeline that is asked for.
_METER = (
    WITHOUT_PLOTS
    + """
import json, sys
import syncmeter
for line in sys.stdin:
    job = json.loads(line)
    series = syncmeter.track(job["video"])
    own = job["timelines"].pop("own")
    judged = {"own": syncmeter.measure(job["video"], own, series=series, wav_ref=job["wav"])}
    curve = lambda timeline: syncmeter.timeline_curve(timeline, judged["own"]["seconds"])
    alike = {k: syncmeter.best(*syncmeter.xcorr(curve(own), curve(v), 400))[1] for k, v in job["timelines"].items()}
    if alike:
        least = job["timelines"][min(alike, key=alike.get)]
        judged["wrong"] = syncmeter.measure(job["video"], least, series=series, wav_ref=job["wav"])
    print(json.dumps(judged), flush=True)
"""
)

#: The lag in each ten seconds of a long video.
_WINDOWED_METER = (
    WITHOUT_PLOTS
    + """
import json, sys
import syncmeter
job = json.loads(sys.stdin.read())
times, aperture, width, _ = syncmeter.track(job["video"])
judged = []
for start in range(0, int(times[-1]) - 5, 10):
    at = (times >= start) & (times < start + 10)
    phonemes = [(a - start, b - start, name) for a, b, name in job["phonemes"] if b > start and a < start + 10]
    judged.append(syncmeter.measure("", phonemes, series=(times[at] - start, aperture[at], width[at], 0.0)))
print(json.dumps(judged))
"""
)

Judged = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
async def engine(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[WarpEngine]:
    if reason := Landmarker.unavailable(LandmarkSettings()):
        pytest.skip(reason)
    storage = StorageSettings(blobs=str(tmp_path_factory.mktemp("blobs")))
    engine = WarpEngine(AnimationSettings(workers=2, storage=storage))
    await engine.start()
    yield engine
    await engine.stop()


def picture(name: str, shared: Path) -> bytes:
    if name != "astronaut":
        return (shared / "data/avatars" / name).read_bytes()
    return cv2.imencode(".png", pytest.importorskip("skimage.data").astronaut()[..., ::-1])[1].tobytes()


async def film(engine: WarpEngine | Wav2LipEngine, media: bytes, spoken: Spoken, path: Path, *, timed: bool = True) -> None:
    """A video of the face speaking, made as an answer is made, and beside it its sound as wav."""
    avatar = await engine.register(AvatarRequest(media=media))
    pcm = (spoken.samples * 32768).astype("<i2").tobytes()
    timeline = Timeline(avatar.avatar_id, VideoProfile(), seed=5, hears=engine.hears)
    sound = timeline.add(Speech(pcm=pcm, sample_rate=spoken.rate, phonemes=spoken.phonemes if timed else []))
    muxer = AnswerMuxer(VideoProfile(), timeline.sample_rate)
    fragments = muxer.add_speech(sound)
    for chunk in await asyncio.gather(*(engine.chunk(request) for request in timeline.chunks(final=True))):
        fragments += muxer.add_chunk(chunk)
    save(path, b"".join(fragment.data for fragment in [*fragments, *muxer.finish()]), sound, timeline.sample_rate)


def save(path: Path, video: bytes, sound: bytes, rate: int) -> None:
    path.write_bytes(video)
    with wave.open(str(path.with_suffix(".wav")), "wb") as target:
        target.setnchannels(1)
        target.setsampwidth(2)
        target.setframerate(rate)
        target.writeframes(sound)


def measure(jobs: list[dict[str, Any]], shared: Path) -> list[Judged]:
    said = metered(_METER, "\n".join(json.dumps(job) for job in jobs), shared)
    return [json.loads(line) for line in said.splitlines()]


def metered(script: str, jobs: str, shared: Path) -> str:
    """What a script that uses the meter prints."""
    overlay = packages(LandmarkSettings())
    environment = {**os.environ, "PYTHONPATH": f"{overlay}{os.pathsep}{shared / 'tools'}", "GLOG_minloglevel": "3"}
    said = subprocess.run(
        [sys.executable, "-c", script],
        input=jobs,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stderr[-2000:]
    return said.stdout


def job(video: Path, **timelines: Spoken) -> dict[str, Any]:
    return {
        "video": str(video),
        "wav": str(video.with_suffix(".wav")),
        "timelines": {name: spoken.phonemes for name, spoken in timelines.items()},
    }


def speech(engine: str) -> list[list[Spoken]]:
    """Every sentence in every voice of the engine: number ``index`` of a sentence is in a voice of its own."""
    if engine == "espeak":
        speak, voices = espeak, [voice for voice, _ in SENTENCES]
    else:
        speak, voices = hibari, hibari_voices()[: len(SENTENCES)]
        if not voices:
            pytest.skip("hibari's model has not been prepared")
    return [
        [speak(text, voices[(index + k) % len(voices)]) for k in range(len(voices))] for index, (_, text) in enumerate(SENTENCES)
    ]


@pytest.fixture(scope="module", params=LEAST_MEAN)
async def spoken_by(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
async def answers(
    engine: WarpEngine, spoken_by: str, shared: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Judged]:
    """Every face saying every sentence, judged by its own timeline and by the other sentences'."""
    folder = tmp_path_factory.mktemp("videos")
    spoken = speech(spoken_by)
    jobs: dict[str, dict[str, Any]] = {}
    for name in AVATARS:
        for index, (own, *_) in enumerate(spoken):
            video = folder / f"{name}_{index}.mp4"
            await film(engine, picture(name, shared), own, video)
            others = itertools.chain(*spoken[:index], *spoken[index + 1 :])
            controls = {f"control {number}": other for number, other in enumerate(others)}
            jobs[f"{name} {index}"] = job(video, own=own, **controls)
    return dict(zip(jobs, measure(list(jobs.values()), shared), strict=True))


@pytest.mark.parametrize("case", CASES)
async def test_lips_follow_the_phonemes(answers: dict[str, Judged], case: str) -> None:
    own = answers[case]["own"]
    assert abs(own["lag_ms"]) <= LARGEST_LAG_MS, own
    assert own["r"] >= 0.65, own
    assert own["r"] > 2 * own["floor"], own
    assert own["closure"] >= 0.9, own
    assert own["det"] == 1.0, own


async def test_the_mean_and_the_control(answers: dict[str, Judged], spoken_by: str) -> None:
    own = [judged["own"]["r"] for judged in answers.values()]
    assert sum(own) / len(own) >= LEAST_MEAN[spoken_by], own
    wrong = [judged["wrong"]["r"] for judged in answers.values()]
    assert max(wrong) <= 0.3, wrong


@pytest.fixture(scope="module")
async def uploads(engine: WarpEngine, shared: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Judged]:
    """Every face saying every sentence as speech that somebody uploads, without timings: each sentence in another voice."""
    if not set(FLITE_VOICES) <= set(flite_voices()):
        pytest.skip("flite is not installed")
    folder = tmp_path_factory.mktemp("uploads")
    jobs: dict[str, dict[str, Any]] = {}
    for index, ((_, text), voice) in enumerate(zip(SENTENCES, FLITE_VOICES, strict=True)):
        own = flite(text, voice)
        for name in AVATARS:
            video = folder / f"{name}_{index}.mp4"
            await film(engine, picture(name, shared), own, video, timed=False)
            jobs[f"{name} {index}"] = job(video, own=own)
    return dict(zip(jobs, measure(list(jobs.values()), shared), strict=True))


@pytest.mark.parametrize("case", CASES)
async def test_lips_follow_speech_without_timings(uploads: dict[str, Judged], case: str) -> None:
    own = uploads[case]["own"]
    assert abs(own["lag_ms"]) <= LARGEST_LAG_MS, own
    assert own["r"] >= 0.6, own


@pytest.mark.slow
async def test_lips_do_not_drift_in_a_long_answer(engine: WarpEngine, shared: Path, tmp_path: Path) -> None:
    """Two minutes, made clause by clause as an answer streams; the sound starts at zero (tests/media/test_mux.py)."""
    avatar = await engine.register(AvatarRequest(media=picture("avatar1.jpg", shared)))
    timeline = Timeline(avatar.avatar_id, VideoProfile(), seed=5, lookahead_s=LIVE_LOOKAHEAD_S, shortest_s=LIVE_SHORTEST_S)
    muxer: AnswerMuxer | None = None
    fragments, sound = [], b""
    for sentence in itertools.cycle(STORY):
        spoken = espeak(sentence)
        pcm = (spoken.samples * 32768).astype("<i2").tobytes()
        sound += (added := timeline.add(Speech(pcm=pcm, sample_rate=spoken.rate, phonemes=spoken.phonemes)))
        muxer = muxer or AnswerMuxer(VideoProfile(), timeline.sample_rate)
        fragments += muxer.add_speech(added)
        is_long = timeline.duration_s >= 120
        for chunk in await asyncio.gather(*(engine.chunk(request) for request in timeline.chunks(final=is_long))):
            fragments += muxer.add_chunk(chunk)
        if is_long:
            break
    video = tmp_path / "long.mp4"
    save(video, b"".join(fragment.data for fragment in [*fragments, *muxer.finish()]), sound, timeline.sample_rate)
    judged = json.loads(
        metered(_WINDOWED_METER, json.dumps({"video": str(video), "phonemes": timeline.phonemes}), shared),
    )
    assert len(judged) == 12
    lags = [window["lag_ms"] for window in judged]
    assert max(abs(lag) for lag in lags) <= LARGEST_LAG_MS, lags
    assert max(lags) - min(lags) <= 20, lags
    assert min(window["r"] for window in judged) >= 0.65, judged
