"""How a text is read aloud: from what people and language models write to words that any voice can speak."""

from __future__ import annotations

from comps.cores.errors import NothingToSpeak
from comps.cores.text.words import has_words
from comps.tts.reading import chinese, english, french, german, spanish
from comps.tts.reading.addresses import with_addresses_read
from comps.tts.reading.characters import normalised, without_emoticons, without_pictures
from comps.tts.reading.european import European
from comps.tts.reading.markup import without_markup
from comps.tts.reading.phrases import phrases
from comps.tts.reading.reading import Reading
from comps.tts.reading.traced import Traced

__all__ = ["Reading", "read_aloud"]

_READERS: dict[str, European] = {"de": german.READER, "fr": french.READER, "es": spanish.READER}
#: Names of languages that mean one whose rules we have.
_SAME = {"cmn": "zh", "yue": "zh"}
_CHINESE_PUNCTUATION = frozenset({"zh", "ja"})


def read_aloud(text: str, language: str) -> Reading:
    """``text`` as people read it in ``language`` (a BCP-47 tag or an espeak name, as "en", "en-gb", "de", "cmn").

    ``reading.spoken`` is what a voice gets; ``reading.original_words`` turns the words that it timed back into the written ones.
    The spoken text may be several times longer than ``text``. Raises NothingToSpeak when nothing can be spoken.
    """
    tag = language.lower().replace("_", "-")
    base = tag.split("-")[0]
    base = _SAME.get(base, base)
    words = phrases(base)
    traced = without_emoticons(Traced.of(text))
    traced = without_markup(traced, words)
    traced = normalised(traced, keeps_wide_punctuation=base in _CHINESE_PUNCTUATION)
    traced = without_pictures(traced)
    traced = with_addresses_read(traced, words)
    if base == "en":
        traced = english.read(traced, american=tag not in ("en-gb", "en-au", "en-nz", "en-ie", "en-in", "en-za"))
    elif base == "zh":
        traced = chinese.read(traced, traditional=tag.endswith(("-tw", "-hk", "-hant")) or "-hant-" in tag or tag == "yue")
    elif base in _READERS:
        traced = _READERS[base].read(traced)
    traced = traced.stripped()
    if not has_words(traced.text):
        raise NothingToSpeak("text: holds nothing that can be spoken", field="text")
    return Reading.of(traced, text)
