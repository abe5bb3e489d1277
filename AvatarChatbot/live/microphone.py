"""What the client's microphone hears: when somebody speaks, and what they say."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import anyio
from anyio.abc import TaskGroup

from AvatarChatbot.live import messages
from AvatarChatbot.live.outbox import Outbox
from AvatarChatbot.live.recogniser import Utterance, utterance
from AvatarChatbot.live.services import Services
from AvatarChatbot.live.stage import Stage
from AvatarChatbot.live.waiting_sound import WaitingSound
from comps.cores.errors import NodeUnavailable, NotFound, Overloaded, Problem, RelayedProblem, UnsupportedMedia
from comps.cores.mega.channel import Channel
from comps.cores.mega.first_error import first_error
from comps.cores.proto.avatar import Transcript
from comps.cores.telemetry import tracing
from comps.cores.telemetry.logs import unexpected
from comps.listening.backchannel import is_backchannel
from comps.listening.heard import Endpoint, Heard, Onset, Pause, Resumed, Voice

log = logging.getLogger(__name__)

#: The reference for echo is this early, since the player's position is not exactly known; where it is off by more than the
#: second, it is aligned anew. Seconds.
_EARLY_S, _MISALIGNED_S = 0.3, 0.15
#: Listening to one piece of sound takes a small part of this, seconds.
_LISTENING_S = 15.0
#: An ear that failed is tried again after so long, seconds.
_RETRY_S = 5.0
#: How streams begin: an EBML header (RFC 8794 §11.2.1); an Ogg page (RFC 3533 §6) whose sixth byte says that it is the first.
_EBML, _OGG, _OGG_FIRST = b"\x1aE\xdf\xa3", b"OggS", 2


@dataclass
class _Spoken:
    """One utterance: ``ended`` by the services' clock, its onset and end in seconds of the microphone's sound."""

    ended: float
    onset_s: float = 0.0
    end_s: float = 0.0


class Microphone:
    """Of one session. ``started`` is awaited when somebody begins to speak, ``said`` with what they said (nothing, where it was a
    noise or a "mhm") and when they finished; ``ended`` is called when that has been dealt with.

    Where sound cannot be listened to, the client is told once, and the session goes on: raw sound is tried again after a while,
    coded sound when a new stream begins.
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
        self._sound = WaitingSound(format)
        self._is_open = False
        self._is_told = False
        self._deaf_until = 0.0
        self._heard_s = 0.0
        self._reference_s = 0.0
        self._last = services.clock()
        self._utterance: Channel[Heard] | None = None

    @property
    def is_busy(self) -> bool:
        """Whether somebody speaks, or what they said is being recognised."""
        return self._recognising > 0

    @property
    def _is_coded(self) -> bool:
        return self._format.format != "pcm16"

    def hear(self, sound: bytes) -> None:
        """The next of the microphone's bytes. Raises TooLarge."""
        if self._services.clock() < self._deaf_until:
            if not (self._is_coded and _begins_stream(sound)):
                return
            self._deaf_until, self._is_told = 0.0, False
        if not self._sound.put(sound):
            self._failed(Overloaded("sound comes faster than it is listened to", retry_after=_RETRY_S, field="microphone"))

    def change(self, format: messages.Microphone) -> None:
        """Sound of another format follows, as of a microphone that was allowed after the session began. What the one before heard
        is all that was said.
        """
        self._format = format
        self._sound.change(format)
        self._is_open, self._is_told, self._deaf_until = False, False, 0.0
        self._cut_off()

    def speaks(self, language: str | None) -> None:
        """The language of the next utterance."""
        self._language = language

    async def run(self) -> None:
        """Listen until cancelled."""
        try:
            async with anyio.create_task_group() as tasks:
                # The ear's process starts before anybody speaks.
                await self._listened(b"")
                while True:
                    for heard in await self._listened(await self._sound.take()):
                        await self._take(heard, tasks)
        finally:
            with anyio.CancelScope(shield=True), anyio.move_on_after(_LISTENING_S):
                await self._closed()

    async def _closed(self) -> None:
        try:
            await self._services.ears.call("close", self._session)
        except NodeUnavailable:
            """Its process has ended, and the ear with it."""
        except Exception as error:
            unexpected(log, "closing an ear", error)

    async def _listened(self, sound: bytes) -> list[Heard]:
        """What the ear makes of ``sound``; nothing where it fails."""
        was_open = self._is_open
        try:
            while not self._is_open:
                await self._open()
            heard = await self._listen(sound) if sound else []
        except NotFound:
            # Another process listens now; what it was in the middle of is lost.
            self._is_open = False
            self._cut_off()
            if self._is_coded:
                self._failed(UnsupportedMedia("a part of the stream was lost: begin a new one", field="microphone"))
        except NodeUnavailable as problem:
            # Its process has ended; another one hears the next sound, unless there is none to be had.
            self._failed(problem, waits=not was_open)
        except Problem as problem:
            self._failed(problem)
        except Exception as error:
            self._failed(unexpected(log, "listening", error))
        else:
            self._is_told = self._is_told and not sound
            return heard
        return []

    def _failed(self, problem: Problem, *, waits: bool = True) -> None:
        """Tell it, and hear nothing more for a while, where it ``waits``; of a stream, nothing until another one begins."""
        self._is_open = False
        if self._is_coded or waits:
            self._sound.clear()
            self._deaf_until = float("inf") if self._is_coded else self._services.clock() + _RETRY_S
        self._cut_off()
        if not self._is_told:
            self._outbox.put(messages.Failed(problem=problem.document()))
        self._is_told = True

    def _cut_off(self) -> None:
        """The ear has lost somebody who was speaking: that is all they said."""
        if self._utterance is None:
            return
        self.is_speaking = False
        self._outbox.put(messages.Listening(state="ended"))
        self._utterance.put(Endpoint(self._heard_s))
        self._utterance.close()
        self._utterance = None

    async def _open(self) -> None:
        format = self._format
        await self._services.ears.call("open", self._session, format.format, format.rate, timeout=_LISTENING_S)
        self._is_open = format is self._format  # else it has changed meanwhile
        self._heard_s = 0.0

    async def _listen(self, sound: bytes) -> list[Heard]:
        seconds = self._seconds(sound)
        self._heard_s += seconds
        rate = self._stage.sound_track.rate
        played = self._stage.sound_track.between(self._reference_s, self._reference_s + seconds)
        self._reference_s += seconds
        early = self._stage.position_s() + _EARLY_S
        if abs(self._reference_s - early) > _MISALIGNED_S:
            self._reference_s = early
        return list(await self._services.ears.call("hear", self._session, sound, played, rate, timeout=_LISTENING_S))

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
        spoken = _Spoken(self._services.clock())
        text = ""
        try:
            asr = self._services.chatbot.asr
            addresses = await self._services.chatbot.megaservice.client.addresses(asr)
            async with utterance(addresses[0], self._language, asr.token) as recognised, anyio.create_task_group() as tasks:
                tasks.start_soon(self._speak, speech, recognised, spoken)
                while not isinstance(answer := await recognised.answer(), Transcript):
                    self._outbox.put(messages.Partial(text=answer))
                text = answer.asr_result
        except Exception as group:
            error = first_error(group)
            self._tell(error if isinstance(error, Problem) else unexpected(log, "recognising", error))
        if is_backchannel(text, spoken.end_s - spoken.onset_s):
            text = ""
            self._outbox.put(messages.Partial(text=""))
        await self._said(text, spoken.ended)

    async def _speak(self, speech: Channel[Heard], recognised: Utterance, spoken: _Spoken) -> None:
        sound = b""
        is_paused = False
        async for first in speech:
            for heard in (first, *speech.take_waiting()):
                match heard:
                    case Onset():
                        spoken.onset_s = heard.at_s
                    case Voice():
                        sound += heard.pcm
                    case Pause():
                        sound = await self._fed(recognised, sound)
                        await recognised.pause()
                        is_paused = True
                    case Resumed():
                        is_paused = False
                    case Endpoint():
                        spoken.end_s = heard.at_s
                        spoken.ended = self._services.clock() - (self._heard_s - heard.at_s)
                        sound = await self._fed(recognised, sound)
                        await recognised.finish()
            if not is_paused:
                # In a pause nothing is said: what it holds is of use only if they go on, or if nothing was understood.
                sound = await self._fed(recognised, sound)

    async def _fed(self, recognised: Utterance, sound: bytes) -> bytes:
        if sound:
            await recognised.feed(sound)
        return b""

    def _tell(self, problem: Problem) -> None:
        """Noise that was taken for speech is no mistake of anybody's."""
        if not (isinstance(problem, RelayedProblem) and problem.code == "no_speech"):
            self._outbox.put(messages.Failed(problem=problem.document()))


def _begins_stream(sound: bytes) -> bool:
    return sound.startswith(_EBML) or (sound.startswith(_OGG) and len(sound) > 5 and bool(sound[5] & _OGG_FIRST))
