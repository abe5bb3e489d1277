"""What all live sessions of a gateway share."""

from __future__ import annotations

from collections.abc import Callable

import anyio

from AvatarChatbot import faces
from AvatarChatbot.answer_metrics import FIRST_S
from AvatarChatbot.answering import Answering
from AvatarChatbot.avatarchatbot import AvatarChatbot
from AvatarChatbot.drawer import Drawer, drawer
from AvatarChatbot.live.idle import IdleLoops
from AvatarChatbot.owner import EVERYBODY
from AvatarChatbot.request import AvatarChatRequest
from AvatarChatbot.store import Store
from comps.cores.common.settings import GatewaySettings
from comps.cores.proto.avatar import AvatarRequest, Chunk, ChunkRequest, Persona, PersonaDraft, VideoProfile
from comps.cores.telemetry.metrics import ServiceMetrics
from comps.cores.workers.pool import WorkerPool

_EARS_IDLE_S = 60.0
#: Around what people notice and what they put up with (ITU-R BT.1359-1: 45 ms, 90 ms of early sound), seconds.
_SKEW_S = (0.0, 0.045, 0.09, 0.125, 0.185, 0.25, 0.5, 1.0, 2.0)


class Services:
    """``clock``: seconds."""

    def __init__(
        self,
        chatbot: AvatarChatbot,
        store: Store,
        answering: Answering,
        settings: GatewaySettings,
        metrics: ServiceMetrics,
        clock: Callable[[], float] = anyio.current_time,
    ) -> None:
        self.chatbot = chatbot
        self.store = store
        self.settings = settings
        self.clock = clock
        self.interruptions = metrics.counter("live_interruptions", "Answers that were interrupted")
        self.quality = metrics.counter("live_quality_changes", "Sessions that came to a rung of the ladder", ["level"])
        self.inserted = metrics.counter("live_inserted_frames", "Frames for which no picture was there in time")
        self.dropped = metrics.counter("live_dropped_frames", "Frames whose picture came too late")
        self.av_skew = metrics.histogram(
            "live_av_skew_seconds", "How far an answer's pictures were behind its sound at most", buckets=_SKEW_S
        )
        self.first_fragment = metrics.histogram(
            "live_first_fragment_seconds", "From the end of a question to its answer's first picture", buckets=FIRST_S
        )
        self.idle_loops = IdleLoops(self._draw)
        self.capacity = answering.capacity
        #: One process listens for all sessions; it ends when nobody speaks to it for a while.
        self.ears = WorkerPool("comps.listening.ear_worker:EarWorker", node="gateway", idle_s=_EARS_IDLE_S)
        #: Counts an answer that has ended.
        self.measure = answering.measure
        self._answering = answering

    async def stop(self) -> None:
        await self.ears.stop()

    async def ready(self) -> None:
        await self.ears.ready()

    async def drawer(self, profile: VideoProfile) -> Drawer:
        """Who draws a profile. Raises RelayedProblem (422) where it names what there is not."""
        return await drawer(self.chatbot, profile)

    async def face(self, avatar: str | None, persona: Persona | str | None, owner: str) -> tuple[str, Persona]:
        """The id of an avatar as ``owner`` names it, made known to the animation service, and who it is.

        Without a card, given or its own, one is drafted from the picture. Raises what ``faces.resolve``, describe and animation
        raise.
        """
        card = await faces.persona(persona, self.store, owner)
        face = await faces.resolve(AvatarChatRequest(avatar=avatar), card, self.settings, self.store, owner)
        avatar_id = face.avatar_id or await self._brought(face, owner)
        return avatar_id, card or face.card or await self._drafted(face.media)

    async def card(self, persona_id: str, owner: str) -> Persona:
        """A stored persona as it is now. Raises NotFound."""
        return (await self.store.personas.get(persona_id, owner=owner)).persona

    async def _brought(self, face: faces.Face, owner: str) -> str:
        asked = AvatarRequest(media=face.media)
        known = await self._answering.register(asked, EVERYBODY if face.is_ours else owner, brought=not face.is_ours)
        return known.avatar_id

    async def _drafted(self, media: bytes) -> Persona:
        answer = await self.chatbot.megaservice.client.call(self.chatbot.describe, AvatarRequest(media=media))
        return PersonaDraft.model_validate(answer).persona

    async def _draw(self, request: ChunkRequest) -> Chunk:
        return Chunk.model_validate(await self.chatbot.megaservice.client.call(self.chatbot.animation, request))
