"""A live session's surroundings without a mesh: a megaservice that speaks tones, an ear that says what a test tells it."""

from __future__ import annotations

import functools
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import anyio

from AvatarChatbot.capacity import Place
from AvatarChatbot.drawer import Drawer
from AvatarChatbot.keys import Keys
from AvatarChatbot.live.caller import Caller
from AvatarChatbot.live.messages import Start
from AvatarChatbot.live.services import Services
from AvatarChatbot.live.session import LiveSession
from AvatarChatbot.live.sessions import Sessions
from AvatarChatbot.nodes import _placed
from AvatarChatbot.turn import Turn
from comps.cores.common.settings import GatewaySettings
from comps.cores.errors import NotFound, Overloaded, RelayedProblem
from comps.cores.mega.run import NodeEvent
from comps.cores.proto.avatar import Chunk, ChunkRequest, Persona, Speech, Transcript, VideoProfile, Word
from comps.cores.telemetry.metrics import ServiceMetrics
from comps.storage.conversations import Conversation
from comps.storage.conversations import Turn as TurnRecord
from tests.media.make import chunk, tone

PROFILE = VideoProfile(size=128)
RATE = 24_000
#: Seconds that a word of the toy voice takes.
WORD_S = 0.3


@functools.cache
def _picture() -> tuple[bytes, bytes]:
    """An IDR picture and its parameter sets."""
    made = chunk(0, 1, PROFILE)
    return bytes(made.access_units[0]), bytes(made.parameter_sets)


async def draw(request: ChunkRequest) -> Chunk:
    unit, parameter_sets = _picture()
    return Chunk(
        start_frame=request.start_frame,
        frames=request.frames,
        access_units=[unit] * request.frames,
        parameter_sets=parameter_sets,
        profile=request.profile,
        engine="toy",
    )


def speech(text: str) -> Speech:
    """A tone as long as its words."""
    said = text.split()
    words: list[Word] = [(WORD_S * k, WORD_S * (k + 1), word.strip(".,?!")) for k, word in enumerate(said)]
    seconds = WORD_S * len(said)
    return Speech(pcm=tone(seconds, RATE).tobytes(), sample_rate=RATE, phonemes=[(0.0, seconds, "a")], words=words, engine="toy")


class _Client:
    async def addresses(self, _: Any) -> list[str]:
        return ["http://asr"]


class _Asr:
    token = ""


class Megaservice:
    """Answers every question with ``clauses``."""

    client = _Client()

    def __init__(self) -> None:
        self.clauses = ["Hello there."]
        self.asked: list[str] = []
        #: Who answered each question.
        self.personas: list[Persona | None] = []
        self.drawn: list[ChunkRequest] = []
        #: Raised instead of an answer.
        self.failure: Exception | None = None
        #: Set: answers come. Cleared, they wait.
        self.is_answering = anyio.Event()
        self.is_answering.set()

    @asynccontextmanager
    async def stream(self, _: Any, *, turn: Turn) -> AsyncIterator[AsyncIterator[NodeEvent]]:
        self.asked.append(turn.question or "")
        self.personas.append(turn.persona)
        if self.failure is not None:
            raise self.failure
        yield self._run(turn)

    async def _run(self, turn: Turn) -> AsyncIterator[NodeEvent]:
        await self.is_answering.wait()
        for number, clause in enumerate(self.clauses, 1):
            turn.reply += f"{clause} "
            yield NodeEvent("llm/toy", "item", f"{clause} ")
            turn.asked_clauses.append(clause)
            yield NodeEvent("tts/toy", "item", _placed(turn, speech(clause)))
            assert turn.timeline is not None
            for request in turn.timeline.chunks(final=number == len(self.clauses)):
                self.drawn.append(request)
                yield NodeEvent("animation/toy", "item", await draw(request))


class Chatbot:
    asr = _Asr()

    def __init__(self) -> None:
        self.megaservice = Megaservice()


class Recogniser:
    """In place of the asr service's stream: recognises ``text``, or raises it."""

    def __init__(self) -> None:
        self.text: str | Exception = "what is your name"
        self.sound = b""
        self._finished = anyio.Event()

    @asynccontextmanager
    async def utterance(self, *_: Any) -> AsyncIterator[Recogniser]:
        self._finished, self.sound = anyio.Event(), b""
        yield self

    async def feed(self, pcm: bytes) -> None:
        self.sound += pcm

    async def pause(self) -> None:
        """They may have finished."""

    async def finish(self) -> None:
        self._finished.set()

    async def answer(self) -> Transcript:
        await self._finished.wait()
        if isinstance(self.text, Exception):
            raise self.text
        return Transcript(asr_result=self.text)


class Conversations:
    """In memory."""

    def __init__(self) -> None:
        self.kept: dict[str, Conversation] = {}
        #: Id of a turn → how it ended.
        self.ended: dict[str, Any] = {}

    async def create(self, persona: Any = None, avatar_id: str = "", *_: Any, **__: Any) -> Conversation:
        made = Conversation(id=f"{len(self.kept) + 1:016x}", created_at=0, updated_at=0)
        self.kept[made.id] = made
        return made

    async def get(self, conversation_id: str, *_: Any, **__: Any) -> Conversation:
        return self.kept[conversation_id]

    async def recent(self, conversation_id: str, *_: Any, **__: Any) -> Conversation:
        return self.kept[conversation_id]

    async def add_turn(self, conversation_id: str, question: str, *_: Any, **__: Any) -> TurnRecord:
        turn = TurnRecord(id=f"{len(self.ended) + 1:016x}", conversation_id=conversation_id, created_at=0, question=question)
        self.kept[conversation_id].turns.append(turn)
        return turn

    async def end_turn(self, turn_id: str, status: Any, **_: Any) -> None:
        self.ended[turn_id] = status


@dataclass
class Capacity:
    """``free`` places, in which a picture stands for ``step`` frames. ``given``: the profiles of those that were taken."""

    free: float = float("inf")
    taken: int = 0
    step: int = 1
    given: list[VideoProfile] = field(default_factory=list)

    @asynccontextmanager
    async def place(self, profile: VideoProfile, frees_in_s: Callable[[], float] | None = None) -> AsyncIterator[Place]:
        if self.taken >= self.free:
            raise Overloaded("all places are taken", retry_after=7, node="animation")
        self.taken += 1
        self.given.append(profile)
        try:
            yield Place(f"place-{self.taken}", 0.01, self.step)
        finally:
            self.taken -= 1


@dataclass
class Ears:
    """Says what is in ``heard`` for the next sound, or raises it."""

    heard: list[Any] = field(default_factory=list)
    sounds: list[bytes] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)
    #: Set: sound is listened to. Cleared, it waits.
    is_listening: anyio.Event = field(default_factory=anyio.Event)

    def __post_init__(self) -> None:
        self.is_listening.set()

    async def call(self, method: str, *args: Any, **_: Any) -> Any:
        if method == "open":
            self.opened.append(args[1])
        if method != "hear":
            return None
        await self.is_listening.wait()
        self.sounds.append(args[1])
        said = self.heard.pop(0) if self.heard else []
        if isinstance(said, Exception):
            raise said
        return said

    async def stop(self) -> None:
        """Nothing runs."""


class _Owned:
    async def use_avatar(self, owner: str, avatar_id: str) -> None:
        """Everybody has every face."""


class _Store:
    def __init__(self) -> None:
        self.conversations = Conversations()
        self.owned = _Owned()


class _Answering:
    def __init__(self) -> None:
        self.capacity = Capacity()

    def measure(self, *_: Any) -> None:
        """Nothing is measured."""


class ToyServices(Services):
    """``clock`` is the event loop's, virtual or not."""

    def __init__(self, clock: Callable[[], float] = anyio.current_time, **settings: Any) -> None:
        toy: Any = Chatbot(), _Store(), _Answering()
        super().__init__(*toy, GatewaySettings(**settings), ServiceMetrics(), clock)
        self.megaservice: Megaservice = toy[0].megaservice
        self.conversations: Conversations = toy[1].conversations
        self.places: Capacity = toy[2].capacity
        self.toy_ears = Ears()
        self.ears: Any = self.toy_ears
        #: The stored personas, by id.
        self.cards: dict[str, Persona] = {}
        self._draw = draw
        self.idle_loops._draw = draw

    async def drawer(self, profile: VideoProfile) -> Drawer:
        if profile.engine not in ("", "toy", "hearing"):
            document = {"status": 422, "code": "unknown_engine", "detail": "there are: toy, hearing", "field": "engine"}
            raise RelayedProblem(document, node="animation")
        named = {"engine": profile.engine or "toy", "restore": profile.restore or "none"}
        return Drawer(profile.model_copy(update=named), hears=profile.engine == "hearing")

    async def face(self, avatar: str | None, persona: Persona | str | None, *_: Any, **__: Any) -> tuple[str, Persona]:
        return "face", Persona(name="Toy")

    async def card(self, persona_id: str, owner: str) -> Persona:
        if persona_id not in self.cards:
            raise NotFound("there is no such persona", field="persona_id")
        return self.cards[persona_id]


def start(**fields: Any) -> Start:
    return Start(type="start", **{"profile": PROFILE, **fields})


def caller(account: str = "ada", charge: Callable[[], None] = lambda: None) -> Caller:
    return Caller(account, "", account, charge)


@asynccontextmanager
async def sessions(services: Services, keys: Keys | None = None) -> AsyncIterator[Sessions]:
    made = Sessions(services, keys or Keys(services.settings))
    await made.start()
    try:
        yield made
    finally:
        await made.stop()


@asynccontextmanager
async def session(services: Services, who: Caller | None = None, **fields: Any) -> AsyncIterator[LiveSession]:
    """A session that lives, until the test has done with it."""
    async with sessions(services) as all_of_them:
        yield await all_of_them.open(start(**fields), who or caller())


def told(live: LiveSession, type: str) -> list[dict[str, Any]]:
    """The session's messages of a type so far."""
    messages = [json.loads(kept.message) for kept in live.outbox._kept if isinstance(kept.message, str)]
    return [message for message in messages if message["type"] == type]
