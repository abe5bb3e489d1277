"""The animation service over HTTP: avatars, chunks, whole clips, and what it says to bad input."""

from __future__ import annotations

import base64
import hashlib
import io
import itertools
import wave
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import av
import cv2
import httpx
import msgpack
import numpy as np
import pytest
from PIL import Image

from comps.animation.motion.blinks import blink
from comps.storage.blobs import Blobs, content_key

PHONEMES = [[0.0, 0.1, "_"], [0.1, 0.2, "h"], [0.2, 0.3, "@"], [0.3, 0.4, "l"], [0.4, 0.7, "oU"]]


@pytest.fixture(scope="module")
def astronaut() -> bytes:
    data = pytest.importorskip("skimage.data")
    return cv2.imencode(".png", data.astronaut()[..., ::-1])[1].tobytes()


@pytest.fixture(scope="module")
def avatar_id(client: httpx.Client, astronaut: bytes) -> str:
    said = client.post("/v1/animation/avatars", content=astronaut, headers={"Content-Type": "image/png"})
    assert said.status_code == 200, said.text
    return str(said.json()["avatar_id"])


@pytest.fixture(scope="module")
def recording() -> bytes:
    """0.8 s of a voice-like tone."""
    time = np.arange(int(0.8 * 16_000)) / 16_000
    tone = sum(np.sin(2 * np.pi * 140 * k * time) / k for k in range(1, 20)) * 3000 * (time > 0.1) * (time < 0.7)
    stored = io.BytesIO()
    with wave.open(stored, "wb") as target:
        target.setnchannels(1)
        target.setsampwidth(2)
        target.setframerate(16_000)
        target.writeframes(tone.astype("<i2").tobytes())
    return stored.getvalue()


def test_an_avatar_is_known_by_its_content(client: httpx.Client, astronaut: bytes, avatar_id: str) -> None:
    again = client.post("/v1/animation/avatars", json={"media": base64.b64encode(astronaut).decode()})
    assert again.json()["avatar_id"] == avatar_id
    known = client.get(f"/v1/animation/avatars/{avatar_id}").json()
    assert (known["kind"], known["width"], known["height"], known["engine"]) == ("picture", 512, 512, "warp")


@pytest.mark.parametrize("binary", [True, False])
def test_a_chunk_in_either_form(client: httpx.Client, avatar_id: str, binary: bool) -> None:
    request = {"avatar_id": avatar_id, "profile": {"size": 256}, "start_frame": 12, "frames": 3, "phonemes": PHONEMES}
    if binary:
        headers = {"Content-Type": "application/msgpack", "Accept": "application/msgpack"}
        said = client.post("/v1/animation/chunks", content=msgpack.packb(request), headers=headers)
        units = msgpack.unpackb(said.content)["access_units"]
    else:
        said = client.post("/v1/animation/chunks", json=request)
        units = [base64.b64decode(unit) for unit in said.json()["access_units"]]
    assert said.status_code == 200
    assert [unit[4] & 0x1F for unit in units] == [5, 5, 5]


def test_a_whole_clip_as_opea_answers(client: httpx.Client, avatar_id: str, recording: bytes) -> None:
    request = {"byte_str": base64.b64encode(recording).decode(), "avatar_id": avatar_id, "profile": {"size": 256}}
    said = client.post("/v1/animation", json=request).json()
    assert said["video_path"].endswith(said["id"])
    fetched = client.get(said["video_path"])
    assert fetched.headers["content-type"] == "video/mp4"
    with av.open(io.BytesIO(fetched.content)) as movie:
        frames = sum(1 for _ in movie.decode(video=0))
    with av.open(io.BytesIO(fetched.content)) as movie:
        samples = sum(frame.samples for frame in movie.decode(audio=0))
    assert frames == 20
    assert samples / 24_000 == pytest.approx(0.8, abs=0.03)


def test_a_whole_clip_as_a_stream(client: httpx.Client, astronaut: bytes, recording: bytes) -> None:
    files = {"byte_str": recording, "avatar": astronaut}
    said = client.post("/v1/animation", files=files, headers={"Accept": "video/mp4"})
    assert said.status_code == 200
    assert said.headers["content-type"] == "video/mp4"
    with av.open(io.BytesIO(said.content)) as movie:
        assert sum(1 for _ in movie.decode(video=0)) == 20


def problem(said: httpx.Response) -> tuple[int, str, str | None]:
    assert said.headers["content-type"] == "application/problem+json"
    return said.status_code, said.json()["code"], said.json().get("field")


def test_no_face(client: httpx.Client) -> None:
    grey = cv2.imencode(".png", np.full((200, 200, 3), 128, np.uint8))[1].tobytes()
    said = client.post("/v1/animation/avatars", content=grey, headers={"Content-Type": "image/png"})
    assert problem(said) == (422, "no_face", "media")


def test_not_media(client: httpx.Client) -> None:
    said = client.post("/v1/animation/avatars", content=b"not a picture", headers={"Content-Type": "image/png"})
    assert problem(said)[:2] == (415, "unsupported_media")
    said = client.post("/v1/animation/avatars", json={"media": "%%%"})
    assert problem(said) == (422, "invalid_request", "media")


def test_unknown_avatar(client: httpx.Client) -> None:
    said = client.post("/v1/animation/chunks", json={"avatar_id": "0" * 32, "start_frame": 0, "frames": 1})
    assert problem(said) == (404, "not_found", "avatar_id")
    assert problem(client.get("/v1/animation/avatars/nobody")) == (404, "not_found", "avatar_id")
    assert problem(client.delete("/v1/animation/avatars/nobody")) == (404, "not_found", "avatar_id")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"frames": 13}, "frames"),
        ({"profile": {"fps": 10}, "frames": 5}, "frames"),
        ({"frames": 0}, "frames"),
        ({"start_frame": -1}, "start_frame"),
        ({"pcm": "AAA=", "sample_rate": 1}, "sample_rate"),
        ({"pcm": "AAAA"}, "pcm"),
    ],
)
def test_senseless_chunks(client: httpx.Client, avatar_id: str, change: dict[str, object], field: str) -> None:
    request = {"avatar_id": avatar_id, "start_frame": 0, "frames": 2, **change}
    assert problem(client.post("/v1/animation/chunks", json=request)) == (422, "invalid_request", field)


def test_a_clip_without_a_face(client: httpx.Client, recording: bytes) -> None:
    said = client.post("/v1/animation", json={"byte_str": base64.b64encode(recording).decode()})
    assert problem(said) == (422, "invalid_request", "avatar")


def test_a_forgotten_avatar_is_drawn_no_more(client: httpx.Client, shared: Path) -> None:
    media = (shared / "data/avatars/avatar1.jpg").read_bytes()
    avatar = client.post("/v1/animation/avatars", files={"media": media}).json()["avatar_id"]
    request = {"avatar_id": avatar, "start_frame": 0, "frames": 1}
    assert client.post("/v1/animation/chunks", json=request).status_code == 200
    assert client.delete(f"/v1/animation/avatars/{avatar}").status_code == 204
    assert problem(client.post("/v1/animation/chunks", json=request)) == (404, "not_found", "avatar_id")


def test_the_idle_loop_is_seamless_silent_and_kept(client: httpx.Client, avatar_id: str) -> None:
    query = {"avatar_id": avatar_id, "size": 128}
    said = client.get("/v1/animation/idle", params=query)
    assert (said.status_code, said.headers["content-type"]) == (200, "video/mp4"), said.text
    with av.open(io.BytesIO(said.content)) as container:
        frames = [frame.to_ndarray(format="gray").astype(np.float64) for frame in container.decode(video=0)]
    with av.open(io.BytesIO(said.content)) as container:
        sound = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])
    assert len(frames) == 250
    assert np.abs(sound).max() < 1e-3
    change = np.array([np.abs(b - a).mean() for a, b in itertools.pairwise([*frames, frames[0]])])
    around = [*range(-12, 0), *range(12)]
    assert change[-1] <= 1.5 * np.median(change[around])
    blinking = np.abs(np.diff(blink(0, 0, 250, 25))) > 0.2
    assert change[:-1][blinking].mean() > 1.05 * change[:-1][~blinking].mean()
    assert client.get("/v1/animation/idle", params=query).content == said.content
    assert client.get("/v1/animation/idle", params={"avatar_id": "0" * 32}).status_code == 404
    assert client.get("/v1/animation/idle", params={**query, "size": 100}).status_code == 422


def test_speech_joins_the_idle_loop_at_any_frame(client: httpx.Client, avatar_id: str) -> None:
    """A chunk of silence far into an answer is the loop's own."""
    body = {"avatar_id": avatar_id, "profile": {"size": 128}, "frames": 6}
    loop = client.post("/v1/animation/chunks", json={**body, "start_frame": 40}).json()
    answer = client.post(
        "/v1/animation/chunks", json={**body, "start_frame": 40 + 3 * 250, "phonemes": [[0.0, 20.0, "_"]]}
    ).json()
    assert loop["access_units"] == answer["access_units"]


def test_every_second_frame_is_the_same_frame_shown_longer(client: httpx.Client, avatar_id: str) -> None:
    body = {"avatar_id": avatar_id, "profile": {"size": 128}, "start_frame": 12, "frames": 11, "phonemes": PHONEMES}
    full = client.post("/v1/animation/chunks", json=body).json()
    half = client.post("/v1/animation/chunks", json={**body, "step": 2, "reservation": "x"}).json()
    assert (half["frames"], half["step"], len(half["access_units"])) == (11, 2, 6)
    assert _gray(half)[1] == pytest.approx(_gray(full)[2], abs=3)


def _gray(chunk: dict[str, Any]) -> list[np.ndarray]:
    codec = av.CodecContext.create("h264", "r")
    units = [base64.b64decode(unit) for unit in chunk["access_units"]]
    packets = [av.Packet(base64.b64decode(chunk["parameter_sets"]) + unit) for unit in units]
    return [frame.to_ndarray(format="gray").astype(float) for packet in [*packets, None] for frame in codec.decode(packet)]


def test_shares_are_reserved_renewed_and_given_back(client: httpx.Client) -> None:
    load = client.get("/v1/animation/load").json()
    asked = {"fps": load["free_fps"] / 2}
    first = client.post("/v1/animation/reservations", json=asked)
    assert first.status_code == 201, first.text
    second = client.post("/v1/animation/reservations", json={**asked, "fps": load["free_fps"], "at_least": 0})
    assert second.json()["fps"] <= load["free_fps"] / 2 + 1e-6
    refused = client.post("/v1/animation/reservations", json=asked)
    assert (refused.status_code, refused.json()["code"]) == (429, "overloaded")
    assert int(refused.headers["Retry-After"]) >= 1
    assert 'animation_refused_total{reason="reservation"} 1.0' in client.get("/metrics").text
    for granted in (first, second):
        path = f"/v1/animation/reservations/{granted.json()['reservation']}"
        assert client.put(path).status_code == 200
        assert client.delete(path).status_code == 204
        assert client.put(path).status_code == 404
    assert client.get("/v1/animation/load").json()["reserved_fps"] == 0


def test_neither_a_reservation_nor_haste_changes_a_byte(client: httpx.Client, avatar_id: str) -> None:
    body = {"avatar_id": avatar_id, "profile": {"size": 128}, "start_frame": 12, "frames": 6, "phonemes": PHONEMES}
    share = client.post("/v1/animation/reservations", json={"fps": 1}).json()["reservation"]
    drawn_how = ({"reservation": share, "due_s": 2.5}, {})
    reserved, other = (client.post("/v1/animation/chunks", json={**body, **how}).json() for how in drawn_how)
    client.delete(f"/v1/animation/reservations/{share}")
    assert reserved["access_units"] == other["access_units"]


def test_what_cannot_be_drawn_in_time_is_refused_at_once(client: httpx.Client, avatar_id: str) -> None:
    body = {"avatar_id": avatar_id, "profile": {"size": 1024}, "start_frame": 0, "frames": 12, "phonemes": PHONEMES}
    with ThreadPoolExecutor(4) as threads:
        drawn = [threads.submit(client.post, "/v1/animation/chunks", json=body) for _ in range(4)]
        while client.get("/v1/animation/load").json()["queued_frames"] < 96:
            assert not all(answer.done() for answer in drawn)
        refused = client.post("/v1/animation/chunks", json=body, headers={"X-Deadline-Ms": "50"})
        assert (refused.status_code, refused.json()["code"]) == (429, "overloaded")
        assert int(refused.headers["Retry-After"]) >= 1
        assert [answer.result().status_code for answer in drawn] == [200] * 4


def _turned_photo(astronaut: bytes) -> bytes:
    """As a phone takes it: stored on its side, with where it was taken."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x8825] = {1: "N", 2: (48.0, 51.0, 30.0), 29: "Rue de Secret"}
    picture = Image.open(io.BytesIO(astronaut)).transpose(Image.Transpose.ROTATE_90)
    stored = io.BytesIO()
    picture.save(stored, "JPEG", quality=95, exif=exif.tobytes())
    return stored.getvalue()


def _kept(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_picture_is_kept_upright_and_without_its_metadata(client: httpx.Client, blobs: Path, astronaut: bytes) -> None:
    photo = _turned_photo(astronaut)
    assert b"Secret" in photo
    headers = {"Content-Type": "image/jpeg"}
    said = client.post("/v1/animation/avatars", content=photo, headers=headers).json()
    assert (said["width"], said["height"]) == (512, 512)
    kept = (blobs / "avatars" / said["avatar_id"]).read_bytes()
    assert not [name for name, data in _kept(blobs).items() if b"Secret" in data]
    with Image.open(io.BytesIO(kept)) as picture:
        assert not picture.getexif()
        difference = np.asarray(picture, int) - np.asarray(Image.open(io.BytesIO(astronaut)), int)
        assert np.abs(difference).mean() < 4
    again = client.post("/v1/animation/avatars", content=photo, headers=headers).json()
    assert again["avatar_id"] == said["avatar_id"], "the same picture is the same avatar"
    assert (
        client.post("/v1/animation/chunks", json={"avatar_id": said["avatar_id"], "start_frame": 0, "frames": 3}).status_code
        == 200
    )
    # What describe remembers of the picture as it came goes with the avatar.
    store = Blobs(str(blobs))
    store.put(b"{}", "drafts", "of-it", {"media": content_key(photo), "portrait": "x"})
    assert client.delete(f"/v1/animation/avatars/{said['avatar_id']}").status_code == 204
    assert not store.exists("drafts", "of-it")


def test_the_id_is_that_of_the_bytes_that_were_sent(blobs: Path, astronaut: bytes, avatar_id: str) -> None:
    """As it was before metadata was taken out, so that known pictures stay known; one without any is kept as it is."""
    assert avatar_id == hashlib.sha256(hashlib.sha256(astronaut).digest() + b"{}").hexdigest()[:32]
    assert (blobs / "avatars" / avatar_id).read_bytes() == astronaut
