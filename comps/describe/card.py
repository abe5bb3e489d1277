"""From observations to a persona in which every field says where it comes from.

What a camera and a microphone cannot know stays blank: name, character, past. Nothing is said of who someone is, of years
lived, of origin, of sex.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from comps.cores.proto.avatar import Persona, Provenance
from comps.describe.appearance import Appearance
from comps.describe.motion import Motion
from comps.describe.register import Register

#: Natural hair colours; of any other it cannot be told whether it is hair.
_NATURAL = frozenset({"black", "dark brown", "brown", "light brown", "auburn", "blond", "grey", "light grey", "white"})
_HEAD = {"still": "The head is held still", "calm": "The head moves a little", "lively": "The head moves a lot"}
#: How a voice is spoken of by register, and whether its pitch moves much: words that a voice can be found by.
_VOICES = {
    "low": ("a low calm voice", "a low lively voice"),
    "mid": ("a clear calm voice", "a clear lively voice"),
    "high": ("a high calm voice", "a high playful voice"),
}


@dataclass(frozen=True)
class Observations:
    """All that was seen and heard. ``voice`` is None without speech."""

    looks: Appearance
    motion: Motion
    voice: Register | None

    def document(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "looks": asdict(self.looks),
            "motion": {**asdict(self.motion), "speed": round(self.motion.speed, 3)},
            "voice": asdict(self.voice) if self.voice else None,
        }


def write_card(seen: Observations) -> Persona:
    """The persona that ``seen`` allows."""
    physical = describe_looks(seen)
    voice = describe_voice(seen.voice)
    provenance = dict.fromkeys((name for name in Persona.model_fields if name not in ("id", "provenance")), Provenance.BLANK)
    provenance["physicalDescription"] = Provenance.SEEN
    provenance["system_prompt"] = Provenance.INVENTED
    if voice:
        provenance["voice"] = Provenance.HEARD
    return Persona(physicalDescription=physical, voice=voice, system_prompt=_system_prompt(physical), provenance=provenance)


def describe_looks(seen: Observations) -> str:
    """Sentences about what can be seen."""
    looks = seen.looks
    parts = [_hair(looks.hair)] if looks.hair else []
    parts += [f"{' and '.join(looks.clothing)} clothing"] if looks.clothing else []
    face = f"A face with {' and '.join(parts)}" if parts else "A face"
    return " ".join([f"{face}, seen {looks.framing}{_background(looks.background)}.", *_moves(seen.motion)])


def describe_voice(voice: Register | None) -> str:
    """A description that a voice can be chosen by; empty without speech."""
    if voice is None:
        return ""
    return _VOICES[voice.level][voice.expressive]


def _hair(colour: str) -> str:
    if colour == "dark grey":
        # What black hair with light on it looks like.
        return "dark hair"
    return f"{colour} hair" if colour in _NATURAL else f"{colour} hair or headwear"


def _background(colours: list[str]) -> str:
    return f" in front of {_article(colours[0])} {' and '.join(colours)} background" if colours else ""


def _article(word: str) -> str:
    return "an" if word[0] in "aeiou" else "a"


def _moves(motion: Motion) -> list[str]:
    if not motion.head:
        return []
    mouth = "the mouth moves as in speech" if motion.mouth_moves else "the mouth stays at rest"
    return [f"{_HEAD[motion.head]}; {mouth}."]


def _system_prompt(physical: str) -> str:
    return (
        "You are the character in a picture that someone has brought, and you speak with them in the first person, "
        "kindly and in two or three short sentences. "
        f"What can be seen of you: {physical} "
        "This card was drafted by a program that looked at the picture; all else about you is still unwritten: "
        "your name, your past, your tastes. Asked about such things, say lightly that nobody has written them yet. "
        "Never claim to be a real person."
    )
