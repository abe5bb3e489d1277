"""What a request asks for as its voice: one by name, somebody alike, or somebody described; in a language, or in the text's."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from comps.cores.errors import UnknownVoice
from comps.cores.proto.avatar import Voice
from comps.cores.text.languages import english_name, language_named
from comps.tts.aliases import ALIASES
from comps.tts.character import Character
from comps.tts.described_language import language_in
from comps.tts.engine import TtsEngine
from comps.tts.spoken_tags import is_spoken
from comps.tts.traits import is_description


@dataclass(frozen=True)
class Named:
    """A voice by its own name."""

    voice: Voice


@dataclass(frozen=True)
class Alike:
    """Somebody like ``person``. ``language``: the tag that was asked for; None: that of the text."""

    person: Character | Voice
    language: str | None


@dataclass(frozen=True)
class Described:
    """Somebody described. ``language`` as for Alike."""

    description: str
    language: str | None


AskedVoice = Named | Alike | Described

#: What a description of nothing but a language is made of, beside its name.
_NO_TRAIT = {
    *("a", "an", "the", "any", "some", "voice", "voices", "speaker", "who", "that", "speaks", "speak", "speaking", "language"),
    *("native", "in", "with", "accent"),
}


def asked_voice(wanted: str, default: Voice, engines: Collection[TtsEngine]) -> AskedVoice:
    """Raises UnknownVoice for what is neither a name, nor a language that is spoken, nor a description."""
    name = " ".join(wanted.split()).casefold()
    spoken = {code for engine in engines for code in engine.languages()}
    if name in ("", "default"):
        return Alike(default, None)
    if (alias := ALIASES.get(name)) is not None:
        return Alike(alias.character, alias.language)
    if (tag := language_named(name)) is not None:
        return Alike(default, _spoken(tag, spoken, engines))
    if (voice := _named(name, engines)) is not None:
        return Named(voice)
    tag = language_in(wanted, spoken)
    if tag is None and not is_description(wanted):
        raise UnknownVoice(_advice("there is none of that name", engines), field="voice")
    if tag is not None:
        _spoken(tag, spoken, engines)
        if _is_language_alone(name):
            return Alike(default, tag)
    return Described(wanted, tag)


def _spoken(tag: str, spoken: Collection[str], engines: Collection[TtsEngine]) -> str:
    if is_spoken(tag, spoken):
        return tag
    raise UnknownVoice(_advice(f"none speaks {english_name(tag)}", engines), field="voice")


def _named(name: str, engines: Iterable[TtsEngine]) -> Voice | None:
    return next((voice for engine in engines if (voice := engine.named(name)) is not None), None)


def _is_language_alone(name: str) -> bool:
    return language_named(" ".join(word for word in name.split() if word not in _NO_TRAIT)) is not None


def _advice(problem: str, engines: Iterable[TtsEngine]) -> str:
    names = [voice.name for engine in engines for voice in engine.voices()[:4]]
    return (
        f'voice: {problem}; name one (e.g. {", ".join(names)}), or a language ("German", "pt-BR"), or describe a speaker '
        '("an old sailor", "a German woman"); all are at /v1/tts/voices'
    )
