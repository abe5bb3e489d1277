"""From a request to its answer: resolve who answers, drive the megaservice, make one video, keep it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import anyio

from AvatarChatbot import faces, history
from AvatarChatbot.answer_metrics import AnswerMetrics
from AvatarChatbot.answer_stream import AnswerStream, Hold, Progress
from AvatarChatbot.avatarchatbot import AvatarChatbot
from AvatarChatbot.capacity import Capacity, chunk_seconds
from AvatarChatbot.drawer import drawer
from AvatarChatbot.heard import heard
from AvatarChatbot.owner import EVERYBODY
from AvatarChatbot.playhead import NoPlayhead, Playhead
from AvatarChatbot.request import AvatarChatRequest
from AvatarChatbot.store import Store
from AvatarChatbot.turn import Turn
from AvatarChatbot.unrecorded import answering_all_the_same
from comps.cores.common.settings import GatewaySettings
from comps.cores.errors import BadInput, InsufficientStorage, NotFound, Problem, RelayedProblem
from comps.cores.proto.avatar import AvatarInfo, AvatarRequest, Persona
from comps.cores.telemetry import tracing
from comps.cores.telemetry.turn import working_on
from comps.storage.conversations import Conversation, TurnStatus

#: The field of our request that a node looks at.
_FIELDS = {"asr": "audio", "describe": "avatar", "animation": "avatar"}


@dataclass(frozen=True)
class Answer:
    """``video``: the whole MP4. ``fields``: what JSON says of it."""

    video: bytes
    content_type: str
    video_id: str
    fields: dict[str, Any]


@dataclass
class Answered:
    """An answer being made for ``owner``. ``video_id`` is known at the start; ``stream.events()`` makes it; ``keep`` ends it."""

    stream: AnswerStream
    owner: str
    video_id: str
    conversation_id: str
    kept: bool = False
    #: Set when the whole answer was sent but its video could not be stored.
    unkept: InsufficientStorage | None = None

    def answer(self) -> Answer:
        """The complete answer. Only after the last of the stream's events."""
        turn = self.stream.turn
        fields = {
            **turn.answer_fields(),
            "pcm_sha256": self.stream.pcm_sha256,
            "avatar_id": turn.avatar_id,
            "conversation_id": self.conversation_id,
            "persona": turn.persona.model_dump(mode="json", exclude={"id"}) if turn.persona else None,
        }
        return Answer(self.stream.video, self.stream.content_type, self.video_id, fields)


class Answering:
    """Answers requests with the megaservice of ``chatbot``; conversations and videos go to ``store``, as those of the owner who
    asks.

    ``metrics``: where what is measured of answers goes; None: nowhere.
    """

    def __init__(self, chatbot: AvatarChatbot, store: Store, settings: GatewaySettings) -> None:
        self._chatbot = chatbot
        self._store = store
        self._settings = settings
        self.capacity = Capacity(chatbot)
        self.metrics: AnswerMetrics | None = None

    async def answer(self, request: AvatarChatRequest, owner: str, progress: Progress | None = None) -> Answer:
        """The complete answer. Raises what ``stream`` raises."""
        async with self.stream(request, owner, progress=progress) as answered:
            async with aclosing(answered.stream.events()) as events:
                async for _ in events:
                    pass
            return await self.keep(answered)

    @asynccontextmanager
    async def stream(
        self,
        request: AvatarChatRequest,
        owner: str,
        *,
        playhead: Playhead | None = None,
        progress: Progress | None = None,
    ) -> AsyncIterator[Answered]:
        """An answer while it is made; ``playhead`` of whoever watches it meanwhile.

        Raises Overloaded where it could not be drawn as fast as it plays. Leaving the context ends the work. A turn that was
        not kept by then is recorded: with its problem where it failed, else as cut.
        """
        async with AsyncExitStack() as stack:
            turn, conversation, hold = await self._turn(request, owner, playhead)
            if playhead is not None:
                profile = turn.request.profile
                place = await stack.enter_async_context(self.capacity.place(profile))
                turn.reservation, turn.chunk_s = place.reservation, chunk_seconds(place, profile)
                turn.step = lambda: place.step
            yield await stack.enter_async_context(self._recorded(turn, conversation, owner, hold, progress))

    @asynccontextmanager
    async def _recorded(
        self, turn: Turn, conversation: Conversation, owner: str, hold: Hold, progress: Progress | None
    ) -> AsyncIterator[Answered]:
        record = await self._store.conversations.add_turn(conversation.id, turn.request.text or "")
        answered: Answered | None = None
        status, problem = TurnStatus.CUT, None
        try:
            with working_on(turn=record.id, conversation=conversation.id), tracing.whole("turn"):
                async with self._chatbot.megaservice.stream({}, turn=turn) as run:
                    is_played = not isinstance(turn.playhead, NoPlayhead)
                    stream = AnswerStream(
                        run,
                        turn,
                        hold=hold,
                        is_played=is_played,
                        progress=progress,
                        most_bytes=self._settings.max_video_mb * 2**20,
                    )
                    answered = Answered(stream, owner, record.id, conversation.id)
                    yield answered
        except Problem as error:
            _name_our_field(error, turn.request)
            status, problem = TurnStatus.FAILED, error.document()
            raise
        finally:
            kept = answered is not None and answered.kept
            status = TurnStatus.DONE if kept else status
            if answered is not None and answered.unkept is not None:
                status, problem = TurnStatus.DONE, answered.unkept.document()
            self.measure(turn, status, problem)
            with anyio.CancelScope(shield=True), answering_all_the_same():
                await self._store.conversations.end_turn(
                    record.id,
                    status,
                    question=turn.question,
                    reply=turn.reply if kept or problem else _heard(turn),
                    video_id=record.id if kept else "",
                    error=problem,
                )

    def measure(self, turn: Turn, status: TurnStatus, problem: dict[str, Any] | None) -> None:
        """Count an answer that has ended."""
        if self.metrics is not None:
            self.metrics.ended(status, str(problem["code"]) if problem else "", turn.times.seconds, turn.engines)

    async def keep(self, answered: Answered) -> Answer:
        """Store the video of an answer whose events have been read to the end."""
        answer = answered.answer()
        meta: dict[str, str | float] = {
            "avatar_id": answer.fields["avatar_id"],
            "conversation_id": answered.conversation_id,
            "content_type": answer.content_type,
        }
        await self._store.owned.keep_video(answered.owner, answered.video_id, answer.video, meta)
        answered.kept = True
        return answer

    async def keep_if_there_is_room(self, answered: Answered) -> Answer:
        """``keep`` an answer that its client has already; on a full disk it is noted as not kept."""
        try:
            return await self.keep(answered)
        except InsufficientStorage as problem:
            answered.unkept = problem
            return answered.answer()

    async def register(self, asked: AvatarRequest, owner: str, *, brought: bool = False) -> AvatarInfo:
        """Make an avatar known to the animation service, and ``owner``'s; of one that is ``brought`` with a request, for a while.

        Raises RelayedProblem for what shows no face or is no picture.
        """
        info = await self._known(asked)
        await self._hold(asked, owner, info.avatar_id, brought=brought)
        return info

    async def _known(self, asked: AvatarRequest) -> AvatarInfo:
        return AvatarInfo.model_validate(await self._chatbot.megaservice.client.call(self._chatbot.avatar, asked))

    async def _hold(self, asked: AvatarRequest, owner: str, avatar_id: str, *, brought: bool) -> None:
        """Write down whose an avatar is that the animation service knows.

        Its last owner may have deleted it since: with the new row in place it is registered once more.
        """
        is_new = await self._store.owned.hold_avatar(owner, avatar_id, brought=brought)
        if is_new and not await self._is_there(avatar_id):
            await self._known(asked)

    async def _is_there(self, avatar_id: str) -> bool:
        path = f"{self._chatbot.avatar.endpoint}/{avatar_id}"
        try:
            await self._chatbot.megaservice.client.call(self._chatbot.avatar, None, path=path, method="GET")
        except RelayedProblem as problem:
            if problem.status != NotFound.status:
                raise
            return False
        return True

    async def _turn(self, request: AvatarChatRequest, owner: str, playhead: Playhead | None) -> tuple[Turn, Conversation, Hold]:
        if request.audio is None and request.text is None:
            raise BadInput("a question is missing: give audio or text", field="audio")
        persona = await faces.persona(request.persona, self._store, owner)
        face = await faces.resolve(request, persona, self._settings, self._store, owner)
        persona = persona or face.card
        drawn = await drawer(self._chatbot, request.profile)
        request = request.model_copy(update={"profile": drawn.profile})
        conversation = await self._conversation(request, persona, owner)
        turn = Turn(
            request,
            avatar_media=face.media,
            avatar_id=face.avatar_id,
            persona=persona,
            history=_earlier(request, conversation),
            seed=request.seed or 0,
            hears=drawn.hears,
            playhead=playhead,
        )
        is_ours = face.is_ours and not request.points
        asked = AvatarRequest(media=face.media, points=request.points)
        hold = partial(self._hold, asked, EVERYBODY if is_ours else owner, brought=not is_ours)
        return turn, conversation, hold

    async def _conversation(self, request: AvatarChatRequest, persona: Persona | None, owner: str) -> Conversation:
        if request.conversation_id is not None:
            return await self._store.conversations.recent(request.conversation_id, history.MAX_TURNS, owner=owner)
        card = persona.model_dump(mode="json", exclude={"id"}) if persona else None
        return await self._store.conversations.create(card, owner=owner)


def _heard(turn: Turn) -> str:
    """What of a cut turn's reply may have been heard."""
    played = -turn.playhead.seconds_left(0.0)
    return heard(turn.reply, turn.timeline.words, played) if turn.timeline else ""


def _name_our_field(problem: Problem, request: AvatarChatRequest) -> None:
    """A node names the field of its own request; the client knows that of ours."""
    if not isinstance(problem, RelayedProblem):
        return
    node, field = str(problem.extra.get("node")), problem.extra.get("field")
    if node in _FIELDS and field in (None, "media"):
        problem.extra["field"] = _FIELDS[node]
    elif node == "llm" and field == "messages" and not request.messages:
        problem.extra["field"] = "audio" if request.text is None else "text"


def _earlier(request: AvatarChatRequest, conversation: Conversation) -> history.Messages:
    """Earlier messages: the client's own where it sent any, else the conversation's."""
    if isinstance(request.messages, list):
        return history.newest([{"role": message.role, "content": message.content} for message in request.messages])
    return history.of_turns(conversation.turns)
