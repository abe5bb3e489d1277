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
from comps.tts.character import Character
from comps.tts.traits import traits_of


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

#: Names that clients of other services use: OPEA's two, and OpenAI's, each on the variant that resembles it most.
ALIASES: Mapping[str, str] = {
    "male": "m3",
    "female": "f3",
    "alloy": "f3",
    "ash": "Andy",
    "ballad": "rob",
    "cedar": "paul",
    "coral": "belinda",
    "echo": "m3",
    "fable": "en-gb-x-rp+rob",
    "marin": "f2",
    "nova": "linda",
    "onyx": "david",
    "sage": "f2",
    "shimmer": "Annie",
    "verse": "m1",
}
#: Languages whose dictionary the package lacks: espeak reads them as silence.
_WITHOUT_DICTIONARY = {"fo", "kaa", "xex"}


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
    """The voices of an installed espeak-ng. ``default``: name of the voice for requests that ask for none.

    Raises ValueError when ``default`` is no voice's name.
    """

    def __init__(self, data: Path, default: str) -> None:
        self._languages = languages(data)
        self._variants = variant_files(data)
        self._default: ChosenVoice | None = None
        self._default = self.by_name(default)
        if self._default is None:
            raise ValueError(f"there is no voice called {default!r}")

    def list(self) -> list[Voice]:
        """Every speaker in the default language, then one man and one woman in each other."""
        home = self._home
        local = [self._voice(self._languages[home], variant) for variant in VARIANTS.values()]
        others = {language.code: language for language in self._languages.values() if language.code != home}
        pair = [VARIANTS["f3"], VARIANTS["m3"]]
        return local + [self._voice(others[code], variant) for code in sorted(others) for variant in pair]

    def by_name(self, wanted: str) -> ChosenVoice | None:
        """A voice by its name: ``language+variant``, a language, a variant, ``default`` or an alias; None when it is none."""
        name = wanted.strip().casefold().replace("_", "-")
        if name in ("", "default"):
            return self._default
        name = ALIASES.get(name, name).casefold()
        code, plus, variant = name.partition("+")
        if not plus and code not in self._languages:
            code, variant = self._home, name
        language = self._languages.get(code)
        if language is None or (plus and not variant):
            return None
        return self._chosen(language, variant or "m3")

    def codes(self) -> set[str]:
        """The languages, without region or script; Mandarin as "zh"."""
        codes = {language.code.partition("-")[0] for language in self._languages.values()}
        return codes - {"cmn"} | {"zh"}

    def characters(self, language: str) -> Sequence[Character]:
        """All speakers of a language or accent; of bare English, the American ones."""
        spoken = self._languages.get(self._home if language == "en" else language.casefold())
        if spoken is None:
            return ()
        return [
            Character(f"{spoken.code}+{v.name}", v.gender, v.age, v.pitch_hz, v.description, v.kind) for v in VARIANTS.values()
        ]

    def voice(self, chosen: ChosenVoice) -> Voice:
        code, _, variant = chosen.name.partition("+")
        speaker = VARIANTS.get(variant.casefold())
        return self._voice(self._languages[code], speaker or Variant(variant, "none", "none", None, "espeak's " + variant))

    def described(self, description: str, variant: str) -> ChosenVoice:
        """``variant`` with the accent or language that ``description`` speaks of, else the default voice's."""
        traits = traits_of(description)
        language = self._language_named(traits.language)
        code = self._home if traits.accent is None else traits.accent
        chosen = self._chosen(language or self._languages[code], variant)
        assert chosen is not None
        return chosen

    @property
    def _home(self) -> str:
        return self._default.name.partition("+")[0] if self._default else "en-us"

    def _chosen(self, language: Language, variant: str) -> ChosenVoice | None:
        known = VARIANTS.get(variant.casefold())
        file = known.file if known else self._variants.get(variant.casefold())
        if file is None:
            return None
        name = f"{language.code}+{known.name if known else file}"
        return ChosenVoice(name, f"{language.espeak}+{file}", known.pitch if known else 50)

    def _language_named(self, title: str | None) -> Language | None:
        """A language other than English by its English name."""
        if title is None or title == "english":
            return None
        named = (language for language in self._languages.values() if language.title.casefold().split("(")[0].strip() == title)
        return next(named, None)

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
        if file.is_file() and file.name not in _WITHOUT_DICTIONARY:
            title, codes = _language_file(file.read_text("utf-8"))
            language = Language(codes[0], file.name, title)
            found[codes[0]] = language
            for code in [file.name.lower(), *codes[1:]]:
                aliases.setdefault(code, language)
    return aliases | found


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
