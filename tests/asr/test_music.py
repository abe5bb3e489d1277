"""Music, ring tones and alarms are no speech, whichever engine hears them; speech over music is."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from benchmarks.word_errors import word_errors
from comps.asr.engines.moonshine import MoonshineEngine
from comps.asr.engines.moonshine_guards import is_credit
from comps.asr.engines.openai_compatible import OpenAICompatibleEngine
from comps.asr.engines.pocketsphinx_worker import PocketsphinxWorker
from comps.cores.common.settings import AsrSettings
from comps.cores.errors import BadInput, NodeUnavailable, NoSpeech
from comps.listening import speech_gate
from comps.media.audio import decode_audio, wav_bytes
from tests.asr.flite import QUESTIONS, VOICES, say
from tests.asr.music import INSTRUMENTS, RATE, band, melody, rings

pytestmark = pytest.mark.anyio

#: Seeds by which the voice activity detector takes a flute or a choir for a voice, and the model writes "You" or "Thank you for
#: watching".
_LIKE_VOICES = {"choir": (17, 56), "flute": (75, 129, 137, 152)}
MUSIC = {
    **dict(rings()),
    **{f"band {seed}": band(seed) for seed in range(4)},
    **{f"{name} {seed}": melody(name, seed) for name in INSTRUMENTS for seed in (0, *_LIKE_VOICES.get(name, ()))},
}


@pytest.mark.parametrize("name", MUSIC)
async def test_moonshine_writes_no_words_for_it(engine: MoonshineEngine, name: str) -> None:
    with pytest.raises(NoSpeech):
        await engine.transcribe(wav_bytes(MUSIC[name], RATE), None)


async def test_speech_over_it_is_understood(engine: MoonshineEngine, tmp_path: Path) -> None:
    wrong = said = 0
    for number, question in enumerate(QUESTIONS[3:19:2]):
        speech = decode_audio(say(question, VOICES[number % 2], tmp_path)).samples.astype(float)
        music = np.resize(band(number), len(speech)).astype(float)
        music *= np.sqrt(np.mean(speech**2) / np.mean(music**2)) * 10 ** (-15 / 20)
        mixed = np.clip(speech + music, -32768, 32767).astype(np.int16)
        try:
            heard = (await engine.transcribe(wav_bytes(mixed, RATE), None)).asr_result
        except BadInput:
            heard = ""
        wrong += word_errors(question, heard)
        said += len(question.split())
    assert wrong / said < 0.25


def _needs_gate() -> None:
    if not speech_gate.is_there():
        pytest.skip("the voice activity detector has not been prepared")


@pytest.mark.parametrize("name", ["ringing, America", "band 1", "organ 0", "piano 0", "marimba 0"])
def test_pocketsphinx_writes_no_words_for_it(name: str) -> None:
    _needs_gate()
    worker = PocketsphinxWorker(60.0)
    with pytest.raises(NoSpeech):
        worker.transcribe(wav_bytes(MUSIC[name], RATE))
    worker.begin()
    worker.feed(MUSIC[name].tobytes())
    with pytest.raises(NoSpeech):
        worker.result()


def test_silence_costs_pocketsphinx_little(shared: Path) -> None:
    """``../shared/cases/leading-silence``: 25 s of it took 10 s of CPU."""
    _needs_gate()
    worker = PocketsphinxWorker(60.0)
    person = decode_audio((shared / "data" / "audio" / "who_are_you.wav").read_bytes()).samples
    assert np.array_equal(speech_gate.spoken(person), person)
    for silence in (np.zeros(25 * RATE, np.int16), np.random.default_rng(1).normal(0, 8, 25 * RATE).astype(np.int16)):
        started = time.process_time()
        worker.transcribe(wav_bytes(np.concatenate([silence, person, silence]), RATE))
        assert time.process_time() - started < 3


async def test_a_server_is_not_asked_what_it_says(unused_address: str, shared: Path) -> None:
    _needs_gate()
    engine = OpenAICompatibleEngine(AsrSettings(endpoint=f"http://{unused_address}"))
    await engine.start()
    try:
        with pytest.raises(NoSpeech):
            await engine.transcribe(wav_bytes(MUSIC["band 0"], RATE), None)
        for heard in ((shared / "data" / "audio" / "who_are_you.wav").read_bytes(), b"in a container that is not known here"):
            with pytest.raises(NodeUnavailable):
                await engine.transcribe(heard, None)
    finally:
        await engine.stop()


@pytest.mark.parametrize(
    "text", ["You", "Thank you.", "Thanks for watching!", "Thank you so much for watching.", "Please subscribe."]
)
def test_credits(text: str) -> None:
    assert is_credit(text)


@pytest.mark.parametrize("text", ["Who are you?", "Thank you for asking me.", "You are welcome.", "How do I subscribe?"])
def test_no_credits(text: str) -> None:
    assert not is_credit(text)
