"""Numbers at the ends of what JSON and 64 bits can say: drawn, or refused by their field; never a failure of the service."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx
import pytest

from tests.animation.test_service import PHONEMES, astronaut, avatar_id, recording

__all__ = ["astronaut", "avatar_id", "recording"]

MOST, LEAST = 2**63 - 1, -(2**63)
NUMBERS = [MOST, LEAST, 2**53, 2**31, -1, 0, 1e308, -1e308, 5e-324, -0.0]


@pytest.mark.parametrize("number", NUMBERS, ids=str)
@pytest.mark.parametrize(
    "field",
    ["start_frame", "frames", "seed", "pcm_start_s", "sample_rate", "step", "due_s", "size", "fps", "crf", "begin", "end"],
)
def test_of_a_chunk(client: httpx.Client, avatar_id: str, field: str, number: float) -> None:
    request: dict[str, Any] = {"avatar_id": avatar_id, "profile": {"size": 128}, "start_frame": 0, "frames": 2}
    request["phonemes"] = [list(phoneme) for phoneme in PHONEMES]
    if field in ("size", "fps", "crf"):
        request["profile"][field] = number
    elif field in ("begin", "end"):
        request["phonemes"][1][field == "end"] = number
    else:
        request[field] = number
    if field in ("pcm_start_s", "sample_rate"):
        request |= {"pcm": base64.b64encode(bytes(3200)).decode(), "phonemes": []}
    answer = client.post("/v1/animation/chunks", json=request)
    assert answer.status_code < 500, answer.text


@pytest.mark.parametrize("number", NUMBERS, ids=str)
@pytest.mark.parametrize("field", ["seed", "begin", "end", "size"])
def test_of_a_clip(client: httpx.Client, avatar_id: str, recording: bytes, field: str, number: float) -> None:
    request: dict[str, Any] = {"byte_str": base64.b64encode(recording).decode(), "avatar_id": avatar_id}
    request |= {"profile": {"size": 128}, "phonemes": [list(phoneme) for phoneme in PHONEMES]}
    if field == "size":
        request["profile"]["size"] = number
    elif field == "seed":
        request["seed"] = number
    else:
        request["phonemes"][1][field == "end"] = number
    assert client.post("/v1/animation", json=request).status_code < 500


@pytest.mark.parametrize("number", NUMBERS, ids=str)
@pytest.mark.parametrize("field", ["fps", "size", "at_least", "ttl_s"])
def test_of_a_reservation(client: httpx.Client, field: str, number: float) -> None:
    answer = client.post("/v1/animation/reservations", json={"fps": 1, "ttl_s": 1, field: number})
    assert answer.status_code < 500, answer.text


@pytest.mark.parametrize("number", ["9" * 400, "9" * 5000, "-1", "1e400", "nan", "%00"])
@pytest.mark.parametrize("field", ["seed", "size", "fps", "crf", "avatar_id"])
def test_of_the_idle_face(client: httpx.Client, avatar_id: str, field: str, number: str) -> None:
    query = {"avatar_id": avatar_id, "size": "128", field: number}
    text = "&".join(f"{name}={value}" for name, value in query.items())
    answer = client.get(f"/v1/animation/idle?{text}")
    assert 400 <= answer.status_code < 500
    if field != "avatar_id":
        assert json.loads(answer.text)["field"] == field


@pytest.mark.parametrize("points", [[[MOST, LEAST]] * 20, [[1e308, -1e308]] * 20, [[0.0, -0.0]] * 20, [], [[1, 1]]], ids=str)
def test_of_points(client: httpx.Client, astronaut: bytes, points: list[Any]) -> None:
    request = {"media": base64.b64encode(astronaut).decode(), "points": {"mouth": points, "left_eye": points}}
    answer = client.post("/v1/animation/avatars", json=request)
    assert answer.status_code < 500, answer.text
