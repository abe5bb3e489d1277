"""One live conversation: who answers, the turn under way, the stage and the ear; it outlives a connection that breaks."""

from __future__ import annotations

import contextlib
import functools
import logging
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import anyio
from anyio.abc import TaskGroup

from AvatarChatbot import history
from AvatarChatbot.capacity import chunk_seconds
from AvatarChatbot.live.activity import Activity
from AvatarChatbot.live.caller import Caller
from AvatarChatbot.live.ending import Ending
from AvatarChatbot.live.held_place import HeldPlace
from AvatarChatbot.live.journal import Journal
from AvatarChatbot.live.ladder import Ladder, Rung
from AvatarChatbot.live.live_turn import Firsts, LiveTurn
from AvatarChatbot.live.messages import (
    MAX_TEXT,
    ChangeAvatar,
    ChangeEngine,
    ChangeLanguage,
    ChangeMicrophone,
    ChangeVoice,
    ClientMessage,
    Ended,
    Engine,
    Failed,
    Interrupt,
    Interrupted,
    Partial,
    Ping,
    Position,
    Preparing,
    Quality,
    Ready,
    Resting,
    Start,
    Step,
    Stop,
    Text,
    TurnTranscript,
)
from AvatarChatbot.live.microphone import Microphone
from AvatarChatbot.live.outbox import Outbox
from AvatarChatbot.live.performance import Performance
from AvatarChatbot.live.services import Services
from AvatarChatbot.live.stage import Stage
from AvatarChatbot.live.stage_playhead import StagePlayhead
from AvatarChatbot.request import AvatarChatRequest
from AvatarChatbot.turn import Turn
from comps.cores.errors import BadInput, NotFound, Problem, RelayedProblem, UnknownEngine
from comps.cores.proto.avatar import Persona
from comps.cores.telemetry import tracing
from comps.cores.telemetry.logs import unexpected
from comps.cores.telemetry.turn import working_on
from comps.cores.text.words import is_blank
from comps.storage.conversations import TurnStatus

log = logging.getLogger(__name__)

#: Samples a second of a session's sound, whatever the voice's own: a rate that all browsers play, and all of speech.
RATE = 24_000
#: The drawing seed of live faces: with one for all, sessions with the same face share its idle loop.
SEED = 0
#: How long a session waits for a client whose connection broke, seconds.
RESUME_S = 30.0
#: How often the use of an avatar is told to the store, seconds.
_USE_NOTED_S = 600.0
#: How often it is looked whether anybody is there, seconds.
_LOOKED_EVERY_S = 1.0


#: Told what is being done for a client that waits.
Told = Callable[[Step], Awaitable[None]]


async def nobody(_: Step) -> None:
    """Nobody is told."""


class LiveSession:
    """Made by ``open``; ``run`` is its life, ``receive`` takes the client's messages meanwhile.

    A question raises the turn: the one before is over, with all that was made for it, before the next begins.
    """

    def __init__(
        self,
        services: Services,
        start: Start,
        caller: Caller,
        avatar_id: str,
        persona: Persona,
        conversation_id: str,
        place: HeldPlace,
        activity: Activity,
        *,
        hears: bool = False,
    ) -> None:
        self.id = uuid.uuid4().hex
        self.outbox = Outbox()
        self.conversation_id = conversation_id
        self.ended = anyio.Event()
        #: Why, once it has.
        self.ending = Ending.STOPPED
        self.is_retired = False
        self.owner = caller.owner
        #: Of the connection that the session has, or had last.
        self.caller = caller
        self.stage: Stage
        self._services = services
        self._start = start
        self._place = place
        self._activity = activity
        self._hears = hears
        self._avatar_id = avatar_id
        self._persona = persona
        #: The id of a stored persona; None of a card that was sent, or came with the face.
        self._persona_id = start.persona if isinstance(start.persona, str) else None
        self._voice = start.voice
        self._journal: Journal
        self._microphone: Microphone
        self._begun = ""
        self._ladder = Ladder(services.clock, self._quality_changed)
        self._used_at = services.clock()
        self._history: history.Messages = []
        self._turn = 0
        self._raised = 0  # turns about to begin
        self._live: LiveTurn | None = None
        self._live_scope: anyio.CancelScope | None = None
        self._live_gone = anyio.Event()
        self._raising = anyio.Lock()
        self._tasks: TaskGroup | None = None

    @classmethod
    async def open(
        cls,
        services: Services,
        start: Start,
        caller: Caller,
        place: HeldPlace,
        activity: Activity,
        told: Told = nobody,
        *,
        hears: bool = False,
    ) -> LiveSession:
        """Resolve who answers and draw the first of their idle loop. Raises what that raises.

        The profile of ``start`` names its engine; ``hears``: chunks for that carry their sound.
        """
        await told("face")
        avatar_id, persona = await services.face(start.avatar, start.persona, caller.owner)
        conversations = services.store.conversations
        card = persona.model_dump(mode="json", exclude={"id"})
        journal = Journal(conversations, functools.partial(conversations.create, card, avatar_id, owner=caller.owner))
        if start.conversation_id is None:
            conversation = await journal.begin()
        else:
            conversation = await conversations.recent(start.conversation_id, history.MAX_TURNS, owner=caller.owner)
        session = cls(services, start, caller, avatar_id, persona, conversation.id, place, activity, hears=hears)
        session._journal, journal.conversation_id = journal, conversation.id
        session._history = history.of_turns(conversation.turns)
        await told("motion")
        idle = services.idle_loops.loop(avatar_id, start.profile, SEED)
        first = await idle.load(0)
        session.stage = Stage(start.profile, RATE, idle, session.outbox, services.clock, first.parameter_sets)
        session._microphone = Microphone(
            session.id,
            start.microphone,
            start.language,
            services,
            session.stage,
            session.outbox,
            session._interrupted,
            session._said,
            session._leave,
        )
        session._greet(resumed=False)
        journal.listen(session.outbox.put)
        # Neither a picture of megabytes nor a key is kept for as long as the session lives.
        start.avatar = start.persona = start.key = None
        return session

    async def run(self) -> None:
        """Live until ``stop``; all that belongs to the session ends with it."""
        async with anyio.create_task_group() as tasks:
            self._tasks = tasks
            tasks.start_soon(self.stage.run)
            tasks.start_soon(self._microphone.run)
            tasks.start_soon(self._load_idle)
            tasks.start_soon(self._watch)
            await self.ended.wait()
            await self._raise_turn()
            tasks.cancel_scope.cancel()
        self.outbox.close()

    def stop(self, ending: Ending = Ending.STOPPED) -> None:
        """The first reason counts."""
        if not self.ended.is_set():
            self.ending = ending
            self.ended.set()

    def ends_in_s(self) -> float:
        """How soon the session ends if nobody does anything, seconds."""
        return max(0.0, self._services.settings.live_end_s - self._activity.quiet_s)

    async def _watch(self) -> None:
        """Give the place back when nobody has done anything for a while, and end long after that."""
        idle_s, end_s = self._services.settings.live_idle_s, self._services.settings.live_end_s
        while True:
            await anyio.sleep(min(_LOOKED_EVERY_S, idle_s / 2, end_s / 2))
            if self._microphone.is_busy:
                self._activity.note()
            self._activity.watch(self.stage.position_s(), is_answered=self._live is not None)
            if self._activity.quiet_s >= end_s:
                self.outbox.put(Ended(reason="idle", conversation_id=self.conversation_id))
                self.stop(Ending.IDLE)
                return
            if self._activity.quiet_s >= idle_s and self._place.is_held:
                # An answer may be under way to a player that stands.
                await self._raise_turn()
                if self._activity.quiet_s >= idle_s:  # nobody has asked meanwhile
                    self._place.give_back()
                    self.outbox.put(Resting(ends_in_s=self.ends_in_s()))

    def withdraw(self, problem: Problem) -> None:
        """End at once: its client's key is no longer one."""
        self.outbox.put(Failed(problem=problem.document()))
        self.stop(Ending.WITHDRAWN)

    async def retire(self) -> None:
        """End after what is being asked and said, to be gone on with at another gateway."""
        self.is_retired = True
        self._leave()
        await self.ended.wait()

    def _leave(self) -> None:
        if self.is_retired and self._live is None and not (self._raised or self._microphone.is_busy):
            self.stop(Ending.RETIRED)

    def detach(self) -> None:
        """The connection broke: time stands still until somebody resumes."""
        self.stage.pause()

    def attach(self, caller: Caller) -> None:
        """Somebody resumed."""
        self.caller = caller
        self.stage.resume()
        self._greet(resumed=True)

    def hear(self, sound: bytes) -> None:
        """A part of what the microphone hears. Raises TooLarge."""
        self._microphone.hear(sound)

    async def receive(self, message: ClientMessage) -> None:
        """What the client says. Raises what a change of avatar raises, and Overloaded where it asks too often; a turn's failure
        is told as a message.
        """
        match message:
            case Text():
                await self.ask(message.text)
            case Position():
                self.stage.report(message.media_s)
            case Interrupt():
                await self._raise_turn()
            case ChangeVoice():
                self._voice = message.voice
            case ChangeAvatar():
                self._charge()
                await self._change_avatar(message)
            case ChangeEngine():
                self._charge()
                await self._change_engine(message)
            case ChangeMicrophone():
                self._microphone.change(message)
            case ChangeLanguage():
                self._microphone.speaks(message.language)
            case Stop():
                self.stop()
            case Start():
                raise BadInput("the session has started", field="type")
            case Ping():
                """The socket answers it."""

    async def _interrupted(self) -> None:
        """Somebody begins to speak: whatever is being said is over. A question that was not answered yet goes on with what they
        say.
        """
        self._activity.note()
        live = self._live
        if live is not None and live.performance.start is None:
            self._begun = f"{self._begun} {live.turn.question}".strip()[-MAX_TEXT:]
        await self._raise_turn()

    async def _said(self, text: str, ended: float) -> None:
        """Somebody has spoken; if they are speaking again already, they have not finished. Where they said nothing after all, the
        question that they broke into is asked again.
        """
        self._begun = f"{self._begun} {text}".strip()[-MAX_TEXT:]
        if self._microphone.is_speaking:
            return
        question, self._begun = self._begun, ""
        try:
            if not is_blank(question):
                await self.ask(question, ended)
        except Problem as problem:
            self.outbox.put(Partial(text=""))
            self.outbox.put(Failed(problem=problem.document()))

    def _charge(self) -> None:
        """Count what costs work. Raises Overloaded."""
        self.caller.charge()
        self._activity.note()

    async def ask(self, question: str, asked: float | None = None) -> None:
        """Begin a turn; what was said before is over. ``asked``: when the question ended.

        Raises Overloaded where too much is asked: then what is being said goes on.
        """
        self._charge()
        asked = self._services.clock() if asked is None else asked
        self._raised += 1
        try:
            await self._raise_turn()
            self._turn += 1
            self.outbox.put(TurnTranscript(turn=self._turn, text=question))
            assert self._tasks is not None
            await self._tasks.start(self._answer, self._turn, question, asked)
        finally:
            self._raised -= 1

    async def _answer(self, number: int, question: str, asked: float, *, task_status: anyio.abc.TaskStatus[None]) -> None:
        """The whole of a turn, as a task of the session's."""
        live = self._live_turn(number, question, asked)
        with anyio.CancelScope() as scope:
            self._live, self._live_scope, self._live_gone = live, scope, anyio.Event()
            gone = self._live_gone
            task_status.started()
            try:
                await self._recorded(live, question)
            finally:
                if self._live is live:
                    self._live = None
                gone.set()
                self._leave()

    async def _recorded(self, live: LiveTurn, question: str) -> None:
        """Run a turn, and write down how it ended: what was heard of it is all that is remembered."""
        await self._use_avatar()
        live.turn.persona = await self._edited()
        record = await self._journal.add(question)
        self.conversation_id = self._journal.conversation_id
        status, problem = TurnStatus.CUT, None
        try:
            with working_on(turn=record, conversation=self.conversation_id), tracing.whole("turn"):
                await self._drawn_by_another(live.turn, functools.partial(self._take_place, live.turn))
                await live.run()
            status = TurnStatus.DONE
        except Exception as error:
            told = error if isinstance(error, Problem) else unexpected(log, "a live turn", error)
            status, problem = TurnStatus.FAILED, told.document()
            await self.stage.interrupt()
            self.outbox.put(Failed(turn=live.number, problem=problem))
            if _lacks_engine(told):
                await self._fall_back(told)
        finally:
            said = live.turn.reply if status is TurnStatus.DONE else live.cut_reply
            self._remember(question, said)
            self._count(live)
            self._services.measure(live.turn, status, problem)
            with anyio.CancelScope(shield=True):
                await self._journal.end(record, status, question=question, reply=said, error=problem)
                self.conversation_id = self._journal.conversation_id

    async def _use_avatar(self) -> None:
        """Keep a face that was brought as long as it is talked to. Raises nothing."""
        if (now := self._services.clock()) - self._used_at > _USE_NOTED_S:
            self._used_at = now
            try:
                await self._services.store.owned.use_avatar(self.owner, self._avatar_id)
            except NotFound:
                """It fails when it is drawn."""
            except Exception as error:
                log.warning("the use of an avatar could not be written down: %s", type(error).__name__)

    async def _edited(self) -> Persona:
        """Who answers, as the stored card is now: its owner may have edited it since the last turn. Raises nothing."""
        if self._persona_id is not None:
            try:
                self._persona = await self._services.card(self._persona_id, self.owner)
            except NotFound:
                """It was deleted: who has been talking talks on."""
            except Exception as error:
                log.warning("a persona could not be read again: %s", type(error).__name__)
        return self._persona

    async def _raise_turn(self) -> None:
        """End the turn under way. The player is told first, then all that was at work for it is stopped."""
        async with self._raising:
            live = self._live
            if live is None or self._live_scope is None:
                return
            live.cut_reply = live.heard()
            resume_s = await self.stage.interrupt()
            self._services.interruptions.inc()
            self.outbox.put(Interrupted(turn=live.number, resume_s=resume_s, heard=live.cut_reply))
            self._live_scope.cancel()
            await self._live_gone.wait()

    async def _take_place(self, turn: Turn) -> None:
        """Raises Overloaded where the place was given back, and all are taken now."""
        profile = turn.request.profile
        place = await self._place.take(profile)
        turn.reservation, turn.chunk_s = place.reservation, chunk_seconds(place, profile)
        self._ladder.limit(Rung.HALF if place.step > 1 else Rung.FULL)

    async def _drawn_by_another(self, turn: Turn, take: Callable[[], Awaitable[None]]) -> None:
        """Take a place; where the engine is gone, the service's best draws from here on. Raises what ``take`` raises."""
        try:
            await take()
        except Problem as problem:
            if not (_lacks_engine(problem) and await self._fall_back(problem)):
                raise
            turn.request = turn.request.model_copy(update={"profile": self._start.profile})
            turn.hears = self._hears
            await take()

    async def _fall_back(self, problem: Problem) -> bool:
        """Let the service's best engine draw, since the one that did is gone. Returns whether there is one."""
        try:
            await self._draw_with(ChangeEngine(type="engine"))
        except Problem:
            return False
        profile = self._start.profile
        self.outbox.put(Engine(engine=profile.engine, restore=profile.restore, problem=problem.document()))
        return True

    def _live_turn(self, number: int, question: str, asked: float) -> LiveTurn:
        profile = self._start.profile
        performance = Performance(number, profile.fps)
        self._ladder.idle()
        request = AvatarChatRequest(text=question, voice=self._voice, profile=profile)

        def first_frame() -> int:
            performance.first_frame = self.stage.next_grid_frame()
            return performance.first_frame

        turn = Turn(
            request,
            avatar_media=b"",
            avatar_id=self._avatar_id,
            persona=self._persona,
            history=list(self._history),
            seed=SEED,
            playhead=StagePlayhead(self.stage, performance),
            first_frame=first_frame,
            sample_rate=RATE,
            step=lambda: self._ladder.step,
            hears=self._hears,
            degrades=True,
        )
        firsts = Firsts(self._services.clock, asked)
        return LiveTurn(
            number,
            turn,
            performance,
            chatbot=self._services.chatbot,
            stage=self.stage,
            outbox=self.outbox,
            ladder=self._ladder,
            firsts=firsts,
        )

    async def _load_idle(self) -> None:
        """The stage asks again for what could not be drawn."""
        with contextlib.suppress(Problem):
            await self.stage.idle.load_all()

    def _count(self, live: LiveTurn) -> None:
        self._services.inserted.inc(live.performance.inserted_frames)
        self._services.dropped.inc(live.performance.dropped_frames)
        if live.performance.start is not None:
            self._services.av_skew.observe(live.performance.longest_lag / self._start.profile.fps)
        if (first := live.firsts.seconds.get("fragment")) is not None:
            self._services.first_fragment.observe(first)

    async def _change_avatar(self, change: ChangeAvatar) -> None:
        async with self._prepared("face"):
            avatar_id, persona = await self._services.face(change.avatar, change.persona, self.owner)
            self.outbox.put(Preparing(step="motion"))
            idle = self._services.idle_loops.loop(avatar_id, self._start.profile, SEED)
            await idle.load(0)
        self._avatar_id, self._persona, self.stage.idle = avatar_id, persona, idle
        self._persona_id = change.persona if isinstance(change.persona, str) else None

    @asynccontextmanager
    async def _prepared(self, step: Step) -> AsyncIterator[None]:
        """Tell a client that changes something what it waits for, and when that is over."""
        self.outbox.put(Preparing(step=step))
        try:
            yield
        finally:
            self.outbox.put(Preparing(step="done"))

    async def _change_engine(self, change: ChangeEngine) -> None:
        async with self._prepared("motion"):
            await self._draw_with(change)

    async def _draw_with(self, change: ChangeEngine) -> None:
        asked = self._start.profile.model_copy(update={"engine": change.engine, "restore": change.restore})
        drawer = await self._services.drawer(asked)
        idle = self._services.idle_loops.loop(self._avatar_id, drawer.profile, SEED)
        await idle.load(0)
        self._start.profile, self._hears, self.stage.idle = drawer.profile, drawer.hears, idle

    def _remember(self, question: str, reply: str) -> None:
        if reply:
            said = [{"role": "user", "content": question}, {"role": "assistant", "content": reply}]
            self._history = history.newest([*self._history, *said])

    def _greet(self, *, resumed: bool) -> None:
        self.outbox.put(
            Ready(
                session=self.id,
                conversation_id=self.conversation_id,
                avatar_id=self._avatar_id,
                content_type=self.stage.content_type,
                fps=self._start.profile.fps,
                resumed=resumed,
                resume_s=RESUME_S,
            )
        )

    def _quality_changed(self, rung: Rung, reason: str) -> None:
        self.outbox.put(Quality(level=rung.level, reason=reason))
        self._services.quality.labels(rung.level).inc()


def _lacks_engine(problem: Problem) -> bool:
    return isinstance(problem, RelayedProblem) and problem.code == UnknownEngine.code
