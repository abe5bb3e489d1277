"""Which voice a name, a language or a description means."""

from __future__ import annotations

import pytest

from comps.cores.common.settings import TtsSettings
from comps.cores.errors import UnknownVoice
from comps.tts.engine import ENGINES
from comps.tts.engines.espeak import EspeakEngine
from comps.tts.engines.espeak_voices import VARIANTS, data_folder, languages, variant_files
from comps.tts.ensemble import Ensemble
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
        ("zh+f3", "cmn+f3"),
        ("de+klatt4", "de+klatt4"),
        ("boy", "en-us+boy"),
    ],
)
async def test_a_name_is_taken_at_its_word(ensemble: Ensemble, wanted: str, voice: str) -> None:
    assert await ensemble.choose_voice(wanted) == voice


#: What is asked for, and the language of the voice that is meant; its gender, where it is asked for too.
_LANGUAGES = [
    ("German", "de", ""),
    ("german", "de", ""),
    ("Deutsch", "de", ""),
    ("de", "de", ""),
    ("de-DE", "de", ""),
    ("DE_at", "de", ""),
    ("de-Latn-DE-1996", "de", ""),
    ("deu", "de", ""),
    ("German voice", "de", ""),
    ("a German woman", "de", "female"),
    ("a German man", "de", "male"),
    ("a German speaker", "de", ""),
    ("German-speaking lady", "de", "female"),
    ("an old woman from Germany", "de", "female"),
    ("an Austrian gentleman", "de", ""),
    ("eine deutsche Stimme", "de", ""),
    ("Chinese", "cmn", ""),
    ("zh", "cmn", ""),
    ("zh-CN", "cmn", ""),
    ("zh-Hans", "cmn", ""),
    ("zh-Hant-TW", "cmn", ""),
    ("cmn-Hans-CN", "cmn", ""),
    ("中文", "cmn", ""),
    ("普通话", "cmn", ""),
    ("Mandarin", "cmn", ""),
    ("Mandarin voice", "cmn", ""),
    ("a Chinese woman", "cmn", "female"),
    ("a woman speaking Chinese", "cmn", "female"),
    ("Cantonese", "yue", ""),
    ("zh-HK", "yue", ""),
    ("yue-Hant-HK", "yue", ""),
    ("広東語の女性、日本語", "ja", ""),
    ("Hindi", "hi", ""),
    ("hi-IN", "hi", ""),
    ("हिन्दी", "hi", ""),
    ("speaks Hindi", "hi", ""),
    ("an old man who speaks Hindi", "hi", "male"),
    ("French", "fr-fr", ""),
    ("français", "fr-fr", ""),
    ("fr", "fr-fr", ""),
    ("fr-FR", "fr-fr", ""),
    ("fr-CA", "fr-fr", ""),
    ("fr-BE", "fr-be", ""),
    ("a Frenchman", "fr-fr", "male"),
    ("une voix française", "fr-fr", ""),
    ("a woman with a French accent", "fr-fr", "female"),
    ("Spanish", "es", ""),
    ("español", "es", ""),
    ("espanol", "es", ""),
    ("Castilian", "es", ""),
    ("es-MX", "es-419", ""),
    ("es_419", "es-419", ""),
    ("Spanish lady", "es", "female"),
    ("a Mexican man", "es-419", "male"),
    ("pt-BR", "pt-br", ""),
    ("pt", "pt", ""),
    ("Brazilian Portuguese", "pt-br", ""),
    ("a Brazilian girl", "pt-br", "female"),
    ("日本語", "ja", ""),
    ("ja-JP", "ja", ""),
    ("a Japanese businessman", "ja", "male"),
    ("한국어", "ko", ""),
    ("العربية", "ar", ""),
    ("an Egyptian woman", "ar", "female"),
    ("עברית", "he", ""),
    ("iw", "he", ""),
    ("русский", "ru", ""),
    ("a Russian spy, a man", "ru", "male"),
    ("Українська", "uk", ""),
    ("Ελληνικά", "el", ""),
    ("Türkçe", "tr", ""),
    ("Tiếng Việt", "vi", ""),
    ("ไทย", "th", ""),
    ("Farsi", "fa", ""),
    ("Norwegian", "nb", ""),
    ("nn-NO", "nb", ""),
    ("sr-Latn-RS", "sr", ""),
    ("Polish", "pl", ""),
    ("a polish woman", "pl", "female"),
    ("Latin", "la", ""),
    ("Welsh", "cy", ""),
    ("Klingon", "piqd", ""),
    ("English", "en-us", ""),
    ("en", "en-us", ""),
    ("en-US", "en-us", ""),
    ("en-GB", "en-gb", ""),
    ("British English", "en-gb", ""),
    ("an English voice", "en-us", ""),
    ("an English woman", "en-gb", "female"),
    ("a German man with an English accent", "en-gb", "male"),
    ("a German woman who speaks English", "en-us", "female"),
    ("an Irish lady", "en-gb", "female"),
    ("a Scottish woman", "en-gb-scotland", "female"),
    ("a Scottish woman who speaks Gaelic", "gd", "female"),
    ("a man from New York", "en-us-nyc", "male"),
    ("an old sailor", "en-us", "male"),
    ("a Roman general addressing his legions", "en-us", "male"),
    ("a Latin dancer, a cheerful woman", "en-us", "female"),
]


@pytest.mark.parametrize(("wanted", "language", "gender"), _LANGUAGES)
async def test_a_language_is_asked_for_by_tag_by_name_and_in_a_description(
    ensemble: Ensemble, wanted: str, language: str, gender: str
) -> None:
    code, _, variant = (await ensemble.choose_voice(wanted)).partition("+")
    assert code == language
    assert gender in ("", VARIANTS[variant.casefold()].gender)


@pytest.mark.parametrize("wanted", ["German", "zh-CN", "speaks Hindi", "日本語"])
async def test_a_language_alone_keeps_the_speaker(ensemble: Ensemble, wanted: str) -> None:
    assert (await ensemble.choose_voice(wanted)).endswith("+linda")


@pytest.mark.parametrize(
    "wanted",
    [
        "Sumerian",
        "sux",
        "bo-CN",
        "a voice in Sumerian",
        "a Tibetan woman",
        "a man speaking Yoruba",
        "Zulu voice",
        "a Sumerian priest",
        "Galician",
        "galego",
        "tl-PH",
        "a voice in Dothraki",
        "a woman who speaks Dothraki",
    ],
)
async def test_a_language_that_there_is_not_is_refused(ensemble: Ensemble, wanted: str) -> None:
    with pytest.raises(UnknownVoice, match="speaks") as caught:
        await ensemble.choose_voice(wanted)
    assert caught.value.extra["field"] == "voice"


@pytest.mark.parametrize(
    "wanted", ["xx-yy+nope", "en-us+nope", "en-us+", "+linda", "nova2", "12345", "qwrtz", "../../etc/passwd"]
)
async def test_an_unknown_name_is_refused_with_some_that_there_are(ensemble: Ensemble, wanted: str) -> None:
    with pytest.raises(UnknownVoice) as caught:
        await ensemble.choose_voice(wanted)
    assert caught.value.extra["field"] == "voice"
    assert "en-us+" in caught.value.detail
    assert '"German"' in caught.value.detail


async def test_every_listed_voice_can_be_asked_for(engine: EspeakEngine, ensemble: Ensemble) -> None:
    voices = ensemble.voices()
    assert len(voices) > 200
    assert len({voice.name for voice in voices}) == len(voices)
    for voice in voices:
        assert await ensemble.choose_voice(voice.name) == voice.name
        assert engine.named(voice.name) == voice
    pitches = {voice.name: voice.pitch_hz for voice in voices if voice.language == "en-us"}
    assert pitches["en-us+anika"] > pitches["en-us+linda"] > pitches["en-us+m3"] > pitches["en-us+david"]  # type: ignore[operator]


def test_the_catalogue_speaks_of_what_espeak_has() -> None:
    data = data_folder()
    assert data is not None
    assert {variant.file.casefold() for variant in VARIANTS.values()} <= variant_files(data).keys()
    assert {"en-us", "en-gb", "en-gb-scotland", "en-029", "en-gb-x-rp", "en-us-nyc", "en-gb-x-gbclan"} <= languages(data).keys()


async def test_a_default_voice_that_is_none_is_refused_at_start() -> None:
    settings = TtsSettings(voice="xx")
    with pytest.raises(ValueError, match="xx"):
        Ensemble(ENGINES.create_all("espeak", settings), settings)


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


async def test_a_description_gets_a_voice_of_its_gender_age_and_accent(ensemble: Ensemble) -> None:
    chosen = [(description, await ensemble.choose_voice(description)) for description, *_ in _FRESH]
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
    ("text", "described"),
    [
        ("an old sailor", True),
        ("a woman", True),
        ("a robot", True),
        ("grandmother", True),
        ("robot", True),
        ("nova2", False),
        ("x 1", False),
    ],
)
def test_what_counts_as_a_description(text: str, described: bool) -> None:
    assert is_description(text) is described
