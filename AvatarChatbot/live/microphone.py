"""What the client's microphone hears: when somebody speaks, and what they say."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable

import anyio
from anyio.abc import TaskGroup

from AvatarChatbot.live import messages
from AvatarChatbot.live.outbox import Outbox
from AvatarChatbot.live.recogniser import Utterance, utterance
from AvatarChatbot.live.services import Services
from AvatarChatbot.live.stage import Stage
from comps.cores.errors import NodeUnavailable, NotFound, Problem, RelayedProblem
from comps.cores.mega.channel import Channel
from comps.cores.proto.avatar import Transcript
from comps.cores.telemetry import tracing
from comps.listening.heard import Endpoint, Heard, Onset, Pause, Resumed, Voice

#: Microphone sound that may wait to be listened to, messages; more is not real time any more, and the oldest is left out.
_WAITING = 500
#: The reference for echo is this early, since the player's position is not exactly known; where it is off by more than the
#: second, it is aligned anew. Seconds.
_EARLY_S, _MISALIGNED_S = 0.3, 0.15


class Microphone:
    """Of one session. ``started`` is awaited when somebody begins to speak, ``said`` with what they said and when they
    finished; ``ended`` is called when that has been dealt with.
    """

    def __init__(
        self,
        session: str,
        format: messages.Microphone,
        language: str | None,
        services: Services,
        stage: Stage,
        outbox: Outbox,
        started: Callable[[], Awaitable[None]],
        said: Callable[[str, float], Awaitable[None]],
        ended: Callable[[], None],
    ) -> None:
        self.is_speaking = False
        self._recognising = 0
        self._session = session
        self._format = format
        self._language = language
        self._services = services
        self._stage = stage
        self._outbox = outbox
        self._started = started
        self._said = said
        self._ended = ended
        self._sound: Channel[bytes] = Channel(float("inf"))
        self._waiting = 0
        self._heard_s = 0.0
        self._reference_s = 0.0
        self._last = services.clock()
        self._utterance: Channel[Heard] | None = None

    @property
    def is_busy(self) -> bool:
        """Whether somebody speaks, or what they said is being recognised."""
        return self._recognising > 0

    def hear(self, sound: bytes) -> None:
        """The next of the microphone's bytes."""
        if self._waiting < _WAITING:
            self._waiting += 1
            self._sound.put(sound)

    async def run(self) -> None:
        """Listen until cancelled."""
        ears = self._services.ears
        await self._open()
        try:
            async with anyio.create_task_group() as tasks:
                async for sound in self._sound:
                    self._waiting -= 1
                    for heard in await self._listen(sound):
                        await self._take(heard, tasks)
        except Problem as problem:
            self._outbox.put(messages.Failed(problem=problem.document()))
        finally:
            # Where its process has ended, the ear has too.
            with anyio.CancelScope(shield=True), contextlib.suppress(NodeUnavailable):
                await ears.call("close", self._session)

    async def _open(self) -> None:
        await self._services.ears.call("open", self._session, self._format.format, self._format.rate)

    async def _listen(self, sound: bytes) -> list[Heard]:
        seconds = self._seconds(sound)
        self._heard_s += seconds
        rate = self._stage.sound_track.rate
        played = self._stage.sound_track.between(self._reference_s, self._reference_s + seconds)
        self._reference_s += seconds
        early = self._stage.position_s() + _EARLY_S
        if abs(self._reference_s - early) > _MISALIGNED_S:
            self._reference_s = early
        try:
            return list(await self._services.ears.call("hear", self._session, sound, played, rate))
        except (NotFound, NodeUnavailable):
            # Another process listens now, or will; what it was in the middle of is lost.
            await self._open()
            return []

    def _seconds(self, sound: bytes) -> float:
        """How much sound a message holds; where it is coded, as much as time has passed."""
        now, before = self._services.clock(), self._last
        self._last = now
        return len(sound) / 2 / self._format.rate if self._format.format == "pcm16" else now - before

    async def _take(self, heard: Heard, tasks: TaskGroup) -> None:
        match heard:
            case Onset():
                self.is_speaking = True
                self._outbox.put(messages.Listening(state="started"))
                self._utterance = Channel(float("inf"))
                tasks.start_soon(self._recognise, self._utterance)
                await self._started()
            case Pause():
                self._outbox.put(messages.Listening(state="paused"))
            case Endpoint():
                self.is_speaking = False
                self._outbox.put(messages.Listening(state="ended"))
        if self._utterance is not None:
            self._utterance.put(heard)
            if isinstance(heard, Endpoint):
                self._utterance.close()
                self._utterance = None

    async def _recognise(self, speech: Channel[Heard]) -> None:
        """One utterance, from its onset to its transcript, and the turn that it begins."""
        self._recognising += 1
        try:
            with tracing.whole("listen"):
                await self._recognised(speech)
        finally:
            self._recognising -= 1
            self._ended()

    async def _recognised(self, speech: Channel[Heard]) -> None:
        ended: list[float] = []
        text = ""
        try:
            asr = self._services.chatbot.asr
            addresses = await self._services.chatbot.megaservice.client.addresses(asr)
            async with utterance(addresses[0], self._language, asr.token) as recognised, anyio.create_task_group() as tasks:
                tasks.start_soon(self._speak, speech, recognised, ended)
                while not isinstance(answer := await recognised.answer(), Transcript):
                    self._outbox.put(messages.Partial(text=answer))
                text = answer.asr_result
        except* Problem as group:
            for problem in group.exceptions:
                self._tell(problem)
        if text:
            await self._said(text, ended[0])
        else:
            self._outbox.put(messages.Partial(text=""))

    async def _speak(self, speech: Channel[Heard], recognised: Utterance, ended: list[float]) -> None:
        sound = b""
        is_paused = False
        async for first in speech:
            for heard in (first, *speech.take_waiting()):
                match heard:
                    case Voice():
                        sound += heard.pcm
                    case Pause():
                        sound = await self._fed(recognised, sound)
                        await recognised.pause()
                        is_paused = True
                    case Resumed():
                        is_paused = False
                    case Endpoint():
                        ended.append(self._services.clock() - (self._heard_s - heard.at_s))
                        await recognised.finish()
            if not is_paused:
                # In a pause nothing is said: what it holds is of use only if they go on.
                sound = await self._fed(recognised, sound)

    async def _fed(self, recognised: Utterance, sound: bytes) -> bytes:
        if sound:
            await recognised.feed(sound)
        return b""

    def _tell(self, problem: BaseException) -> None:
        """Noise that was taken for speech is no mistake of anybody's."""
        if isinstance(problem, Problem) and not (isinstance(problem, RelayedProblem) and problem.code == "no_speech"):
            self._outbox.put(messages.Failed(problem=problem.document()))
