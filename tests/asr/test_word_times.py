"""When each word is said: forced alignment."""

from __future__ import annotations

import itertools
import shutil
import subprocess
from pathlib import Path

import httpx
import numpy as np
import pytest

from comps import MicroService
from comps.asr.engines.aligner import Aligner, spread
from comps.asr.engines.moonshine import MoonshineEngine
from comps.media.audio import decode_audio, wav_bytes

pytestmark = pytest.mark.anyio

_RATE = 16_000
_SENTENCE = "please remember to bring a warm jacket and some good shoes"


def _timed_speech(text: str, folder: Path) -> tuple[np.ndarray, list[float]]:
    """Sound of flite, and where its phones begin."""
    if shutil.which("flite") is None:
        pytest.skip("flite (Debian package flite) is not installed")
    path = folder / "said.wav"
    command = ["flite", "-voice", "rms", "-psdur", "-t", text, "-o", str(path)]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return decode_audio(path.read_bytes()).samples, [0.0, *(float(item.rpartition(":")[2]) for item in told.split())]


async def test_words_begin_where_a_phone_begins(engine: MoonshineEngine, tmp_path: Path) -> None:
    samples, onsets = _timed_speech(_SENTENCE, tmp_path)
    late = 2.5
    padded = np.pad(samples, (int(late * _RATE), _RATE))
    transcript = await engine.transcribe(wav_bytes(padded, _RATE), None, timed=True)
    words = transcript.words
    assert " ".join(word for _, _, word in words) == transcript.asr_result.rstrip(".")
    assert len(words) == 11
    away = [min(abs(start - late - onset) for onset in onsets) for start, _, _ in words]
    assert np.median(away) <= 0.03
    assert words[0][0] == pytest.approx(late + onsets[1], abs=0.15)
    assert all(start < end for start, end, _ in words)
    assert all(one[1] <= other[0] + 0.02 for one, other in itertools.pairwise(words))


async def test_words_are_only_told_where_asked_for(engine: MoonshineEngine, shared: Path) -> None:
    media = (shared / "data" / "audio" / "who_are_you.wav").read_bytes()
    assert (await engine.transcribe(media, None)).words == []
    words = (await engine.transcribe(media, None, timed=True)).words
    assert [word for _, _, word in words] == ["Who", "are", "you"]
    assert 0.5 < words[0][0] < words[-1][1] < 1.8


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I paid $5 in 1999.", ["I", "paid", "$5", "in", "1999"]),
        ("Siobhan met Xqzw.", ["Siobhan", "met", "Xqzw"]),
        ("It's 3:30, isn’t it?", ["It's", "3:30", "isn’t", "it"]),
        ("The café’s façade: naïve!", ["The", "café’s", "façade", "naïve"]),
        ("…", []),
        ("你好", []),
    ],
)
def test_numbers_and_names_are_words_too(text: str, expected: list[str], tmp_path: Path) -> None:
    samples, _ = _timed_speech(text if expected else "hello", tmp_path)
    assert [word for _, _, word in Aligner().words(samples, text)] == expected


def test_a_text_that_does_not_fit_is_spread_over_the_sound() -> None:
    noise = np.random.default_rng(1).normal(0, 500, 200).astype(np.int16)
    words = Aligner().words(noise, "many words that nobody could have said in so short a time as this")
    assert len(words) == 14
    assert words[-1][1] == pytest.approx(200 / _RATE, abs=0.02)


def test_spread() -> None:
    assert spread(["a", "bcd"], 6.0) == [(0.0, 2.0, "a"), (2.0, 6.0, "bcd")]
    assert spread([], 1.0) == []


def test_as_openai_asks_for_them(service: MicroService, shared: Path) -> None:
    media = (shared / "data" / "audio" / "who_are_you.wav").read_bytes()
    with httpx.Client(base_url=service.base_url, trust_env=False) as client:
        answers = [
            client.post("/v1/audio/transcriptions", files={"file": ("q.wav", media)}, data=data).json()
            for data in (
                {"response_format": "verbose_json", "timestamp_granularities[]": ["word", "segment"]},
                {"response_format": "verbose_json"},
                {"response_format": "json", "timestamp_granularities[]": "word"},
            )
        ]
        refused = client.post(
            "/v1/audio/transcriptions", files={"file": ("q.wav", media)}, data={"timestamp_granularities[]": "phoneme"}
        )
    assert [word["word"].lower() for word in answers[0]["words"]] == ["who", "are", "you"]
    assert all(0 <= word["start"] < word["end"] <= 2.2 for word in answers[0]["words"])
    assert ["words" in answer for answer in answers] == [True, False, False]
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")
