"""How a text is read aloud: from what people and language models write to words that any voice can speak."""

from __future__ import annotations

from comps.cores.errors import BadInput
from comps.cores.text.words import has_words
from comps.tts.reading.reading import Reading
from comps.tts.reading.traced import Traced

__all__ = ["Reading", "read_aloud"]


def read_aloud(text: str, language: str) -> Reading:
    """``text`` as people read it in ``language`` (a BCP-47 tag or an espeak name, as "en", "en-gb", "de", "cmn").

    ``reading.spoken`` is what a voice gets; ``reading.original_words`` turns the words that it timed back into the written ones.
    The spoken text may be several times longer than ``text``. Raises BadInput (field ``text``) when nothing can be spoken.
    """
    traced = Traced.of(text)
    if not has_words(traced.text):
        raise BadInput("text: holds nothing that can be spoken", field="text")
    return Reading.of(traced, text)
