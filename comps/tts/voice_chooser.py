"""Which voice speaks a clause: the one that was asked for, or one of the clause's own language."""

from __future__ import annotations

from collections.abc import Sequence

from comps.cores.common.settings import TtsSettings
from comps.cores.errors import BadInput
from comps.cores.proto.avatar import SpeechRequest, Voice
from comps.cores.text.language_of import language_of, main_script, scripts_of
from comps.cores.text.languages import code_of, english_name, language_named, tag_of
from comps.cores.workers.pool import WorkerPool
from comps.tts.alike import most_alike
from comps.tts.asked_voice import AskedVoice, Described, Named, asked_voice
from comps.tts.character import Character
from comps.tts.engine import TtsEngine
from comps.tts.spoken_tags import nearest_tags
from comps.tts.voice_matcher import has_fitting

_NODE = "tts"
#: Kept for descriptions; conversations ask for the same voice with every clause.
_REMEMBERED = 256
#: The matcher holds 90 MB of sentence embeddings, wanted once a persona.
_MATCHER_IDLE_S = 60.0


class VoiceChooser:
    """``engines``: best first. Raises ValueError when the settings' default voice is none."""

    def __init__(self, engines: Sequence[TtsEngine], settings: TtsSettings) -> None:
        self._engines = engines
        self._timeout = settings.timeout_s
        self._wanted_default = settings.voice.strip() or "default"
        if self._named(self._wanted_default) is None:
            raise ValueError(f"there is no voice called {self._wanted_default!r}")
        self._matcher = WorkerPool("comps.tts.voice_matcher:VoiceMatcher", node=_NODE, idle_s=_MATCHER_IDLE_S)
        self._matched: dict[tuple[str, str], Voice] = {}

    async def stop(self) -> None:
        await self._matcher.stop()

    async def ready(self) -> None:
        await self._matcher.ready()

    async def voice(self, wanted: str) -> Voice:
        """What ``wanted`` means for a text in the default voice's language. Raises UnknownVoice."""
        asked = self._asked(wanted)
        return await self._fixed(asked) or await self._in_language(asked, self._home)

    async def voice_for(self, request: SpeechRequest) -> Voice:
        """Raises UnknownVoice, and BadInput (field ``text``) where no voice can read the text."""
        asked = self._asked(request.voice)
        fixed = await self._fixed(asked)
        if fixed is not None and _can_speak(fixed, request.text):
            return fixed
        language = self._language_of(request)
        # Somebody else is better than names of letters: "Chinese letter, Chinese letter".
        return self._alike(fixed, language) if fixed is not None else await self._in_language(asked, language)

    def _asked(self, wanted: str) -> AskedVoice:
        return asked_voice(wanted, self._default, self._engines)

    async def _fixed(self, asked: AskedVoice) -> Voice | None:
        """The voice, where its language was asked for with it."""
        if isinstance(asked, Named):
            return asked.voice
        return None if asked.language is None else await self._in_language(asked, asked.language)

    async def _in_language(self, asked: AskedVoice, tag: str) -> Voice:
        if isinstance(asked, Named):
            return asked.voice
        return await self._described(asked.description, tag) if isinstance(asked, Described) else self._alike(asked.person, tag)

    def _language_of(self, request: SpeechRequest) -> str:
        """The language of the text, by its sentence so far, or one whose voices can at least read its letters."""
        so_far = language_named(request.language or "") or self._home
        language = language_of(request.text, language_of(f"{request.before} {request.text}", so_far))
        for tag in (language, so_far, self._home):
            if self._by_engine(tag) and (tag == language or main_script(request.text) in ("Latn", "")):
                return tag
        raise BadInput(f"text: no voice here speaks {english_name(language)}", field="text")

    def _alike(self, person: Character | Voice, tag: str) -> Voice:
        if isinstance(person, Voice) and f"{_tag(person)}-".startswith(f"{tag}-"):
            return person
        return self._voice_of(most_alike(person, self._by_engine(tag)[0]))

    async def _described(self, description: str, tag: str) -> Voice:
        key = (description, tag)
        if key not in self._matched:
            candidates = self._candidates(description, tag)
            chosen = await self._matcher.call("match", description, candidates, timeout=self._timeout)
            while len(self._matched) >= _REMEMBERED:
                self._matched.pop(next(iter(self._matched)))
            self._matched[key] = self._voice_of(chosen)
        return self._matched[key]

    def _candidates(self, description: str, tag: str) -> Sequence[Character]:
        """Of the best engine that has somebody like that; where none has, of the best that speaks the language."""
        found = self._by_engine(tag)
        return next((candidates for candidates in found if has_fitting(description, candidates)), found[0])

    def _by_engine(self, tag: str) -> list[Sequence[Character]]:
        """The voices of each engine that has any for ``tag``, best first; for a bare language in the default voice's accent."""
        accent = [self._default.language] if tag == self._home else []
        for near in accent + nearest_tags(tag):
            if found := [candidates for engine in self._engines if (candidates := engine.characters(near))]:
                return found
        return []

    def _voice_of(self, character: Character) -> Voice:
        voice = self._named(character.name)
        assert voice is not None
        return voice

    def _named(self, name: str) -> Voice | None:
        return next((voice for engine in self._engines if (voice := engine.named(name)) is not None), None)

    @property
    def _default(self) -> Voice:
        """The best engine's own where the wanted one's engine did not start."""
        voice = self._named(self._wanted_default) or self._named("default")
        assert voice is not None
        return voice

    @property
    def _home(self) -> str:
        """The language of the default voice."""
        return code_of(_tag(self._default))


def _tag(voice: Voice) -> str:
    return tag_of(voice.language) or voice.language


def _can_speak(voice: Voice, text: str) -> bool:
    """Whether the voice reads the script of most of the text; Latin letters are read by all."""
    return main_script(text) in {"", "Latn", *scripts_of(code_of(_tag(voice)))}
