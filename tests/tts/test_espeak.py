"""espeak-ng as an engine: sound and time lines that belong together, any text, any language, several requests at once."""

from __future__ import annotations

import asyncio
import struct
from pathlib import Path

import numpy as np
import pytest

from comps.cores.common.settings import TtsSettings
from comps.cores.errors import BadInput
from comps.cores.proto.avatar import Speech, SpeechRequest
from comps.tts.engines.espeak import EspeakEngine
from comps.tts.engines.espeak_timeline import SILENCE, PhonemeEvent, fold, phonemes
from comps.tts.engines.espeak_voices import data_folder
from comps.tts.ensemble import Ensemble

pytestmark = pytest.mark.anyio

_CLAUSE = "Well, the quick brown fox jumps over the lazy dog."


def _samples(speech: Speech) -> np.ndarray:
    return np.frombuffer(speech.pcm, "<i2").astype(float)


def _check_timeline(speech: Speech) -> None:
    """Phonemes cover the sound without gap; words are in order and inside; the end is silent."""
    duration = len(speech.pcm) / 2 / speech.sample_rate
    assert speech.phonemes[0][0] == 0.0
    assert speech.phonemes[-1][1] == pytest.approx(duration, abs=1e-9)
    for (_, end, _), (start, _, _) in zip(speech.phonemes, speech.phonemes[1:], strict=False):
        assert end == start
    assert all(start < end and sound.isascii() for start, end, sound in speech.phonemes)
    assert all(start < end <= duration for start, end, _ in speech.words)
    assert all(a[1] <= b[0] + 1e-9 for a, b in zip(speech.words, speech.words[1:], strict=False))
    assert speech.phonemes[-1][2] == SILENCE


async def test_speech_and_its_timeline_have_one_length(engine: EspeakEngine) -> None:
    speech = await engine.speak(SpeechRequest(text=_CLAUSE))
    _check_timeline(speech)
    assert [word for _, _, word in speech.words] == [
        "Well",
        "the",
        "quick",
        "brown",
        "fox",
        "jumps",
        "over",
        "the",
        "lazy",
        "dog",
    ]
    assert (speech.voice, speech.engine) == ("en-us+linda", "espeak")
    assert 2.0 < len(_samples(speech)) / speech.sample_rate < 5.0


async def test_silence_in_the_timeline_is_silence_in_the_sound(engine: EspeakEngine) -> None:
    speech = await engine.speak(SpeechRequest(text="One, two. Three!"))
    sound = _samples(speech)
    level = {
        silent: np.concatenate(
            [
                sound[int(start * speech.sample_rate) : int(end * speech.sample_rate)]
                for start, end, phoneme in speech.phonemes
                if (phoneme == SILENCE) is silent
            ]
        )
        for silent in (True, False)
    }
    assert np.sqrt(np.mean(level[True] ** 2)) < 0.02 * np.sqrt(np.mean(level[False] ** 2))


@pytest.mark.parametrize(("text", "shortest", "longest"), [("Yes.", 0.41, 0.43), ("Yes,", 0.16, 0.18), ("Yes", 0.02, 0.04)])
async def test_the_pause_after_a_clause_follows_its_mark(
    engine: EspeakEngine, text: str, shortest: float, longest: float
) -> None:
    start, end, sound = (await engine.speak(SpeechRequest(text=text))).phonemes[-1]
    assert sound == SILENCE
    assert shortest <= end - start <= longest


async def test_numbers_and_marks_are_one_word_as_written(ensemble: Ensemble) -> None:
    speech = await ensemble.speak(SpeechRequest(text="**In** 1984, I paid $1,234.50 (cash) for a co-worker's well—known car."))
    _check_timeline(speech)
    assert [word for _, _, word in speech.words] == [
        *("In", "1984", "I", "paid", "$1,234.50", "cash", "for", "a", "co-worker's", "well", "known", "car")
    ]


@pytest.mark.parametrize(
    ("voice", "text"),
    [
        ("ru", "Привет, как дела?"),
        ("fr", "Bonjour, ça va? I like computer games."),
        ("cmn", "你好,世界。"),
        ("ja", "こんにちは"),
        ("ar", "مرحبا بالعالم"),
        ("hi", "नमस्ते दुनिया"),
        ("default", "Привет 你好 مرحبا"),
        ("default", "<speak>hi <break time='30s'/><voice name='x'>you</voice></speak>"),
        ("default", "[[h@l'oU]] \x01100S fast \x1b[0m"),
        ("default", "a" * 3000),
        ("default", "word " * 1000),
    ],
)
async def test_any_text_is_spoken(ensemble: Ensemble, voice: str, text: str) -> None:
    speech = await ensemble.speak(SpeechRequest(text=text, voice=voice))
    _check_timeline(speech)
    assert np.abs(_samples(speech)).max() > 1000


async def test_markup_is_not_obeyed(ensemble: Ensemble) -> None:
    """A break of thirty seconds and an embedded command to speak faster stay text."""
    marked = await ensemble.speak(SpeechRequest(text="one <break time='30s'/> two"))
    assert len(_samples(marked)) / marked.sample_rate < 10
    plain, commanded = [await ensemble.speak(SpeechRequest(text=text)) for text in ("hello 300S fast", "hello \x01300S fast")]
    assert [word for _, _, word in commanded.words] == [word for _, _, word in plain.words]


@pytest.mark.parametrize("text", ["...", "😀", "\u0301"])
async def test_nothing_to_speak_is_bad_input(ensemble: Ensemble, text: str) -> None:
    with pytest.raises(BadInput) as caught:
        await ensemble.speak(SpeechRequest(text=text))
    assert caught.value.extra["field"] == "text"


async def test_speed_is_a_factor(engine: EspeakEngine) -> None:
    async def duration(speed: float) -> float:
        speech = await engine.speak(SpeechRequest(text=_CLAUSE, speed=speed))
        _check_timeline(speech)
        return len(_samples(speech)) / speech.sample_rate

    normal = await duration(1.0)
    assert await duration(0.5) == pytest.approx(2 * normal, rel=0.15)
    assert await duration(2.0) == pytest.approx(normal / 2, rel=0.15)
    assert await duration(4.0) < normal / 3


async def test_requests_at_once_are_not_mixed(engine: EspeakEngine) -> None:
    asked = [
        SpeechRequest(text=f"Number {number} is {'very ' * (number % 5)}odd.", voice=voice)
        for number, voice in enumerate(["linda", "david", "en-gb+m3", "fr"] * 4)
    ]
    alone = [await engine.speak(request) for request in asked]
    together = await asyncio.gather(*(engine.speak(request) for request in asked))
    for speech, same in zip(together, alone, strict=True):
        assert speech.voice == same.voice
        assert [word for _, _, word in speech.words] == [word for _, _, word in same.words]
        # espeak's flutter goes on from clause to clause, which moves times by some milliseconds.
        assert speech.words[-1][1] == pytest.approx(same.words[-1][1], abs=0.03)


async def test_a_caller_that_leaves_frees_its_worker() -> None:
    engine = EspeakEngine(TtsSettings(workers=1))
    await engine.start()
    task = asyncio.create_task(engine.speak(SpeechRequest(text="word " * 1000)))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await engine.speak(SpeechRequest(text="Hello."))).words[0][2] == "Hello"
    await engine.stop()


def test_mouths_know_every_sound_of_every_language(shared: Path) -> None:
    """Each mnemonic in espeak's tables folds to one whose openness the lip-sync meter knows, or to none."""
    names: dict[str, object] = {}
    source = (shared / "tools" / "syncmeter.py").read_text()
    table = source[source.index("OPEN = {") : source.index("def openness_of")]
    exec(table, names)
    known = names["OPEN"]
    assert isinstance(known, dict)
    data = data_folder()
    assert data is not None
    for mnemonic in _sounds(data / "phontab"):
        sound = fold(mnemonic)
        assert sound is None or sound[:2] in known or sound[:1] in known, mnemonic


def _sounds(phontab: Path) -> set[str]:
    """Mnemonics of vowels and consonants (types 2 to 8 of espeak-ng's phoneme.h) in the compiled phoneme tables."""
    data = phontab.read_bytes()
    sounds: set[str] = set()
    offset = 4
    for _ in range(data[0]):
        count, offset = data[offset], offset + 36
        for _ in range(count):
            mnemonic, _, _, _, kind = struct.unpack_from("<4sIHBB", data, offset)
            offset += 16
            name = mnemonic.split(b"\0")[0].decode("latin-1")
            if 2 <= kind <= 8 and name and name.isascii():
                sounds.add(name)
    return sounds


def test_timeline_of_odd_events() -> None:
    assert phonemes([], 10, 10) == [(0.0, 1.0, SILENCE)]
    events = [PhonemeEvent(2, "'aI"), PhonemeEvent(2, "_:"), PhonemeEvent(5, "(en)"), PhonemeEvent(6, "m"), PhonemeEvent(99, "_")]
    assert phonemes(events, 10, 10) == [(0.0, 0.6, SILENCE), (0.6, 1.0, "m")]
