"""Several engines as one: which of them speaks a clause, and with whose voice."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import pytest

from AvatarChatbot import doctor
from comps.cores.common.component import EngineRegistry
from comps.cores.common.settings import TtsSettings
from comps.cores.errors import BadInput, NodeError, NodeUnavailable, UnknownVoice
from comps.cores.proto.avatar import Speech, SpeechRequest, Voice
from comps.tts import engine as engines
from comps.tts.character import Character
from comps.tts.engine import TtsEngine
from comps.tts.ensemble import Ensemble

pytestmark = pytest.mark.anyio

_PEOPLE = (
    Character("Heart", "female", "adult", 200, "a woman with a clear warm voice"),
    Character("Atlas", "male", "adult", 110, "a man with a calm voice"),
)


class EnglishEngine:
    """Speaks American English alone, and better than others. It says what it was asked for as its only word."""

    name = "english"
    fault: Exception | None = None
    can_run = True

    def __init__(self, settings: TtsSettings) -> None:
        self.is_started = False

    @classmethod
    def unavailable(cls, settings: TtsSettings) -> str | None:
        return None if cls.can_run else "its model was not prepared"

    async def start(self) -> None:
        if self.fault is not None:
            raise self.fault
        self.is_started = True

    async def stop(self) -> None:
        self.is_started = False

    async def ready(self) -> None:
        if not self.is_started:
            raise NodeUnavailable("is not started", node="tts")

    def voices(self) -> list[Voice]:
        return [Voice(name=who.name, language="en-us", gender=who.gender, age=who.age, pitch_hz=who.pitch_hz) for who in _PEOPLE]

    def languages(self) -> Collection[str]:
        return {"en"}

    def named(self, wanted: str) -> Voice | None:
        name = "heart" if wanted.casefold() == "default" else wanted.casefold()
        return next((voice for voice in self.voices() if voice.name.casefold() == name), None)

    def characters(self, language: str) -> Sequence[Character]:
        return _PEOPLE if language in ("en", "en-us") else ()

    async def speak(self, request: SpeechRequest) -> Speech:
        return Speech(pcm=b"\0\0", sample_rate=24000, words=[(0, 1, request.text)], voice=request.voice, engine=self.name)


class FailingEngine(EnglishEngine):
    async def speak(self, request: SpeechRequest) -> Speech:
        raise NodeError("could not speak", node="tts")


def _registry(kind: type[EnglishEngine] = EnglishEngine) -> EngineRegistry[TtsEngine]:
    target = f"{__name__}:{kind.__name__}"
    return EngineRegistry("tts", {"english": target, "espeak": "comps.tts.engines.espeak:EspeakEngine"}, together=True)


def _ensemble(engine: str = "auto", kind: type[EnglishEngine] = EnglishEngine, voice: str = "") -> Ensemble:
    settings = TtsSettings(engine=engine, voice=voice)
    return Ensemble(_registry(kind).create_all(engine, settings), settings)


@pytest.fixture(scope="module")
async def both(anyio_backend: str) -> Iterator[Ensemble]:
    ensemble = _ensemble()
    await ensemble.start()
    yield ensemble
    await ensemble.stop()


async def _speaks(ensemble: Ensemble, text: str, voice: str = "default", language: str | None = None) -> tuple[str, str]:
    speech = await ensemble.speak(SpeechRequest(text=text, voice=voice, language=language))
    return speech.engine, speech.voice


#: What is asked for, a clause, who speaks it.
_CLAUSES = [
    # Nothing asked for: the best voice of the clause's language, a woman like the default one.
    ("default", "Hello there.", "Heart"),
    ("", "The word 你好 means hello.", "Heart"),
    ("default", "你好，我叫小明。今天天气很好，我们去公园吧。", "cmn+f3"),
    ("default", "مرحبا، اسمي أحمد. كيف حالك اليوم؟", "ar+f3"),
    ("default", "สวัสดีครับ ผมชื่อสมชาย", "th+f3"),
    ("default", "שלום, מה שלומך?", "he+f3"),
    ("default", "こんにちは、げんきですか。", "ja+f3"),
    ("default", "Привет, как дела?", "ru+f3"),
    ("default", "Γεια σου, τι κάνεις;", "el+f3"),
    ("default", "안녕하세요.", "ko+f3"),
    ("default", "Guten Tag, wie geht es Ihnen?", "de+f3"),
    ("default", "Hola, ¿cómo estás?", "es+f3"),
    ("default", "Bonjour, comment allez-vous ?", "fr-fr+f3"),
    ("default", "She said bonjour to the waiter.", "Heart"),
    # A client's name for a voice says who speaks, not in which language.
    ("male", "Hello there.", "Atlas"),
    ("male", "Guten Tag, wie geht es Ihnen?", "de+m3"),
    ("alloy", "你好，我叫小明。", "cmn+f3"),
    # So does a description without a language.
    ("an old man", "Guten Tag, wie geht es Ihnen?", "de+grandpa"),
    # What was asked for stays, whatever is said …
    ("Atlas", "Guten Tag, wie geht es Ihnen?", "Atlas"),
    ("en-us+paul", "Guten Tag, wie geht es Ihnen?", "en-us+paul"),
    ("German", "Hello there.", "de+f3"),
    ("a German man", "Hello, how are you?", "de+"),
    ("zh-CN", "Hello, how are you?", "cmn+f3"),
    ("en-GB", "Hello there.", "en-gb+f3"),
    ("Russian", "Я не знаю.", "ru+f3"),
    # … but what its language cannot read is spoken by somebody alike rather than as names of letters.
    ("Atlas", "你好，我叫小明。", "cmn+m3"),
    ("en-us+linda", "Привет, как дела?", "ru+linda"),
    ("German", "你好，我叫小明。", "cmn+f3"),
    ("cmn+f2", "こんにちは、げんきですか。", "ja+f2"),
    # The best engine is taken where it has somebody like that.
    ("English", "Hello there.", "Heart"),
    ("en-US", "Hello there.", "Heart"),
    ("a man with a calm voice", "Hello there.", "Atlas"),
    ("a robot", "Hello there.", "en-us+UniRobot"),
    ("a little girl", "Hello there.", "en-us+anika"),
    ("a Scottish man", "Hello there.", "en-gb-scotland+"),
    ("nova", "Hello there.", "Heart"),
]


@pytest.mark.parametrize(("voice", "text", "speaker"), _CLAUSES)
async def test_a_clause_is_spoken_by_the_voice_that_it_needs(both: Ensemble, voice: str, text: str, speaker: str) -> None:
    engine, name = await _speaks(both, text, voice)
    assert name.startswith(speaker)
    assert engine == ("english" if name in ("Heart", "Atlas") else "espeak")


@pytest.mark.parametrize(
    ("language", "text", "speaker"),
    [
        ("de", "Paris.", "de+f3"),
        ("German", "OK.", "de+f3"),
        ("de-AT", "Angela Merkel.", "de+f3"),
        ("pt-BR", "Sim.", "pt-br+f3"),
        ("ja", "東京。", "ja+f3"),
        ("de", "How are you today?", "Heart"),
        ("bo", "Paris.", "Heart"),
        ("no language", "Paris.", "Heart"),
        ("", "Paris.", "Heart"),
    ],
)
async def test_a_short_clause_is_in_the_language_so_far(both: Ensemble, language: str, text: str, speaker: str) -> None:
    assert (await _speaks(both, text, language=language))[1] == speaker


async def test_what_no_voice_can_read_is_bad_input(both: Ensemble) -> None:
    with pytest.raises(BadInput, match="Lao") as caught:
        await both.speak(SpeechRequest(text="ສະບາຍດີ"))
    assert caught.value.extra["field"] == "text"


async def test_words_are_those_that_were_written(both: Ensemble) -> None:
    speech = await both.speak(SpeechRequest(text="**Wir** haben 3 Katzen.", voice="de"))
    assert [word for _, _, word in speech.words] == ["Wir", "haben", "3", "Katzen"]


async def test_the_voices_of_all_engines_are_listed_best_first(both: Ensemble) -> None:
    names = [voice.name for voice in both.voices()]
    assert names[:2] == ["Heart", "Atlas"]
    assert len(names) == len(set(names)) > 200
    assert await both.choose_voice("heart") == "Heart"


async def test_a_named_engine_runs_alone() -> None:
    alone = _ensemble("english")
    await alone.start()
    assert [voice.name for voice in alone.voices()] == ["Heart", "Atlas"]
    assert (await _speaks(alone, "Guten Tag, wie geht es Ihnen?"))[1] == "Heart"
    with pytest.raises(BadInput, match="no voice here speaks Chinese"):
        await alone.speak(SpeechRequest(text="你好，我叫小明。"))
    with pytest.raises(UnknownVoice, match="none speaks German"):
        await alone.speak(SpeechRequest(text="Hello.", voice="German"))
    await alone.stop()


async def test_an_engine_that_cannot_run_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EnglishEngine, "can_run", False)
    assert [engine.name for engine in _registry().create_all("auto", TtsSettings())] == ["espeak"]
    assert _registry().choose("auto", TtsSettings()).passed_over == {"english": "its model was not prepared"}
    with pytest.raises(NodeUnavailable, match="not prepared"):
        _registry().choose("english", TtsSettings())


@pytest.mark.parametrize("voice", ["", "Heart"])
async def test_an_engine_that_does_not_start_is_passed_over_with_its_voices(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, voice: str
) -> None:
    monkeypatch.setattr(EnglishEngine, "fault", NodeUnavailable("a worker process ended as it started", node="tts"))
    ensemble = _ensemble(voice=voice)
    await ensemble.start()
    assert "english cannot start" in caplog.text
    await ensemble.ready()
    assert (await _speaks(ensemble, "Hello there."))[0] == "espeak"
    with pytest.raises(UnknownVoice):
        await ensemble.choose_voice("Atlas")
    await ensemble.stop()


async def test_a_service_without_any_engine_that_starts_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EnglishEngine, "fault", NodeUnavailable("a worker process ended as it started", node="tts"))
    with pytest.raises(NodeUnavailable, match="ended as it started"):
        await _ensemble("english").start()


async def test_a_failure_is_an_error_and_no_other_voice() -> None:
    ensemble = _ensemble(kind=FailingEngine)
    await ensemble.start()
    with pytest.raises(NodeError, match="could not speak"):
        await ensemble.speak(SpeechRequest(text="Hello there."))
    assert (await _speaks(ensemble, "你好，我叫小明。"))[0] == "espeak"
    await ensemble.stop()


@pytest.mark.parametrize(
    ("default", "text", "speaker"),
    [
        ("atlas", "Hello there.", "Atlas"),
        ("atlas", "Guten Tag, wie geht es Ihnen?", "de+m3"),
        ("en-gb+f2", "Hello there.", "en-gb+f2"),
        ("de+f2", "OK.", "de+f2"),
        ("de+f2", "Hello, how are you?", "Heart"),
        ("de+f2", "Wie geht es dir?", "de+f2"),
    ],
)
async def test_the_default_voice_is_a_setting(default: str, text: str, speaker: str) -> None:
    ensemble = _ensemble(voice=default)
    await ensemble.start()
    assert (await _speaks(ensemble, text))[1] == speaker
    await ensemble.stop()


def test_doctor_shows_all_that_will_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "ENGINES", _registry())
    running = [finding.engine for finding in doctor.examine() if finding.stage == "tts" and finding.chosen]
    assert running == ["english", "espeak"]
