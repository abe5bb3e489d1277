"""OpenAI's shapes of a transcription: subtitles, segments, events; and what is refused by its name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from comps import MicroService
from comps.asr.transcription import response
from comps.cores.errors import BadInput
from comps.cores.proto.audio_requests import TranscriptionRequest
from comps.cores.proto.avatar import Transcript
from comps.media.audio import decode_audio, wav_bytes

PATH = "/v1/audio/transcriptions"
TOLD = Transcript(
    asr_result="Who are you? I am <Mei>.",
    duration_s=5.0,
    engine="some",
    words=[(0.5, 0.7, "Who"), (0.7, 0.8, "are"), (0.8, 1.0, "you"), (3.0, 3.2, "I"), (3.2, 3.4, "am"), (3.4, 3.7, "Mei")],
    segments=[(0.4, 1.1, "Who are you?"), (2.9, 3.8, "I am <Mei>.")],
)


@pytest.fixture(scope="module")
def client(service: MicroService) -> httpx.Client:
    return httpx.Client(base_url=service.base_url, timeout=30, trust_env=False)


def _rendered(transcript: Transcript, **asked: Any) -> str:
    return bytes(response(transcript, TranscriptionRequest(file=b"x", **asked)).body).decode()


def test_subtitles_are_shown_while_the_words_are_said() -> None:
    assert _rendered(TOLD, response_format="srt") == (
        "1\n00:00:00,400 --> 00:00:01,100\nWho are you?\n\n2\n00:00:02,900 --> 00:00:03,800\nI am <Mei>.\n"
    )
    assert _rendered(TOLD, response_format="vtt") == (
        "WEBVTT\n\n00:00:00.400 --> 00:00:01.100\nWho are you?\n\n00:00:02.900 --> 00:00:03.800\nI am &lt;Mei&gt;.\n"
    )


def test_a_long_stretch_is_cut_where_words_begin() -> None:
    said = [f"word{number}" for number in range(40)]
    words = [(float(number), number + 0.9, word) for number, word in enumerate(said)]
    text = " ".join(said)
    told = TOLD.model_copy(update={"asr_result": text, "words": words, "segments": [(0.0, 40.0, text)]})
    cues = _rendered(told, response_format="srt").split("\n\n")
    assert len(cues) > 3
    assert " ".join(cue.strip().splitlines()[2] for cue in cues) == text


def test_segments_and_words_as_they_were_asked_for() -> None:
    shapes = {
        (): {"segments"},
        ("segment",): {"segments"},
        ("word",): {"words"},
        ("word", "segment"): {"words", "segments"},
    }
    for wanted, told in shapes.items():
        answer = json.loads(_rendered(TOLD, response_format="verbose_json", timestamp_granularities=list(wanted)))
        assert answer.keys() == {"text", "task", "language", "duration", *told}
    assert answer["segments"][1] == {"id": 1, "start": 2.9, "end": 3.8, "text": "I am <Mei>."}
    assert answer["words"][0] == {"word": "Who", "start": 0.5, "end": 0.7}


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"response_format": "srt"}, "response_format"),
        ({"response_format": "vtt"}, "response_format"),
        ({"response_format": "verbose_json", "timestamp_granularities": ["word"]}, "timestamp_granularities"),
        ({"response_format": "verbose_json", "timestamp_granularities": ["segment"]}, "timestamp_granularities"),
    ],
)
def test_an_engine_without_times_says_so(asked: dict[str, Any], field: str) -> None:
    untold = Transcript(asr_result="Who are you?", engine="some")
    with pytest.raises(BadInput, match="the engine some does not tell") as refused:
        _rendered(untold, **asked)
    assert refused.value.extra["field"] == field
    assert json.loads(_rendered(untold, response_format="verbose_json"))["segments"] == []


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"response_format": "diarized_json"}, "response_format"),
        ({"response_format": "docx"}, "response_format"),
        ({"include[]": "logprobs"}, "include"),
        ({"known_speaker_names[]": "Ann"}, "known_speaker_names"),
        ({"temperature": "1.5"}, "temperature"),
        ({"stream": "true", "response_format": "srt"}, "stream"),
        ({"language": "de"}, "language"),
    ],
)
def test_what_is_not_to_be_had_is_refused_by_its_name(client: httpx.Client, data: dict[str, str], field: str) -> None:
    answer = client.post(PATH, files={"file": ("q.wav", b"RIFF")}, data=data)
    assert (answer.status_code, answer.json()["error"]["param"]) == (422, field)


def test_what_is_harmless_is_taken(client: httpx.Client, shared: Path) -> None:
    media = (shared / "data" / "audio" / "who_are_you.wav").read_bytes()
    data = {"prompt": "An interview.", "temperature": "0", "language": "english", "chunking_strategy": "auto", "stream": "false"}
    assert client.post(PATH, files={"file": ("q.wav", media)}, data=data).json()["text"].lower().startswith("who are you")


def test_the_recording_is_called_file(client: httpx.Client) -> None:
    silence = wav_bytes(np.zeros(16_000, np.int16), 16_000)
    for stream in ("false", "true"):
        answer = client.post(PATH, files={"file": ("q.wav", silence)}, data={"stream": stream})
        problem = answer.json()
        assert (answer.status_code, problem["code"], problem["error"]["param"]) == (422, "no_speech", "file")
        assert problem["error"]["message"].startswith("file: ")


def test_pieces_come_as_they_are_recognised(client: httpx.Client, shared: Path) -> None:
    said = decode_audio((shared / "data" / "audio" / "who_are_you.wav").read_bytes()).samples
    long = wav_bytes(np.concatenate([said] * 16), 16_000)
    with client.stream("POST", PATH, files={"file": ("q.wav", long)}, data={"stream": "true"}) as answer:
        assert answer.headers["content-type"] == "text/event-stream"
        events = [json.loads(line.removeprefix("data: ")) for line in answer.iter_lines() if line.startswith("data: ")]
    *deltas, done = events
    assert done["type"] == "transcript.text.done"
    assert {event["type"] for event in deltas} == {"transcript.text.delta"}
    assert "".join(event["delta"] for event in deltas) == done["text"]
    assert done["text"].lower().count("who are you") >= 14
    if "Who" in done["text"]:
        assert len(deltas) > 1, "Moonshine tells each part by itself"
