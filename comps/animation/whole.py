"""A whole clip at once: a recording and a face in, an MP4 out, fragment by fragment."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections import deque
from collections.abc import AsyncGenerator, Iterable

import anyio
from anyio import to_thread
from pydantic import Field, model_validator

from comps.animation.admitted import AdmittedDrawing
from comps.animation.ensemble import Ensemble
from comps.animation.sound import RATE
from comps.cores.common.settings import AnimationSettings
from comps.cores.errors import BadInput
from comps.cores.proto.avatar import AvatarRequest, Chunk, ChunkRequest, EngineName, Phoneme, Restore, Size, Speech, VideoProfile
from comps.cores.proto.base_doc import BaseDoc
from comps.cores.proto.media import Media
from comps.cores.workers.pool import WorkerPool
from comps.media import default_avatar
from comps.media.mux import AnswerMuxer
from comps.media.timeline import Timeline
from comps.storage.async_blobs import AsyncBlobs
from comps.storage.blobs import Blobs
from comps.storage.housekeeping import Housekeeper

#: Where videos can be fetched.
VIDEOS = "/v1/animation/videos"
_VIDEOS = "videos"
_CONTENT_TYPE = "video/mp4"
#: The decoder's process is given back after this long without work, seconds.
_IDLE_S = 60.0


class ClipRequest(BaseDoc):
    """A recording of speech (``byte_str``, OPEA's name) and the face that is to speak it.

    The face: ``avatar_id`` of a registered one, or ``avatar``, a picture or clip; with neither the service's own, if it has one.
    ``phonemes``: what is said when, in seconds of the recording; without them the mouth follows the sound. ``engine``,
    ``restore`` and ``size`` go before the profile.
    """

    byte_str: Media = Field(min_length=1)
    avatar_id: str | None = Field(default=None, max_length=128)
    avatar: Media | None = None
    phonemes: list[Phoneme] = Field(default_factory=list)
    engine: EngineName | None = None
    restore: Restore | None = None
    size: Size | None = None
    profile: VideoProfile = Field(default_factory=VideoProfile)
    seed: int = 0

    @model_validator(mode="after")
    def _drawn_as_asked(self) -> ClipRequest:
        profile = self.profile.asked(engine=self.engine, restore=self.restore, size=self.size)
        if profile != self.profile:
            self.profile = profile
        return self


class ClipMaker:
    """Makes whole clips with an engine, and keeps them for as long as the storage settings say."""

    def __init__(self, engine: Ensemble, drawing: AdmittedDrawing, settings: AnimationSettings) -> None:
        self._engine = engine
        self._drawing = drawing
        self._settings = settings
        self._decoder = WorkerPool("comps.animation.sound:SoundDecoder", node="animation", idle_s=_IDLE_S)
        self._videos: AsyncBlobs
        self._housekeeper: Housekeeper | None = None

    async def start(self) -> None:
        storage = self._settings.storage
        self._videos = AsyncBlobs(await to_thread.run_sync(Blobs, storage.blobs, int(storage.quota_mb * 2**20)))
        self._housekeeper = Housekeeper(self._videos.blocking, None, storage)
        await self._housekeeper.start()

    async def stop(self) -> None:
        if self._housekeeper is not None:
            await self._housekeeper.stop()
        await self._decoder.stop()

    async def ready(self) -> None:
        """Raises InsufficientStorage while the disk is full: neither clips nor avatars can be kept."""
        await self._decoder.ready()
        await self._videos.check_room()

    async def fragments(self, request: ClipRequest) -> AsyncGenerator[bytes, None]:
        """The MP4, piece by piece, as it is drawn. Raises what the engine raises, BadInput without a face, and as
        ``Ensemble.pinned``.
        """
        profile = self._profile(request)
        avatar_id = await self._avatar_id(request)
        pcm = await self._decoder.call("decode", request.byte_str, self._settings.max_audio_s)
        timeline = Timeline(avatar_id, profile, request.seed, hears=self._engine.hears(profile))
        sound = timeline.add(Speech(pcm=pcm, sample_rate=RATE, phonemes=request.phonemes))
        muxer = AnswerMuxer(profile, timeline.sample_rate)
        await to_thread.run_sync(muxer.add_speech, sound)
        async with contextlib.aclosing(self._chunks(timeline.chunks(final=True))) as chunks:
            async for chunk in chunks:
                for fragment in await to_thread.run_sync(muxer.add_chunk, chunk):
                    yield fragment.data
        for fragment in await to_thread.run_sync(muxer.finish):
            yield fragment.data

    async def video(self, request: ClipRequest) -> bytes:
        """The whole MP4."""
        async with contextlib.aclosing(self.fragments(request)) as fragments:
            return b"".join([fragment async for fragment in fragments])

    async def store(self, request: ClipRequest) -> str:
        """Make the clip and keep it. Returns its id."""
        video = await self.video(request)
        return await self._videos.put(video, _VIDEOS, uuid.uuid4().hex, {"content_type": _CONTENT_TYPE})

    async def stored(self, video_id: str) -> bytes:
        """Raises NotFound."""
        return await self._videos.get(_VIDEOS, video_id)

    def _profile(self, request: ClipRequest) -> VideoProfile:
        """What the clip is drawn as, with the service's own frame rate where the request names none."""
        asked = request.profile
        if "fps" not in asked.model_fields_set:
            asked = asked.model_copy(update={"fps": self._settings.fps})
        return self._engine.pinned(asked)

    async def _avatar_id(self, request: ClipRequest) -> str:
        if request.avatar_id is not None:
            return request.avatar_id
        media = request.avatar
        if media is None and self._settings.default_avatar is not None:
            path = self._settings.default_avatar
            media = await default_avatar.read(path, setting="ANIMATION_DEFAULT_AVATAR", node="animation")
        if media is None:
            raise BadInput("give avatar or avatar_id: this service has no face of its own", field="avatar")
        return (await self._engine.register(AvatarRequest(media=media))).avatar_id

    async def _chunks(self, requests: Iterable[ChunkRequest]) -> AsyncGenerator[Chunk, None]:
        """Chunks in order; as many are drawn at once as there are workers, and one waits."""
        drawing: deque[asyncio.Task[Chunk]] = deque()
        # The tasks are not the caller's: they do not know its deadline by themselves.
        deadline = anyio.current_effective_deadline()
        try:
            for request in requests:
                drawing.append(asyncio.create_task(self._drawing.chunk(request, deadline)))
                if len(drawing) > self._settings.workers:
                    yield await drawing[0]
                    drawing.popleft()
            while drawing:
                yield await drawing[0]
                drawing.popleft()
        finally:
            for task in drawing:
                task.cancel()
            await asyncio.gather(*drawing, return_exceptions=True)
