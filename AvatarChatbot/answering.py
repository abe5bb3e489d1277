"""From a request to its answer: resolve who answers, drive the megaservice, make one video, keep it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import anyio
from anyio import to_thread

from AvatarChatbot import faces
from AvatarChatbot.avatarchatbot import AvatarChatbot
from AvatarChatbot.request import AvatarChatRequest
from AvatarChatbot.store import Store
from AvatarChatbot.turn import Turn
from comps.cores.common.settings import GatewaySettings
from comps.cores.errors import BadInput, Problem, RelayedProblem
from comps.cores.mega.orchestrator import Progress, first_error
from comps.cores.proto.avatar import AvatarInfo, AvatarRequest, Persona
from comps.media.mux import AnswerMuxer
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


class Answering:
    """Answers requests with the megaservice of ``chatbot``; conversations and videos go to ``store``."""

    def __init__(self, chatbot: AvatarChatbot, store: Store, settings: GatewaySettings) -> None:
        self._chatbot = chatbot
        self._store = store
        self._settings = settings

    async def answer(self, request: AvatarChatRequest, progress: Progress | None = None) -> Answer:
        """The complete answer. A turn that fails is kept with its problem; one whose client left, as cut."""
        if request.audio is None and request.text is None:
            raise BadInput("a question is missing: give audio or text", field="audio")
        persona = await self._persona(request.persona)
        face = await faces.resolve(request, persona, self._settings, self._store.blobs)
        persona = persona or face.card
        conversation = await self._conversation(request, persona)
        turn = Turn(
            request, avatar_media=face.media, persona=persona, history=_history(request, conversation), seed=request.seed or 0
        )
        record = await self._store.conversations.add_turn(conversation.id, request.text or "")
        status, problem, video_id = TurnStatus.CUT, None, ""
        try:
            avatar = await self._run(turn, face, progress)
            made = await to_thread.run_sync(mux, turn)
            meta: dict[str, str | float] = {
                "avatar_id": avatar.avatar_id,
                "conversation_id": conversation.id,
                "content_type": made.content_type,
            }
            video_id = await self._store.blobs.put(made.data, "videos", record.id, meta)
            status = TurnStatus.DONE
        except Problem as error:
            _name_our_field(error)
            status, problem = TurnStatus.FAILED, error.document()
            raise
        finally:
            with anyio.CancelScope(shield=True):
                await self._store.conversations.end_turn(
                    record.id, status, question=turn.question, reply=turn.reply, video_id=video_id, error=problem
                )
        fields = {
            **turn.answer_fields(),
            "pcm_sha256": made.pcm_sha256,
            "avatar_id": avatar.avatar_id,
            "conversation_id": conversation.id,
            "persona": turn.persona.model_dump(mode="json", exclude={"id"}) if turn.persona else None,
        }
        return Answer(made.data, made.content_type, video_id, fields)

    async def register(self, media: bytes, points: dict[str, list[tuple[float, float]]] | None = None) -> AvatarInfo:
        """Make an avatar known to the animation service. Raises RelayedProblem for what shows no face or is no picture."""
        client, animation = self._chatbot.megaservice.client, self._chatbot.animation
        request = AvatarRequest(media=media, points=points)
        return AvatarInfo.model_validate(await client.call(animation, request, path="/v1/animation/avatars"))

    async def _run(self, turn: Turn, face: faces.Face, progress: Progress | None) -> AvatarInfo:
        """The avatar is registered while the question is recognised; the first failure of either stops both."""
        registered: list[AvatarInfo] = []

        async def register() -> None:
            registered.append(await self.register(face.media, turn.request.points))
            turn.avatar_registered(registered[0].avatar_id)

        def report(stage: str, done: int, total: int) -> None:
            turn.times(stage, done, total)
            if progress:
                progress(stage, done, total)

        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(register)
                await self._chatbot.megaservice.schedule({}, progress=report, turn=turn)
        except BaseExceptionGroup as group:
            raise first_error(group) from None
        return registered[0]

    async def _persona(self, persona: Persona | str | None) -> Persona | None:
        if isinstance(persona, str):
            return (await self._store.personas.get(persona)).persona
        return persona

    async def _conversation(self, request: AvatarChatRequest, persona: Persona | None) -> Conversation:
        if request.conversation_id is not None:
            return await self._store.conversations.get(request.conversation_id)
        card = persona.model_dump(mode="json", exclude={"id"}) if persona else None
        return await self._store.conversations.create(card)


def _name_our_field(problem: Problem) -> None:
    """A node names the field of its own request; the client knows that of ours."""
    ours = _FIELDS.get(str(problem.extra.get("node")))
    if isinstance(problem, RelayedProblem) and ours and problem.extra.get("field") in (None, "media"):
        problem.extra["field"] = ours


def _history(request: AvatarChatRequest, conversation: Conversation) -> list[dict[str, str]]:
    """Earlier turns as chat messages: the client's own where it sent any, else the conversation's answered ones."""
    if isinstance(request.messages, list):
        return [{"role": message.role, "content": message.content} for message in request.messages]
    messages: list[dict[str, str]] = []
    for turn in conversation.turns:
        if turn.status is TurnStatus.DONE:
            messages += [{"role": "user", "content": turn.question}, {"role": "assistant", "content": turn.reply}]
    return messages


@dataclass(frozen=True)
class Video:
    """``pcm_sha256``: of the sound that went into the encoder, mono s16le."""

    data: bytes
    content_type: str
    pcm_sha256: str


def mux(turn: Turn) -> Video:
    """One MP4 of the turn's speech and chunks. Blocks: runs in a thread."""
    assert turn.timeline is not None
    muxer = AnswerMuxer(turn.request.profile, turn.timeline.sample_rate)
    fragments = []
    for sound in turn.sound:
        fragments += muxer.add_speech(sound)
    fragments += muxer.end_speech()
    for chunk in turn.chunks:
        fragments += muxer.add_chunk(chunk)
    fragments += muxer.finish()
    return Video(b"".join(fragment.data for fragment in fragments), muxer.content_type, muxer.pcm_sha256)
