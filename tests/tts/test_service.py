"""The tts service over HTTP: OPEA's and OpenAI's requests, MessagePack, errors."""

from __future__ import annotations

import base64
import io
import json
import wave

import httpx
import msgpack
import pytest

from comps import MicroService
from comps.media.audio import decode_audio


@pytest.fixture(scope="module")
def client(service: MicroService) -> httpx.Client:
    return httpx.Client(base_url=service.base_url, timeout=30, trust_env=False)


def test_opea_request_answers_a_wav_file_with_times(client: httpx.Client) -> None:
    answer = client.post("/v1/tts", json={"text": "Hello there.", "voice": "default"})
    assert answer.status_code == 200
    document = answer.json()
    with wave.open(io.BytesIO(base64.b64decode(document["tts_result"]))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, document["sample_rate"])
        assert file.getnframes() / file.getframerate() == pytest.approx(document["phonemes"][-1][1])
    assert [word for _, _, word in document["words"]] == ["Hello", "there"]
    assert (document["voice"], document["engine"]) == ("en-us+linda", "espeak")


def test_messagepack_answers_raw_samples(client: httpx.Client) -> None:
    body = msgpack.packb({"text": "Hello there.", "voice": "male"})
    headers = {"Content-Type": "application/msgpack", "Accept": "application/msgpack"}
    answer = client.post("/v1/tts", content=body, headers=headers)
    document = msgpack.unpackb(answer.content)
    assert answer.headers["content-type"] == "application/msgpack"
    assert document["phonemes"][-1][1] == pytest.approx(len(document["pcm"]) / 2 / document["sample_rate"])
    assert document["voice"] == "en-us+m3"


@pytest.mark.parametrize(
    ("format", "content_type", "magic"),
    [
        ("mp3", "audio/mpeg", (b"ID3", b"\xff\xfb", b"\xff\xf3")),
        ("wav", "audio/wav", (b"RIFF",)),
        ("flac", "audio/flac", (b"fLaC",)),
        ("opus", "audio/ogg; codecs=opus", (b"OggS",)),
        ("aac", "audio/aac", (b"\xff\xf1", b"\xff\xf9")),
    ],
)
def test_openai_request_answers_what_its_content_type_says(
    client: httpx.Client, format: str, content_type: str, magic: tuple[bytes, ...]
) -> None:
    request = {"model": "tts-1", "input": "One two three four five.", "voice": "alloy", "response_format": format}
    answer = client.post("/v1/audio/speech", json=request)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == content_type
    assert answer.content.startswith(magic)
    assert 1.0 < decode_audio(answer.content).duration_s < 4.0


def test_bare_samples_say_their_rate(client: httpx.Client) -> None:
    answer = client.post("/v1/audio/speech", json={"input": "One.", "response_format": "pcm", "speed": 2})
    assert answer.headers["content-type"] == "audio/pcm; rate=22050; channels=1"
    assert answer.headers["x-voice"] == "en-us+linda"
    assert len(answer.content) % 2 == 0


_TWO = "The quick brown fox jumps over the lazy dog. It then sleeps under a tree, for the rest of the day. Nobody minds."


def test_sound_is_sent_clause_by_clause(client: httpx.Client) -> None:
    request = {"input": _TWO, "response_format": "pcm"}
    with client.stream("POST", "/v1/audio/speech", json=request) as answer:
        pieces = list(answer.iter_raw())
    assert "content-length" not in answer.headers
    assert len(pieces) > 1
    rate = int(answer.headers["x-sample-rate"])
    assert 5 < len(b"".join(pieces)) / 2 / rate < 12


@pytest.mark.parametrize("format", ["mp3", "opus", "aac", "flac", "wav", "pcm"])
def test_the_same_sound_comes_in_events(client: httpx.Client, format: str) -> None:
    request = {"input": _TWO, "response_format": format, "voice": {"id": "onyx"}}
    sound = client.post("/v1/audio/speech", json=request)
    answer = client.post("/v1/audio/speech", json={**request, "stream_format": "sse"})
    assert answer.headers["content-type"] == "text/event-stream"
    events = [json.loads(line.removeprefix("data: ")) for line in answer.text.splitlines() if line]
    *deltas, done = events
    assert done == {"type": "speech.audio.done"}
    assert {event["type"] for event in deltas} == {"speech.audio.delta"}
    assert b"".join(base64.b64decode(event["audio"]) for event in deltas) == sound.content
    if format == "wav":
        with wave.open(io.BytesIO(sound.content)) as file:
            assert 5 < file.getnframes() / file.getframerate() < 12
    elif format != "pcm":
        assert len(deltas) > 1
        assert 5 < decode_audio(sound.content).duration_s < 12


def test_a_problem_before_the_first_sound_keeps_its_status_in_events(client: httpx.Client) -> None:
    answer = client.post("/v1/audio/speech", json={"input": "...", "stream_format": "sse"})
    problem = answer.json()
    assert (answer.status_code, problem["error"]["param"]) == (422, "input")
    assert problem["error"]["message"].startswith("input: ")


def test_mp3_is_the_default(client: httpx.Client) -> None:
    assert client.post("/v1/audio/speech", json={"input": "One."}).headers["content-type"] == "audio/mpeg"


@pytest.mark.parametrize(
    ("path", "body", "status", "code", "field"),
    [
        ("/v1/tts", {"text": ""}, 422, "invalid_request", "text"),
        ("/v1/tts", {}, 422, "invalid_request", "text"),
        ("/v1/tts", {"text": "..."}, 422, "nothing_to_speak", "text"),
        ("/v1/audio/speech", {"input": "..."}, 422, "nothing_to_speak", "input"),
        ("/v1/tts", {"text": "x" * 5001}, 422, "invalid_request", "text"),
        ("/v1/tts", {"text": "hi", "voice": "xx-yy+nope"}, 422, "unknown_voice", "voice"),
        ("/v1/tts", {"text": "hi", "speed": 9}, 422, "invalid_request", "speed"),
        ("/v1/audio/speech", {"input": "hi", "response_format": "mov"}, 422, "invalid_request", "response_format"),
        ("/v1/audio/speech", {"input": "hi", "speed": 0}, 422, "invalid_request", "speed"),
    ],
)
def test_bad_input_names_its_field(
    client: httpx.Client, path: str, body: dict[str, object], status: int, code: str, field: str
) -> None:
    answer = client.post(path, json=body)
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["field"]) == (status, code, field)


def test_an_unacceptable_answer_is_refused(client: httpx.Client) -> None:
    assert client.post("/v1/tts", json={"text": "hi"}, headers={"Accept": "image/png"}).status_code == 406


def test_voices_are_listed_and_found_by_description(client: httpx.Client) -> None:
    listed = client.get("/v1/tts/voices").json()
    assert {"name", "language", "gender", "age", "pitch_hz", "description"} <= listed["voices"][0].keys()
    found = client.get("/v1/tts/voices", params={"description": "a cheerful little girl from Scotland"}).json()
    assert found["chosen"] == "en-gb-scotland+anika"
    assert client.get("/v1/tts/voices", params={"description": "qqq7"}).status_code == 422


def test_it_is_ready(client: httpx.Client) -> None:
    assert client.get("/health/ready").status_code == 200


@pytest.mark.parametrize(
    "text", ["   ", "\u200b", "\u0301", "🙂", "```", "a" * (10 << 20), "\ud800", "\0"], ids=lambda text: ascii(text[:5])
)
@pytest.mark.parametrize(("path", "field"), [("/v1/tts", "text"), ("/v1/audio/speech", "input"), ("/v1/audio/speech", "text")])
def test_what_cannot_be_spoken_is_refused_by_its_field(client: httpx.Client, path: str, field: str, text: str) -> None:
    answer = client.post(path, content=json.dumps({field: text}), headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["field"]) == (422, field)
