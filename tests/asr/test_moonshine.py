"""Moonshine as an engine: what it understands, what it refuses to invent, several requests at once."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import numpy as np
import pytest

from benchmarks.no_english import languages, noisy, sounds
from benchmarks.word_errors import word_errors
from comps.asr.engines.moonshine import MoonshineEngine
from comps.asr.engines.moonshine_model import MoonshineModel
from comps.asr.engines.moonshine_worker import MoonshineWorker
from comps.cores.common.settings import AsrSettings
from comps.cores.errors import BadInput, NoSpeech, OtherLanguage, TooLarge, UnsupportedMedia
from comps.media.audio import decode_audio, encode_audio, wav_bytes
from comps.models.folder import model_folder
from tests.asr.flite import QUESTIONS, VOICES, say

pytestmark = pytest.mark.anyio

_RATE = 16_000
_SOUNDS = dict(sounds())
_LANGUAGES = dict(languages())


def _folder() -> Path:
    if (folder := model_folder("moonshine-tiny-en")) is None:
        pytest.skip("the model moonshine-tiny-en has not been prepared")
    return folder


@pytest.fixture(scope="module")
def worker() -> MoonshineWorker:
    return MoonshineWorker(str(_folder()), 60.0)


@pytest.fixture
def person(shared: Path) -> np.ndarray:
    """Who asks "Who are you?"."""
    return decode_audio((shared / "data" / "audio" / "who_are_you.wav").read_bytes()).samples


async def test_a_person_is_understood(engine: MoonshineEngine, person: np.ndarray) -> None:
    transcript = await engine.transcribe(wav_bytes(person, _RATE), None)
    assert transcript.asr_result == "Who are you?"
    assert transcript.duration_s == pytest.approx(2.18, abs=0.05)
    assert (transcript.language, transcript.engine) == ("en", "moonshine")


@pytest.mark.parametrize("seconds", [0.3, 2, 4, 8, 25])
@pytest.mark.parametrize("level", [0, 20])
async def test_silence_before_and_after_changes_nothing(
    engine: MoonshineEngine, person: np.ndarray, seconds: float, level: int
) -> None:
    """``../shared/cases/leading-silence``."""
    silence = np.random.default_rng(1).normal(0, level, int(_RATE * seconds)).astype(np.int16)
    transcript = await engine.transcribe(wav_bytes(np.concatenate([silence, person, silence]), _RATE), "en")
    assert transcript.asr_result == "Who are you?"


async def test_silence_costs_next_to_nothing(worker: MoonshineWorker, person: np.ndarray) -> None:
    started = time.process_time()
    worker.transcribe(wav_bytes(np.pad(person, (25 * _RATE, 0)), _RATE))
    assert time.process_time() - started < 1.0


async def test_questions_are_understood(engine: MoonshineEngine, tmp_path: Path) -> None:
    errors = 0
    for number, question in enumerate(QUESTIONS):
        media = say(question, VOICES[number % len(VOICES)], tmp_path)
        errors += word_errors(question, (await engine.transcribe(media, "english")).asr_result)
    assert errors / sum(len(question.split()) for question in QUESTIONS) <= 0.10


@pytest.mark.parametrize("snr_db", [10, 5])
async def test_noise_is_no_hindrance(engine: MoonshineEngine, shared: Path, snr_db: float) -> None:
    samples = decode_audio((shared / "data" / "audio" / "when_was_minecraft_released.wav").read_bytes()).samples
    media = wav_bytes(noisy(samples, snr_db, np.random.default_rng(2)), _RATE)
    assert word_errors("when was minecraft released", (await engine.transcribe(media, None)).asr_result) <= 1


@pytest.mark.parametrize("format", ["flac", "mp3", "opus", "aac"])
async def test_any_format_will_do(engine: MoonshineEngine, tmp_path: Path, format: str) -> None:
    sound = decode_audio(say("what is your name", "rms", tmp_path), rate=48_000)
    transcript = await engine.transcribe(encode_audio(sound.samples, 48_000, format), None)
    assert word_errors("what is your name", transcript.asr_result) == 0


async def test_stereo_at_another_rate(engine: MoonshineEngine, shared: Path) -> None:
    media = (shared / "data" / "audio" / "when_was_minecraft_released.wav").read_bytes()
    assert word_errors("when was minecraft released", (await engine.transcribe(media, None)).asr_result) == 0


@pytest.mark.parametrize("gain", [0.02, 0.1, 3.0])
async def test_quiet_and_overdriven_speech(engine: MoonshineEngine, person: np.ndarray, gain: float) -> None:
    samples = np.clip(person * gain, -32768, 32767).astype(np.int16)
    assert (await engine.transcribe(wav_bytes(samples, _RATE), None)).asr_result == "Who are you?"


async def test_long_recordings_are_understood_to_the_end(engine: MoonshineEngine, tmp_path: Path) -> None:
    asked, pause = QUESTIONS[4:24], np.zeros(_RATE * 7 // 10, np.int16)
    sound = [decode_audio(say(question, "rms", tmp_path)).samples for question in asked]
    media = wav_bytes(np.concatenate([piece for samples in sound for piece in (samples, pause)]), _RATE)
    transcript = await engine.transcribe(media, None)
    said = " ".join(asked)
    assert transcript.duration_s > 40
    assert word_errors(said, transcript.asr_result) / len(said.split()) <= 0.15
    assert transcript.asr_result.lower().startswith("what do you like")


async def test_a_sentence_said_again_and_again_is_no_loop(engine: MoonshineEngine, person: np.ndarray) -> None:
    media = wav_bytes(np.concatenate([np.pad(person, (0, _RATE * 7 // 10))] * 15), _RATE)
    transcript = await engine.transcribe(media, None)
    assert 11 <= transcript.asr_result.count("are you") <= 16


@pytest.mark.parametrize("name", _SOUNDS)
async def test_nothing_is_invented(engine: MoonshineEngine, name: str) -> None:
    with pytest.raises(NoSpeech) as caught:
        await engine.transcribe(wav_bytes(_SOUNDS[name], _RATE), None)
    assert caught.value.extra["field"] == "audio"


@pytest.mark.parametrize("language", _LANGUAGES)
async def test_other_languages_are_told_from_english(engine: MoonshineEngine, language: str) -> None:
    with pytest.raises(BadInput) as caught:
        await engine.transcribe(wav_bytes(_LANGUAGES[language], _RATE), None)
    assert isinstance(caught.value, OtherLanguage | NoSpeech)
    if len(_LANGUAGES[language]) > 3 * _RATE:
        assert (caught.value.code, caught.value.status) == ("other_language", 422)
        assert caught.value.extra == {"field": "audio", "languages": ["en"]}


async def test_english_after_something_else_is_kept(engine: MoonshineEngine, person: np.ndarray) -> None:
    cough = next(sound for name, sound in _SOUNDS.items() if name.startswith("cough"))
    media = wav_bytes(np.concatenate([cough, np.zeros(_RATE, np.int16), person]), _RATE)
    assert (await engine.transcribe(media, None)).asr_result == "Who are you?"


async def test_what_it_cannot_use_is_refused(engine: MoonshineEngine) -> None:
    with pytest.raises(UnsupportedMedia):
        await engine.transcribe(b"this is no sound at all", None)
    with pytest.raises(TooLarge):
        await engine.transcribe(wav_bytes(np.zeros(61 * _RATE, np.int16), _RATE), None)
    for language in ("french", "fr", "de-DE"):
        with pytest.raises(BadInput, match=r"English \(en\)") as caught:
            await engine.transcribe(b"", language)
        assert (caught.value.status, caught.value.extra["field"]) == (422, "language")


async def test_requests_at_once_are_not_mixed(tmp_path: Path) -> None:
    _folder()
    engine = MoonshineEngine(AsrSettings(workers=2))
    await engine.start()
    questions = ["what is your name", "where do you live", "what time is it now", "are you happy with your life"]
    media = [say(question, "rms", tmp_path) for question in questions]
    alone = [(await engine.transcribe(recording, None)).asr_result for recording in media]
    heard = await asyncio.gather(*(engine.transcribe(recording, None) for recording in media))
    assert [transcript.asr_result for transcript in heard] == alone
    assert len(set(alone)) == len(alone)
    await engine.stop()


async def test_a_caller_that_leaves_frees_its_worker(engine: MoonshineEngine, person: np.ndarray) -> None:
    task = asyncio.create_task(engine.transcribe(wav_bytes(np.tile(person, 25), _RATE), None))
    await asyncio.sleep(0.2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(10):
        assert (await engine.transcribe(wav_bytes(person, _RATE), None)).asr_result == "Who are you?"


@pytest.mark.parametrize("size", [333, 1920, 32_000])
def test_live_speech_is_heard_as_a_recording_is(worker: MoonshineWorker, shared: Path, size: int) -> None:
    sound = decode_audio((shared / "data" / "audio" / "when_was_minecraft_released.wav").read_bytes()).samples
    pcm = sound.astype("<i2").tobytes()
    worker.begin()
    for at in range(0, len(pcm), size):
        worker.feed(pcm[at : at + size])
    text, seconds = worker.result()
    assert word_errors("when was minecraft released", text) == 0
    assert seconds == pytest.approx(5.3, abs=0.05)


def test_a_pause_makes_the_end_cost_nothing(worker: MoonshineWorker, person: np.ndarray) -> None:
    """The text is made up at the pause; silence after it changes nothing."""
    worker.begin()
    worker.feed(person.astype("<i2").tobytes())
    first = worker.result()[0]
    worker.feed(bytes(8000))
    decodes = worker._model.decode
    try:
        worker._model.decode = None  # type: ignore[method-assign, assignment]
        assert worker.result()[0] == first
    finally:
        worker._model.decode = decodes  # type: ignore[method-assign]


def test_silence_told_live_is_no_text(worker: MoonshineWorker, person: np.ndarray) -> None:
    worker.begin()
    assert worker.feed(bytes(64_000)) == ""
    with pytest.raises(NoSpeech):
        worker.result()
    worker.feed(person.astype("<i2").tobytes())
    assert worker.result()[0] == "Who are you?"


def test_a_draft_does_not_change_the_text(shared: Path) -> None:
    model = MoonshineModel(_folder())
    samples = decode_audio((shared / "data" / "audio" / "when_was_minecraft_released.wav").read_bytes()).samples
    sound = samples.astype(np.float32) / 32768
    plain = model.decode(sound)
    for draft in (plain.tokens, plain.tokens[:3], [5, 6, 7], [*plain.tokens[:2], 9, 9], plain.tokens * 9):
        assert model.decode(sound, draft).tokens == plain.tokens


@pytest.mark.parametrize("noise", [0, 20, 40])
async def test_a_few_words_do_not_depend_on_how_much_silence_is_before_them(
    worker: MoonshineWorker, person: np.ndarray, noise: int
) -> None:
    """The "h" of "who" lies under the noise: cuts that differ by 0.1 s gave "all are you", "you are you" and nothing."""
    texts = []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        sound = np.concatenate([np.zeros(_RATE + 197 * seed), person, np.zeros(_RATE)])
        try:
            texts.append(worker.transcribe(wav_bytes((sound + rng.normal(0, noise, len(sound))).astype(np.int16), _RATE))[0])
        except NoSpeech:
            texts.append("")
    assert texts.count("Who are you?") >= 8 - noise // 10


def test_one_cut_alone_is_decoded_as_ever(person: np.ndarray) -> None:
    model = MoonshineModel(_folder())
    sound = person.astype(np.float32) / 32768
    alone, together = model.decode(sound), model.decode_together([sound])
    assert together.tokens == alone.tokens
    assert together.is_whole
    assert together.logprobs == pytest.approx(alone.logprobs, abs=1e-3)
