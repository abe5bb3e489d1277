"""Languages by tag and by name."""

from __future__ import annotations

import pytest

from comps.asr.language import language_code
from comps.cores.errors import BadInput
from comps.cores.text.languages import english_name, language_named, tag_of


@pytest.mark.parametrize(
    ("wanted", "tag"),
    [
        ("de", "de"),
        ("DE-de", "de-de"),
        ("deu", "de"),
        ("ger", "de"),
        ("pt_BR", "pt-br"),
        ("zh-Hant-TW", "zh-hant-tw"),
        ("cmn-Hans-CN", "zh-hans-cn"),
        ("zh-cmn-Hans", "zh-hans"),
        ("zh-yue-HK", "yue-hk"),
        ("iw", "he"),
        ("de_DE.UTF-8", "de-de"),
        ("German", "de"),
        ("deutsch", "de"),
        ("ESPAÑOL", "es"),
        ("espanol", "es"),
        ("日本語", "ja"),
        ("普通话", "zh"),
        ("Mandarin", "zh"),
        ("Farsi", "fa"),
        ("हिन्दी", "hi"),
        ("Brazilian Portuguese", "pt-br"),
        ("british english", "en-gb"),
        ("Klingon", "tlh"),
        ("Sumerian", "sux"),
        ("xx", None),
        ("nova", None),
        ("", None),
        ("-", None),
        ("en-us+linda", None),
    ],
)
def test_a_tag_or_a_name_is_a_language(wanted: str, tag: str | None) -> None:
    assert language_named(wanted) == tag


def test_a_tag_is_told_by_its_english_name() -> None:
    names = [english_name(tag) for tag in ("de-at", "de-1901", "sux", "qqq")]
    assert names == ["Austrian German", "German", "Sumerian", "qqq"]
    assert tag_of("german") is None


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        (None, None),
        ("auto", None),
        ("english", "en"),
        ("EN-us", "en"),
        ("norwegian", "no"),
        ("français", "fr"),
        ("zho", "zh"),
        ("qqq", "qqq"),
    ],
)
def test_the_recogniser_takes_codes_and_names(wanted: str | None, code: str | None) -> None:
    assert language_code(wanted) == code


@pytest.mark.parametrize("wanted", ["gibberish words", "12", "e", "Dothraki"])
def test_what_is_no_language_is_bad_input(wanted: str) -> None:
    with pytest.raises(BadInput) as caught:
        language_code(wanted)
    assert caught.value.extra["field"] == "language"
