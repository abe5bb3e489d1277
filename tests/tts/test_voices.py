"""Which voice a name or a description means."""

from __future__ import annotations

import pytest

from comps.cores.common.settings import TtsSettings
from comps.cores.errors import UnknownVoice
from comps.tts.engines.espeak import EspeakEngine
from comps.tts.engines.espeak_voices import VARIANTS, data_folder, languages, variant_files
from comps.tts.traits import is_description, traits_of

pytestmark = pytest.mark.anyio

_PEOPLE = ("child", "young", "adult", "middle", "old")


@pytest.mark.parametrize(
    ("wanted", "voice"),
    [
        ("default", "en-us+linda"),
        ("", "en-us+linda"),
        ("male", "en-us+m3"),
        ("female", "en-us+f3"),
        ("Nova", "en-us+linda"),
        ("onyx", "en-us+david"),
        ("fable", "en-gb-x-rp+rob"),
        ("linda", "en-us+linda"),
        ("en-US+Linda", "en-us+linda"),
        ("en_GB+f2", "en-gb+f2"),
        ("en", "en-gb+m3"),
        ("fr", "fr-fr+m3"),
        ("zh+f3", "cmn+f3"),
        ("de+klatt4", "de+klatt4"),
        ("boy", "en-us+boy"),
    ],
)
async def test_a_name_is_taken_at_its_word(engine: EspeakEngine, wanted: str, voice: str) -> None:
    assert await engine.choose_voice(wanted) == voice


@pytest.mark.parametrize(
    "wanted", ["xx-yy+nope", "en-us+nope", "en-us+", "+linda", "nova2", "12345", "qwrtz", "../../etc/passwd"]
)
async def test_an_unknown_name_is_refused_with_some_that_there_are(engine: EspeakEngine, wanted: str) -> None:
    with pytest.raises(UnknownVoice) as caught:
        await engine.choose_voice(wanted)
    assert caught.value.extra["field"] == "voice"
    assert "en-us+" in caught.value.detail


async def test_every_listed_voice_can_be_asked_for(engine: EspeakEngine) -> None:
    voices = engine.voices()
    assert len(voices) > 200
    assert len({voice.name for voice in voices}) == len(voices)
    for voice in voices:
        assert await engine.choose_voice(voice.name) == voice.name
    pitches = {voice.name: voice.pitch_hz for voice in voices if voice.language == "en-us"}
    assert pitches["en-us+anika"] > pitches["en-us+linda"] > pitches["en-us+m3"] > pitches["en-us+david"]  # type: ignore[operator]


def test_the_catalogue_speaks_of_what_espeak_has() -> None:
    data = data_folder()
    assert data is not None
    assert {variant.file.casefold() for variant in VARIANTS.values()} <= variant_files(data).keys()
    assert {"en-us", "en-gb", "en-gb-scotland", "en-029", "en-gb-x-rp", "en-us-nyc", "en-gb-x-gbclan"} <= languages(data).keys()


def test_a_default_voice_that_is_none_is_refused_at_start() -> None:
    with pytest.raises(ValueError, match="xx"):
        EspeakEngine(TtsSettings(voice="xx"))


#: description, genders that fit, ages that fit (empty: any), accent or language
_FRESH = [
    ("A retired postman from Leeds who tells long-winded stories about his dog", ("male",), ("old", "middle"), "en-"),
    ("My nephew Tim, four years old and missing his front teeth", ("male",), ("child", "young"), "en-us"),
    ("A soft-spoken Jamaican nurse in her thirties", ("female",), ("adult", "young"), "en-029"),
    ("The wicked queen who rules the frozen north", ("female",), ("adult", "middle", "young"), "en-us"),
    ("A grumpy taxi driver from Brooklyn, fifty years old, chewing on his cigar", ("male",), ("middle", "adult"), "en-us-nyc"),
    ("Helpful ship computer of a deep space freighter", ("none",), (), "en-us"),
    ("A shy schoolgirl who loves dinosaurs", ("female",), ("child", "young"), "en-us"),
    ("The village elder, a wrinkled woman who knows every herb", ("female",), ("old",), "en-us"),
    ("A bubbly college student and part-time barista; she never stops talking", ("female",), ("young",), "en-us"),
    ("An Edinburgh lawyer, sharp and dry, a man in his forties", ("male",), ("middle", "adult"), "en-gb-scotland"),
    ("A Roman general addressing his legions", ("male",), ("adult", "middle"), "en-us"),
    ("The butler of a large country house, discreet and formal", ("male",), ("adult", "middle", "old"), "en-gb-x-rp"),
    ("A grandmother who speaks German and bakes plum cake", ("female",), ("old",), "de"),
    ("A skateboarding teenager called Jake, he is always out of breath", ("male",), ("young",), "en-us"),
    ("A foul-tempered ogre living under a bridge", ("male",), (), "en-us"),
]


def _fits(voice: str, genders: tuple[str, ...], ages: tuple[str, ...], accent: str) -> bool:
    language, _, name = voice.partition("+")
    variant = VARIANTS[name.casefold()]
    aged = not ages or variant.age in ages or variant.age not in _PEOPLE
    return variant.gender in genders and aged and language.startswith(accent)


async def test_a_description_gets_a_voice_of_its_gender_age_and_accent(engine: EspeakEngine) -> None:
    chosen = [(description, await engine.choose_voice(description)) for description, *_ in _FRESH]
    wrong = [
        (description, voice)
        for (description, voice), (_, genders, ages, accent) in zip(chosen, _FRESH, strict=True)
        if not _fits(voice, genders, ages, accent)
    ]
    assert len(wrong) <= 3, wrong


@pytest.mark.parametrize(
    ("text", "gender", "age"),
    [
        ("a woman", "female", None),
        ("the king's daughter", "female", None),
        ("a human from Germany", None, None),
        ("a sailor, and she knows the sea", "female", None),
        ("a man who loves his mother and his sisters", "male", None),
        ("a six-year-old", None, "child"),
        ("a 72 year old man", "male", "old"),
        ("a woman in her late twenties", "female", "young"),
        ("a thirty-five year old teacher", None, "adult"),
        ("a collector of old books, young at heart", None, None),
    ],
)
def test_gender_and_age_are_read_from_the_words(text: str, gender: str | None, age: str | None) -> None:
    traits = traits_of(text)
    assert (traits.gender, traits.age) == (gender, age)


@pytest.mark.parametrize(
    ("text", "described"), [("an old sailor", True), ("grandmother", True), ("robot", True), ("nova2", False)]
)
def test_what_counts_as_a_description(text: str, described: bool) -> None:
    assert is_description(text) is described
