"""What cannot be used is refused with its reason; nothing of it becomes a 500."""

from __future__ import annotations

import base64
import io
import struct
import wave
import zlib
from typing import Any

import cv2
import httpx
import numpy as np
import pytest

PATH = "/v1/avatarchatbot"


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _png(image: np.ndarray) -> bytes:
    return bytes(cv2.imencode(".png", image)[1].tobytes())


def _noise_picture() -> bytes:
    return _png(np.random.default_rng(0).integers(0, 256, (256, 256, 3), np.uint8))


def _huge_png() -> bytes:
    """A PNG that says it is 30,000 × 30,000 pixels and holds next to nothing."""

    def part(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", header) + part(b"IDAT", zlib.compress(bytes(1000))) + part(b"IEND", b"")


def _wav(samples: np.ndarray) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(samples.astype("<i2").tobytes())
    return out.getvalue()


def _endless_mp3() -> bytes:
    """An hour of silence in a container that claims no duration: MPEG-1 layer III frames of 32 kbit/s, all alike."""
    frame = b"\xff\xfb\x10\xc4" + bytes(100)
    return frame * int(3600 / 0.026122)


def _refused(client: httpx.Client, body: dict[str, Any]) -> dict[str, Any]:
    answer = client.post(PATH, json=body)
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    document = dict(answer.json())
    assert document["status"] == answer.status_code
    return document


@pytest.mark.parametrize(
    ("avatar", "status", "code"),
    [
        (_noise_picture(), 422, "no_face"),
        (b"not a picture at all, but long enough to look at", 415, "unsupported_media"),
        (_noise_picture()[:500], 415, "unsupported_media"),
        (_huge_png(), 413, "too_large"),
    ],
    ids=["no face", "no media", "truncated", "30,000 × 30,000"],
)
def test_avatars(client: httpx.Client, avatar: bytes, status: int, code: str) -> None:
    document = _refused(client, {"text": "Hello!", "avatar": _b64(avatar), "persona": {"name": "Ann"}})
    assert (document["status"], document["code"], document["field"]) == (status, code, "avatar")


def test_an_empty_avatar_file(client: httpx.Client) -> None:
    answer = client.post(PATH, data={"text": "Hello!"}, files={"avatar": ("me.jpg", b"")})
    assert (answer.status_code, answer.json()["field"]) == (415, "avatar")


@pytest.mark.parametrize(
    ("audio", "status", "code"),
    [
        (b"not sound at all, but long enough to look at", 415, "unsupported_media"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", 415, "unsupported_media"),
        (_wav(np.zeros(32_000)), 422, "no_speech"),
        (_wav(np.random.default_rng(0).normal(0, 20, 32_000)), 422, "no_speech"),
        (_endless_mp3(), 413, "too_large"),
    ],
    ids=["no media", "truncated", "silence", "a quiet hiss", "an hour that claims no duration"],
)
def test_questions(client: httpx.Client, audio: bytes, status: int, code: str) -> None:
    document = _refused(client, {"audio": _b64(audio)})
    assert (document["status"], document["code"]) == (status, code)
    assert (document["node"], document["field"]) == ("asr", "audio")


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 422, "audio"),
        ({"audio": ""}, 422, "audio"),
        ({"text": ""}, 422, "text"),
        ({"audio": "%%%"}, 422, "audio"),
        ({"text": "Hi", "temperature": 9}, 422, "temperature"),
        ({"text": "Hi", "profile": {"size": 100}}, 422, "profile.size"),
        ({"text": "Hi", "profile": {"size": 16_384}}, 422, "profile.size"),
        ({"text": "Hi", "conversation_id": "../../etc"}, 422, "conversation_id"),
        ({"text": "Hi", "conversation_id": "0" * 32}, 404, "conversation_id"),
        ({"text": "Hi", "persona": "0" * 32}, 404, "persona_id"),
        ({"text": "Hi", "avatar": "0" * 64}, 404, "avatar"),
        ({"text": "Hi", "avatar": "nobody we know"}, 422, "avatar"),
        ({"text": "Hi", "messages": [{"role": "wizard", "content": "x"}]}, 422, None),
        ({"text": " \u0000\u0007\n"}, 422, "text"),
    ],
)
def test_fields(client: httpx.Client, body: dict[str, Any], status: int, field: str | None) -> None:
    document = _refused(client, body)
    assert document["status"] == status
    if field is not None:
        assert document["field"] == field


def test_an_unknown_voice_lists_some(client: httpx.Client) -> None:
    document = _refused(client, {"text": "Hello!", "voice": "xx-nowhere+nobody"})
    assert (document["status"], document["code"], document["node"]) == (422, "unknown_voice", "tts")
    assert any("en-us" in str(value) for value in document.values())


@pytest.mark.parametrize("body", [b"{", b"", b"[]", b"null", b'{"audio": 1e999', b"\xff\xfe"])
def test_broken_json(client: httpx.Client, body: bytes) -> None:
    answer = client.post(PATH, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422)


def test_an_oversize_body(client: httpx.Client) -> None:
    answer = client.post(PATH, content=b"x" * (65 << 20), headers={"Content-Type": "audio/wav"})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/me.jpg",
        "http://localhost:1/me.jpg",
        "http://[::ffff:127.0.0.1]:1/me.jpg",
        "http://[::1]:1/me.jpg",
        "http://169.254.169.254/latest/meta-data",
        "http://0.0.0.0:1/",
        "http://2130706433/me.jpg",
    ],
)
def test_addresses_inside_are_never_fetched(client: httpx.Client, url: str) -> None:
    document = _refused(client, {"text": "Hello!", "avatar": url})
    assert (document["status"], document["code"]) == (403, "forbidden_url")


def test_nothing_acceptable(client: httpx.Client) -> None:
    answer = client.post(PATH, json={"text": "Hello!"}, headers={"Accept": "image/gif"})
    assert answer.status_code == 406


def test_a_failed_turn_is_kept_with_its_reason(client: httpx.Client) -> None:
    made = client.post(PATH, json={"text": "Hello!"}).json()
    _refused(client, {"audio": _b64(_wav(np.zeros(32_000))), "conversation_id": made["conversation_id"]})
    turns = client.get(f"{PATH}/conversations/{made['conversation_id']}").json()["turns"]
    assert [turn["status"] for turn in turns] == ["done", "failed"]
    assert turns[1]["error"]["code"] == "no_speech"
