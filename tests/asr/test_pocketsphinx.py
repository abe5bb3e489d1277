"""pocketsphinx as an engine: what it understands, what it refuses, several requests at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from benchmarks.word_errors import word_errors
from comps.asr.engines.pocketsphinx import PocketsphinxEngine
from comps.cores.common.settings import AsrSettings
from comps.cores.errors import BadInput, NoSpeech, TooLarge, UnsupportedMedia
from comps.media.audio import decode_audio, encode_audio, wav_bytes
from tests.asr.flite import QUESTIONS, VOICES, say

pytestmark = pytest.mark.anyio

_RATE = 16_000


@pytest.fixture(scope="module")
async def engine(anyio_backend: str) -> AsyncIterator[PocketsphinxEngine]:
    engine = PocketsphinxEngine(AsrSettings(max_audio_s=20))
    await engine.start()
    yield engine
    await engine.stop()


async def test_questions_are_understood(engine: PocketsphinxEngine, tmp_path: Path) -> None:
    errors = 0
    for number, question in enumerate(QUESTIONS):
        media = say(question, VOICES[number % len(VOICES)], tmp_path)
        errors += word_errors(question, (await engine.transcribe(media, "en")).asr_result)
    assert errors / sum(len(question.split()) for question in QUESTIONS) <= 0.15


async def test_what_is_told_of_a_recording(engine: PocketsphinxEngine, tmp_path: Path) -> None:
    media = say("what is your name", "rms", tmp_path)
    transcript = await engine.transcribe(media, None)
    assert transcript.asr_result == "what is your name"
    assert transcript.duration_s == pytest.approx(decode_audio(media).duration_s, abs=0.05)
    assert (transcript.language, transcript.engine) == ("en", "pocketsphinx")


@pytest.mark.parametrize("format", ["flac", "mp3", "opus", "aac"])
async def test_any_format_will_do(engine: PocketsphinxEngine, tmp_path: Path, format: str) -> None:
    sound = decode_audio(say("what is your name", "rms", tmp_path), rate=48_000)
    transcript = await engine.transcribe(encode_audio(sound.samples, 48_000, format), None)
    assert transcript.asr_result == "what is your name"


async def test_stereo_at_another_rate(engine: PocketsphinxEngine, shared: Path) -> None:
    media = (shared / "data" / "audio" / "when_was_minecraft_released.wav").read_bytes()
    assert "minecraft released" in (await engine.transcribe(media, None)).asr_result


@pytest.mark.parametrize("gain", [0.02, 3.0])
async def test_quiet_and_overdriven_speech(engine: PocketsphinxEngine, tmp_path: Path, gain: float) -> None:
    sound = decode_audio(say("what is your name", "rms", tmp_path))
    samples = np.clip(sound.samples * gain, -32768, 32767).astype(np.int16)
    assert word_errors("what is your name", (await engine.transcribe(wav_bytes(samples, _RATE), None)).asr_result) <= 1


async def test_an_answer_does_not_depend_on_the_one_before(engine: PocketsphinxEngine, tmp_path: Path) -> None:
    question, other = say("how old are you", "slt", tmp_path), say("what makes you laugh", "kal16", tmp_path)
    first = await engine.transcribe(question, None)
    await engine.transcribe(other, None)
    assert (await engine.transcribe(question, None)).asr_result == first.asr_result


_TIME = np.arange(3 * _RATE) / _RATE
_NOISE = np.random.default_rng(1)
_SOUNDS = {
    "silence": np.zeros(3 * _RATE),
    "a moment": np.zeros(100),
    "hiss": _NOISE.normal(0, 30, 3 * _RATE),
    "noise": _NOISE.normal(0, 2000, 3 * _RATE),
    "hum": 4000 * np.sin(2 * np.pi * 50 * _TIME),
    "tone": 4000 * np.sin(2 * np.pi * 440 * _TIME),
    "clicks": (_NOISE.random(3 * _RATE) < 2e-4) * 20_000.0,
}


@pytest.mark.parametrize("sound", _SOUNDS)
async def test_no_speech_is_no_text(engine: PocketsphinxEngine, sound: str) -> None:
    with pytest.raises(NoSpeech) as caught:
        await engine.transcribe(wav_bytes(_SOUNDS[sound].astype(np.int16), _RATE), None)
    assert caught.value.extra["field"] == "audio"


async def test_what_it_cannot_use_is_refused(engine: PocketsphinxEngine) -> None:
    with pytest.raises(UnsupportedMedia):
        await engine.transcribe(b"this is no sound at all", None)
    with pytest.raises(TooLarge):
        await engine.transcribe(wav_bytes(np.zeros(21 * _RATE, np.int16), _RATE), None)
    with pytest.raises(BadInput) as caught:
        await engine.transcribe(b"", "french")
    assert caught.value.extra["field"] == "language"


async def test_requests_at_once_are_not_mixed(tmp_path: Path) -> None:
    engine = PocketsphinxEngine(AsrSettings(workers=2))
    await engine.start()
    questions = ["how old are you", "what is your name", "where do you live", "what time is it now"]
    media = [say(question, "rms", tmp_path) for question in questions]
    heard = await asyncio.gather(*(engine.transcribe(recording, None) for recording in media))
    assert [transcript.asr_result for transcript in heard] == questions
    await engine.stop()


async def test_a_caller_that_leaves_frees_its_worker(engine: PocketsphinxEngine, tmp_path: Path) -> None:
    sound = decode_audio(say("what time is it now", "rms", tmp_path))
    task = asyncio.create_task(engine.transcribe(wav_bytes(np.tile(sound.samples, 10), _RATE), None))
    await asyncio.sleep(0.5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(10):
        assert (await engine.transcribe(wav_bytes(sound.samples, _RATE), None)).asr_result == "what time is it now"
