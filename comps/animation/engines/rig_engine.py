"""The event loop's side of all engines that draw on warp's rigs: faces are learnt once, whoever draws them."""

from __future__ import annotations

from typing import ClassVar, cast

import numpy as np
from anyio import to_thread
from numpy.typing import NDArray

from comps.animation.avatars import AvatarStore, Findings, Part, Points, avatar_id
from comps.cores.common.settings import AnimationSettings, LandmarkSettings
from comps.cores.errors import NoFace, NotFound
from comps.cores.proto.avatar import AvatarInfo, AvatarRequest
from comps.cores.workers.pool import WorkerPool
from comps.media.clip_windows import ENOUGH, SHORTEST
from comps.media.landmarks import Landmarker, portrait
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
        if len(frames) > 1:
            media, findings = await self._clip(media, frames, request.points)
        else:
            media, findings = await self._still(media, frames[0], request.points)
        sent = await to_thread.run_sync(content_key, request.media)
        return cast(AvatarInfo, await self._pool.call("build", key, media, findings, sent))

    async def info(self, avatar_id: str) -> AvatarInfo:
        return await to_thread.run_sync(self._store.info, avatar_id)

    async def forget(self, avatar_id: str) -> None:
        await to_thread.run_sync(self._store.delete, avatar_id)

    async def _clip(self, media: bytes, frames: NDArray[np.uint8], points: Points | None) -> tuple[bytes, Findings]:
        """What of a clip is used, and its face: the first stretch that is long enough, else the longest, else one picture.

        ``frames``: of its first seconds, uint8 RGB [n, h, w, 3]. Raises NoFace, and as ``_still``.
        """
        best: tuple[Part, NDArray[np.float32]] | None = None
        for from_s in await self._pool.call("windows", media):
            frames = await self._pool.call("window", media, from_s) if from_s else frames
            landmarks = await self._landmarker.track(list(frames))
            part = await self._pool.call("stretch", media, from_s, landmarks)
            if part is None:
                continue
            if not from_s and part.stop - part.first == len(frames):
                return media, Findings(landmarks, points=points)
            if best is None or part.stop - part.first > best[0].stop - best[0].first:
                best = part, landmarks[part.first : part.stop]
            if best[0].stop - best[0].first >= ENOUGH:
                break
        if best is None:
            raise NoFace("no face was found in the clip", field="media")
        part, landmarks = best
        if part.stop - part.first < SHORTEST:
            still = await self._pool.call("still", media, part)
            return await self._still(still, (await self._pool.call("frames", still))[0], points)
        return media, Findings(landmarks, points=points, part=part)

    async def _still(self, media: bytes, picture: NDArray[np.uint8], points: Points | None) -> tuple[bytes, Findings]:
        """The picture file with its face upright and large enough, and what is in it. Raises NoFace, FaceTooSmall, FaceCut.

        ``picture``: what is in ``media``, uint8 RGB [h, w, 3].
        """
        face = await self._landmarker.face(picture)
        how = portrait.recast(face, *picture.shape[:2], is_shrunk=max(picture.shape) >= portrait.LARGEST) if face else None
        if how is not None:
            media, points = await self._pool.call("recast", media, how, points)
            picture = (await self._pool.call("frames", media))[0]
            face = await self._landmarker.face(picture)
        height, width = picture.shape[:2]
        face = portrait.check(face, height, width, how)
        return media, Findings(face.points[None], await self._landmarker.person(picture), points)
