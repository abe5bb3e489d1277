"""espeak-ng's voices: any of its languages with any of its variants, written ``en-us+linda``.

The variants below are those that sound like somebody; their pitch is the median fundamental frequency measured
in en-us (benchmarks/speech.py prints it anew).
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from comps.cores.proto.avatar import Voice
from comps.cores.text.languages import tag_of
from comps.tts.character import Character


@dataclass(frozen=True)
class Variant(Character):
    """A speaker. ``espeak``: the variant file it is made of; ``pitch``: espeak's parameter, 0 to 99, 50 for the variant's own."""

    espeak: str = ""
    pitch: int = 50

    @property
    def file(self) -> str:
        return self.espeak or self.name


_VARIANTS = (
    Variant("m3", "male", "adult", 101, "a man with a clear neutral voice"),
    Variant("m1", "male", "middle", 91, "a grown man with a low calm voice"),
    Variant("paul", "male", "adult", 83, "a serious man with a deep warm voice"),
    Variant("david", "male", "adult", 73, "a big strong man with a very deep powerful voice, a warrior or a giant"),
    Variant("announcer", "male", "adult", 65, "a radio or television news announcer with a very deep authoritative voice"),
    Variant("Andy", "male", "adult", 93, "a friendly ordinary man"),
    Variant("AnxiousAndy", "male", "adult", 103, "an anxious nervous man, worried and shaky"),
    Variant("quincy", "male", "middle", 85, "a middle-aged man with a thoughtful low voice, a professor or a doctor"),
    Variant("m8", "male", "middle", 83, "a middle-aged man of fifty with a dark gravelly voice"),
    Variant("grandpa", "male", "old", 109, "an old man, a grandfather with an elderly trembling voice"),
    Variant("croak", "male", "old", 106, "an old person with a hoarse croaking rough voice, a goblin or a frog", kind="hoarse"),
    Variant("Nguyen", "male", "young", 142, "a young man or teenage boy with a light high voice"),
    Variant("rob", "male", "young", 107, "a cheerful young man with a bright energetic voice"),
    Variant("boy", "male", "child", 193, "a little boy, a small child with a high voice", espeak="Nguyen", pitch=85),
    Variant("f3", "female", "adult", 200, "a woman with a clear neutral voice"),
    Variant("f2", "female", "adult", 188, "a calm woman with a soft pleasant voice"),
    Variant("f4", "female", "adult", 174, "a mature confident woman with a lower voice, a leader"),
    Variant("linda", "female", "young", 225, "a young woman with a warm friendly voice"),
    Variant("belinda", "female", "young", 225, "a cheerful young woman with a bright lively voice"),
    Variant("Annie", "female", "young", 232, "a teenage girl with a high playful voice"),
    Variant("anika", "female", "child", 263, "a little girl, a small child with a very high voice"),
    Variant("aunty", "female", "middle", 175, "a middle-aged woman, an aunt with a stern lower voice"),
    Variant("steph", "female", "middle", 181, "a middle-aged woman with a gentle motherly voice"),
    Variant("grandma", "female", "old", 195, "an old woman, a grandmother with an elderly gentle voice"),
    Variant("whisper", "male", "adult", None, "a man who whispers quietly and secretly", kind="whisper"),
    Variant("whisperf", "female", "adult", None, "a woman who whispers softly, a ghost", kind="whisper"),
    Variant("UniRobot", "none", "none", 134, "a robot, machine or android with a synthetic metallic voice", kind="robot"),
    Variant("robosoft", "none", "none", 72, "a large menacing robot or computer with a deep mechanical voice", kind="robot"),
    Variant("Demonic", "male", "none", 95, "a demon, monster, dragon or devil with an evil frightening voice", kind="monster"),
)
VARIANTS: Mapping[str, Variant] = {variant.name.casefold(): variant for variant in _VARIANTS}

DEFAULT = "en-us+linda"
#: The accent of English, and the language of variants that are asked for by their name alone.
_HOME = "en-us"
#: Languages whose dictionary the package lacks (espeak reads them as silence), or whose script it lacks (as names of letters).
_UNREADABLE = {"chr", "fo", "hak", "kaa", "xex"}
#: Codes of ours that espeak has under another.
_OUR_CODES = {"tlh": "piqd"}


@dataclass(frozen=True)
class Language:
    """``code`` in lower case; ``espeak``: its file, the name that espeak finds it by."""

    code: str
    espeak: str
    title: str


@dataclass(frozen=True)
class ChosenVoice:
    """``name`` as we write it; ``espeak``: as espeak does; ``pitch``: espeak's parameter."""

    name: str
    espeak: str
    pitch: int = 50


class Catalogue:
    """The voices of an installed espeak-ng."""

    def __init__(self, data: Path) -> None:
        self._languages = languages(data)
        self._variants = variant_files(data)

    def list(self) -> list[Voice]:
        """Every speaker in American English, then one man and one woman in each other."""
        local = [self._voice(self._languages[_HOME], variant) for variant in VARIANTS.values()]
        others = {language.code: language for language in self._languages.values() if language.code != _HOME}
        pair = [VARIANTS["f3"], VARIANTS["m3"]]
        return local + [self._voice(others[code], variant) for code in sorted(others) for variant in pair]

    def by_name(self, wanted: str) -> ChosenVoice | None:
        """A voice by its name: ``language+variant``, a language, a variant or ``default``; None when it is none."""
        name = wanted.strip().casefold().replace("_", "-")
        name = DEFAULT if name == "default" else name
        code, plus, variant = name.partition("+")
        if not plus and code not in self._languages:
            code, variant = _HOME, name
        language = self._languages.get(code)
        if language is None or (plus and not variant):
            return None
        return self._chosen(language, variant or "m3")

    def codes(self) -> set[str]:
        """The languages, without region or script; Mandarin as "zh"."""
        codes = {language.code.partition("-")[0] for language in self._languages.values()}
        return {tag_of(code) or code for code in codes} | set(_OUR_CODES)

    def characters(self, language: str) -> Sequence[Character]:
        """All speakers of a language or accent; of bare English, the American ones."""
        spoken = self._languages.get(_HOME if language == "en" else language.casefold())
        if spoken is None:
            return ()
        return [
            Character(f"{spoken.code}+{v.name}", v.gender, v.age, v.pitch_hz, v.description, v.kind) for v in VARIANTS.values()
        ]

    def voice(self, chosen: ChosenVoice) -> Voice:
        code, _, variant = chosen.name.partition("+")
        speaker = VARIANTS.get(variant.casefold())
        return self._voice(self._languages[code], speaker or Variant(variant, "none", "none", None, "espeak's " + variant))

    def _chosen(self, language: Language, variant: str) -> ChosenVoice | None:
        known = VARIANTS.get(variant.casefold())
        file = known.file if known else self._variants.get(variant.casefold())
        if file is None:
            return None
        name = f"{language.code}+{known.name if known else file}"
        return ChosenVoice(name, f"{language.espeak}+{file}", known.pitch if known else 50)

    def _voice(self, language: Language, variant: Variant) -> Voice:
        return Voice(
            name=f"{language.code}+{variant.name}",
            language=language.code,
            gender=variant.gender,
            age=variant.age,
            pitch_hz=variant.pitch_hz,
            description=f"{variant.description}; {language.title}",
        )


def data_folder() -> Path | None:
    """espeak's data, found without loading its library; None where it is not installed."""
    package = importlib.util.find_spec("espeakng_loader")
    if package is None or package.origin is None:
        return None
    folder = Path(package.origin).parent / "espeak-ng-data"
    return folder if folder.is_dir() else None


def languages(data: Path) -> dict[str, Language]:
    """All languages by code, aliases included ("fr" for "fr-fr")."""
    found: dict[str, Language] = {}
    aliases: dict[str, Language] = {}
    for file in sorted((data / "lang").rglob("*")):
        if file.is_file() and file.name not in _UNREADABLE:
            title, codes = _language_file(file.read_text("utf-8"))
            language = Language(codes[0], file.name, title)
            found[codes[0]] = language
            for code in [file.name.lower(), *codes[1:]]:
                aliases.setdefault(code, language)
    ours = {code: found[espeak] for code, espeak in _OUR_CODES.items() if espeak in found}
    return aliases | ours | found


def variant_files(data: Path) -> dict[str, str]:
    """All variants that espeak has: name in lower case → file name."""
    return {file.name.casefold(): file.name for file in sorted((data / "voices" / "!v").iterdir())}


def _language_file(text: str) -> tuple[str, list[str]]:
    """Name and codes of a language file; the first code is the one of highest priority."""
    title, codes = "", []
    for line in text.splitlines():
        key, _, value = line.partition(" ")
        if key == "name":
            title = value.strip()
        elif key == "language" and value.strip():
            codes.append(value.split()[0].lower())
    return title, codes
