"""Several engines in one service: requests name the one that draws, and are told what there is."""

from __future__ import annotations

import base64
import io
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import cv2
import httpx
import numpy as np
import pytest

from comps.animation.ensemble import Ensemble
from comps.animation.service import build
from comps.cores.common.settings import AnimationSettings, LandmarkSettings, StorageSettings
from comps.cores.errors import BadInput, NodeUnavailable, UnknownEngine
from comps.cores.proto.avatar import VideoProfile
from comps.media.landmarks import Landmarker
from tests.animation.hearing import HearingEngine, registered
from tests.serving import serving

PHONEMES = [[0.0, 0.1, "_"], [0.1, 0.2, "h"], [0.2, 0.3, "@"], [0.3, 0.4, "l"], [0.4, 0.7, "oU"], [0.7, 0.8, "_"]]
RATE = 24_000


def _tone(seconds: float) -> np.ndarray:
    time = np.arange(int(seconds * RATE)) / RATE
    return (3000 * np.sin(2 * np.pi * 140 * time)).astype("<i2")


def _recording(seconds: float) -> bytes:
    stored = io.BytesIO()
    with wave.open(stored, "wb") as target:
        target.setnchannels(1)
        target.setsampwidth(2)
        target.setframerate(RATE)
        target.writeframes(_tone(seconds).tobytes())
    return stored.getvalue()


@pytest.fixture(scope="module")
def hearing() -> Iterator[type[HearingEngine]]:
    if reason := Landmarker.unavailable(LandmarkSettings()):
        pytest.skip(reason)
    with registered() as engine:
        yield engine


@pytest.fixture(scope="module")
def client(hearing: type[HearingEngine], tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    storage = StorageSettings(blobs=str(tmp_path_factory.mktemp("blobs")))
    service = build(AnimationSettings(port=0, workers=1, storage=storage))
    with serving(service), httpx.Client(base_url=service.base_url, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def avatar(client: httpx.Client) -> dict[str, Any]:
    data = pytest.importorskip("skimage.data")
    picture = cv2.imencode(".png", data.astronaut()[..., ::-1])[1].tobytes()
    said = client.post("/v1/animation/avatars", content=picture, headers={"Content-Type": "image/png"})
    assert said.status_code == 200, said.text
    return dict(said.json())


def _problem(said: httpx.Response) -> tuple[int, str, str | None]:
    return said.status_code, said.json()["code"], said.json().get("field")


def test_an_avatar_says_who_can_draw_it(avatar: dict[str, Any]) -> None:
    assert (avatar["engine"], avatar["engines"], avatar["hearing"]) == ("warp", ["warp", "hearing"], ["hearing"])
    assert avatar["restores"] == ["none", "mouth"]


def test_who_draws_is_told_before_anything_is_drawn(client: httpx.Client) -> None:
    there = client.get("/v1/animation/engines").json()
    assert there == {
        "id": there["id"],
        "unavailable": there["unavailable"],
        "engine": "warp",
        "restore": "none",
        "hears": False,
        "engines": ["warp", "hearing"],
        "restores": {"warp": ["none"], "hearing": ["none", "mouth"]},
    }
    asked = {"engine": "hearing", "restore": "mouth"}
    named = client.get("/v1/animation/engines", params=asked).json()
    assert (named["engine"], named["restore"], named["hears"]) == ("hearing", "mouth", True)
    unknown = client.get("/v1/animation/engines", params={"engine": "sadtalker"})
    assert _problem(unknown) == (422, "unknown_engine", "engine")
    assert unknown.json()["engines"] == ["warp", "hearing"]
    assert "warp, hearing" in unknown.json()["detail"]
    other = client.get("/v1/animation/engines", params={"engine": "warp", "restore": "mouth"})
    assert _problem(other) == (422, "invalid_request", "restore")
    assert other.json()["restores"] == ["none"]


def _chunk(avatar: dict[str, Any], **profile: Any) -> dict[str, Any]:
    return {
        "avatar_id": avatar["avatar_id"],
        "profile": {"size": 128, **profile},
        "start_frame": 3,
        "frames": 6,
        "phonemes": PHONEMES,
    }


def test_the_engine_of_the_profile_draws_and_starts_with_its_first_chunk(
    client: httpx.Client, hearing: type[HearingEngine], avatar: dict[str, Any]
) -> None:
    body = _chunk(avatar)
    assert client.post("/v1/animation/chunks", json=body).json()["engine"] == "warp"
    assert hearing.starts == 0, "nobody has asked for it"
    body = _chunk(avatar, engine="hearing")
    assert _problem(client.post("/v1/animation/chunks", json=body)) == (422, "invalid_request", "pcm")
    sound = {"pcm": base64.b64encode(_tone(0.8).tobytes()).decode(), "sample_rate": RATE}
    for restore in ("none", "mouth"):
        chunk = client.post("/v1/animation/chunks", json={**_chunk(avatar, engine="hearing", restore=restore), **sound}).json()
        assert (chunk["engine"], chunk["profile"]["engine"], chunk["profile"]["restore"]) == ("hearing", "hearing", restore)
    assert hearing.starts == 1
    for field, value, code in (("engine", "sadtalker", "unknown_engine"), ("restore", "face", "invalid_request")):
        refused = client.post("/v1/animation/chunks", json={**_chunk(avatar, **{field: value}), **sound})
        assert _problem(refused) == (422, code, field)
    assert 'animation_frames_total{engine="hearing"} 12.0' in client.get("/metrics").text


def test_sound_that_an_engine_hears_does_not_change_what_phonemes_say(client: httpx.Client, avatar: dict[str, Any]) -> None:
    """An answer's last chunk too, whose last frame has its middle after the last sample."""
    body = {**_chunk(avatar), "start_frame": 15, "frames": 6, "phonemes": [*PHONEMES[:-1], [0.7, 0.81, "_"]]}
    sound = {"pcm": base64.b64encode(_tone(0.81).tobytes()).decode(), "sample_rate": RATE}
    silent, sounding = (client.post("/v1/animation/chunks", json={**body, **more}).json() for more in ({}, sound))
    assert silent["access_units"] == sounding["access_units"]


def test_whole_clips_and_idle_loops_by_a_named_engine(
    client: httpx.Client, hearing: type[HearingEngine], avatar: dict[str, Any]
) -> None:
    profile = {"size": 128, "engine": "hearing", "restore": "mouth"}
    spoken = {"byte_str": base64.b64encode(_recording(0.8)).decode(), "avatar_id": avatar["avatar_id"], "profile": profile}
    hearing.drawn.clear()
    for timed in ({}, {"phonemes": PHONEMES}):
        said = client.post("/v1/animation", json={**spoken, **timed}, headers={"Accept": "video/mp4"})
        assert said.status_code == 200, said.text
        with av.open(io.BytesIO(said.content)) as movie:
            assert sum(1 for _ in movie.decode(video=0)) == 20
    assert {request.profile.restore for request in hearing.drawn} == {"mouth"}
    refused = client.post("/v1/animation", json={**spoken, "profile": {"engine": "sadtalker"}})
    assert _problem(refused) == (422, "unknown_engine", "engine")
    hearing.drawn.clear()
    query = {"avatar_id": avatar["avatar_id"], "size": 128}
    loops = [client.get("/v1/animation/idle", params={**query, "engine": engine}) for engine in ("warp", "hearing")]
    assert [loop.status_code for loop in loops] == [200, 200]
    assert len(hearing.drawn) == 21, "the loop that warp drew is another"
    refused = client.get("/v1/animation/idle", params={**query, "engine": "sadtalker"})
    assert _problem(refused) == (422, "unknown_engine", "engine")


def test_a_share_costs_what_its_engine_takes(client: httpx.Client) -> None:
    reserved: dict[str, Any] = {}
    for wish in ({"engine": "hearing", "restore": "none"}, {"engine": "hearing", "restore": "mouth"}):
        said = client.post("/v1/animation/reservations", json={"fps": 1, "size": 512, **wish})
        assert said.status_code == 201, said.text
        reserved[wish["restore"]] = said.json()
        client.delete(f"/v1/animation/reservations/{said.json()['reservation']}")
    assert reserved["mouth"]["cost_ms"] == pytest.approx(80)
    assert reserved["mouth"]["capacity_fps"] == pytest.approx(0.5 / 0.08)
    refused = client.post("/v1/animation/reservations", json={"fps": 1, "engine": "sadtalker"})
    assert _problem(refused) == (422, "unknown_engine", "engine")


def _settings(**fields: Any) -> AnimationSettings:
    return AnimationSettings(**{"engine": "auto", **fields})


@pytest.mark.anyio
async def test_the_best_engine_draws_where_none_is_named_and_one_that_cannot_start_is_passed_over(tmp_path: Path) -> None:
    storage = StorageSettings(blobs=str(tmp_path))
    with registered(first=True) as hearing:
        ensemble = Ensemble.of(_settings(restore="mouth", storage=storage))
        assert ensemble.pinned(VideoProfile()) == VideoProfile(engine="hearing", restore="mouth")
        assert ensemble.pinned(VideoProfile(engine="warp")) == VideoProfile(engine="warp", restore="none")
        assert ensemble.pinned(VideoProfile(restore="none")) == VideoProfile(engine="hearing", restore="none")
        hearing.can_start = False
        await ensemble.start()
        assert ensemble.name == "warp"
        with pytest.raises(UnknownEngine, match="no memory"):
            ensemble.pinned(VideoProfile(engine="hearing"))
        with pytest.raises(BadInput):
            ensemble.pinned(VideoProfile(restore="mouth"))
        await ensemble.stop()
        alone = Ensemble.of(_settings(engine="hearing", storage=storage))
        with pytest.raises(NodeUnavailable):
            await alone.start()
        hearing.can_start, hearing.reason = True, "its checkpoint is not here: run `avatarchatbot models pull`"
        with pytest.raises(UnknownEngine, match="models pull"):
            Ensemble.of(_settings(storage=storage)).pinned(VideoProfile(engine="hearing"))
        hearing.reason = None
        both = Ensemble.of(_settings(engine="warp,hearing", storage=storage))
        assert [both.pinned(VideoProfile(engine=name)).engine for name in ("", "hearing")] == ["warp", "hearing"]
        with pytest.raises(NodeUnavailable, match="no animation engine is called 'sadtalker'"):
            Ensemble.of(_settings(engine="warp,sadtalker", storage=storage))
        with pytest.raises(UnknownEngine, match="set up for warp alone"):
            Ensemble.of(_settings(engine="warp", storage=storage)).pinned(VideoProfile(engine="hearing"))


def test_an_engine_that_nobody_used_yet_is_started_for_the_first_share(tmp_path: Path) -> None:
    """What its pictures cost is known from then on."""
    if reason := Landmarker.unavailable(LandmarkSettings()):
        pytest.skip(reason)
    with registered() as hearing:
        service = build(AnimationSettings(port=0, engine="auto", workers=1, storage=StorageSettings(blobs=str(tmp_path))))
        with serving(service), httpx.Client(base_url=service.base_url, timeout=60, trust_env=False) as client:
            assert client.post("/v1/animation/reservations", json={"fps": 1}).json()["cost_ms"] == pytest.approx(12)
            assert hearing.starts == 0
            said = client.post("/v1/animation/reservations", json={"fps": 1, "engine": "hearing"})
            assert (said.json()["cost_ms"], hearing.starts) == (pytest.approx(40), 1)
