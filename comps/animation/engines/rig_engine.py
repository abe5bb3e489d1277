"""The event loop's side of all engines that draw on warp's rigs: faces are learnt once, whoever draws them."""

from __future__ import annotations

from typing import ClassVar, cast

import numpy as np
from anyio import to_thread
from numpy.typing import NDArray

from comps.animation.avatars import AvatarStore, Findings, Points, avatar_id
from comps.cores.common.settings import AnimationSettings, LandmarkSettings
from comps.cores.errors import NoFace, NotFound
from comps.cores.proto.avatar import AvatarInfo, AvatarRequest
from comps.cores.workers.pool import WorkerPool
from comps.media.landmarks import Landmarker
from comps.storage.blobs import Blobs, content_key


class RigEngine:
    """Worker processes build rigs and draw; a helper process finds landmarks, once for every avatar."""

    #: The ``RigWorker`` that draws: ``"module:Class"``.
    worker: ClassVar[str]

    def __init__(self, settings: AnimationSettings) -> None:
        self._settings = settings
        self._landmarker = Landmarker(LandmarkSettings())

    @classmethod
    def unavailable(cls, settings: AnimationSettings) -> str | None:
        return Landmarker.unavailable(LandmarkSettings())

    async def start(self) -> None:
        url = self._settings.storage.blobs
        self._store = AvatarStore(await to_thread.run_sync(Blobs, url))
        self._pool = WorkerPool(
            self.worker,
            {"blobs": url, "rig_cache": self._settings.rig_cache},
            node="animation",
            size=self._settings.workers,
        )
        await self._pool.start()

    async def stop(self) -> None:
        await self._landmarker.stop()
        await self._pool.stop()

    async def ready(self) -> None:
        await self._pool.ready()
        await self._landmarker.ready()

    async def prepare(self, restore: str) -> None:
        """There is nothing to load."""

    async def register(self, request: AvatarRequest) -> AvatarInfo:
        key = avatar_id(request)
        try:
            return await self.info(key)
        except NotFound:
            pass
        media = await self._pool.call("bare", request.media)
        frames = await self._pool.call("frames", media)
        findings = await self._find(frames, request.points)
        sent = await to_thread.run_sync(content_key, request.media)
        return cast(AvatarInfo, await self._pool.call("build", key, media, findings, sent))

    async def info(self, avatar_id: str) -> AvatarInfo:
        return await to_thread.run_sync(self._store.info, avatar_id)

    async def forget(self, avatar_id: str) -> None:
        await to_thread.run_sync(self._store.delete, avatar_id)

    async def _find(self, frames: NDArray[np.uint8], points: Points | None) -> Findings:
        """The face and the person in ``frames`` (uint8 RGB [n, h, w, 3]). Raises NoFace."""
        if len(frames) > 1:
            return Findings(await self._landmarker.track(list(frames)), points=points)
        faces = await self._landmarker.faces(frames[0])
        if not faces:
            raise NoFace("no face was found in the picture", field="media")
        return Findings(faces[0].points[None], await self._landmarker.person(frames[0]), points)
