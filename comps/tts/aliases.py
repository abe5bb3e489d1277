"""Names of voices that clients of other services send: OPEA's two, and OpenAI's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from comps.tts.character import Age, Character, Gender


@dataclass(frozen=True)
class Alias:
    """Somebody like ``character``; ``language``: in this accent, or else in the language of what is said."""

    character: Character
    language: str | None = None


def _alias(gender: Gender, age: Age, pitch_hz: float, language: str | None = None) -> Alias:
    return Alias(Character("", gender, age, pitch_hz, ""), language)


#: OpenAI's voices by what they sound like.
ALIASES: Mapping[str, Alias] = {
    "male": _alias("male", "adult", 101),
    "female": _alias("female", "adult", 200),
    "alloy": _alias("female", "adult", 200),
    "ash": _alias("male", "adult", 93),
    "ballad": _alias("male", "young", 107),
    "cedar": _alias("male", "adult", 83),
    "coral": _alias("female", "young", 225),
    "echo": _alias("male", "adult", 101),
    "fable": _alias("male", "young", 107, "en-gb-x-rp"),
    "marin": _alias("female", "adult", 188),
    "nova": _alias("female", "young", 225),
    "onyx": _alias("male", "adult", 73),
    "sage": _alias("female", "adult", 188),
    "shimmer": _alias("female", "young", 232),
    "verse": _alias("male", "middle", 91),
}
