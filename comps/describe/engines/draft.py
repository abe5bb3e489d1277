"""The embedded engine: a persona drafted by computer vision alone, without any model beyond the face mesh."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import cast

import numpy as np
from anyio import to_thread
from numpy.typing import NDArray

from comps.cores.common.settings import DescribeSettings, LandmarkSettings
from comps.cores.errors import FaceCut, FaceTooSmall, InsufficientStorage, NoFace, NotFound
from comps.cores.proto.avatar import PersonaDraft
from comps.cores.proto.face_report import FaceReport
from comps.cores.workers.pool import WorkerPool
from comps.describe.answers import Candidate, Drafted
from comps.describe.boxes import overlap, surroundings
from comps.describe.clip_report import Stretch
from comps.describe.face_report import Found, refused, report, straightened
from comps.describe.survey import MAX_FACES, PICTURE_SIDE, find_faces
from comps.media.clip_windows import ENOUGH
from comps.media.landmarks import Face, Landmarker, portrait
from comps.media.landmarks.portrait import SURE, Recast
from comps.storage.async_blobs import AsyncBlobs
from comps.storage.blobs import Blobs, content_key

_log = logging.getLogger(__name__)

#: Part of the cache's keys: raise it when the same media would be described otherwise.
_VERSION = "draft2"
_NODE = "describe"
#: How far the face found in full size must cover the one that was surveyed: intersection over union.
_SAME_FACE = 0.3
#: The workers are given back after this long without work, seconds.
_IDLE_S = 60.0


class DraftEngine:
    """See ``DescribeEngine``. Drafts are kept by the content of their media, so the same picture is looked at once."""

    name = "draft"

    def __init__(self, settings: DescribeSettings) -> None:
        self._settings = settings
        self._landmarker = Landmarker()
        self._pool = WorkerPool(
            "comps.describe.worker:DraftWorker",
            {"max_clip_s": settings.max_clip_s, "refuse_clip_s": settings.refuse_clip_s},
            node=_NODE,
            size=settings.workers,
            idle_s=_IDLE_S,
        )
        # A worker remembers the footage between the three questions of a draft: no more drafts than workers.
        self._turns = asyncio.Semaphore(settings.workers)
        self._drafting: dict[str, asyncio.Lock] = {}
        self._cache: AsyncBlobs

    @classmethod
    def unavailable(cls, settings: DescribeSettings) -> str | None:
        return Landmarker.unavailable(LandmarkSettings())

    async def start(self) -> None:
        quota = int(self._settings.storage.quota_mb * 2**20)
        self._cache = AsyncBlobs(await to_thread.run_sync(Blobs, self._settings.storage.blobs, quota))

    async def stop(self) -> None:
        await self._pool.stop()
        await self._landmarker.stop()

    async def ready(self) -> None:
        await self._pool.ready()
        await self._landmarker.ready()

    async def describe(self, media: bytes) -> PersonaDraft:
        """See ``DescribeEngine.describe``."""
        digest = await to_thread.run_sync(content_key, media)
        # The same picture asked twice at once is looked at once: the second waits, and finds it in the cache.
        lock = self._drafting.setdefault(digest, asyncio.Lock())
        try:
            async with lock:
                return await self._remembered(digest) or await self._make(digest, media)
        finally:
            if not lock.locked():
                self._drafting.pop(digest, None)

    async def check(self, media: bytes) -> FaceReport:
        """See ``DescribeEngine.check``. Needs no ``start``."""
        async with self._turns:
            frames = await self._pool.call("look", media)
            if len(frames) == 1:
                return report(await self._judged(media, frames[0]), "picture")
            return report(await self._judged_clip(media), "clip")

    async def _judged_clip(self, media: bytes) -> list[Found]:
        """What will look wrong with a clip, of which the stretch is looked at that registration uses."""
        best: tuple[Stretch, NDArray[np.float32]] | None = None
        for from_s in await self._pool.call("windows", media):
            landmarks = await self._landmarker.track(list(await self._pool.call("window", media, from_s)))
            used = await self._pool.call("stretch", media, from_s, landmarks)
            if used is not None and (best is None or used.frames > best[0].frames):
                best = used, landmarks[used.first : used.stop]
            if best is not None and best[0].frames >= ENOUGH:
                break
        if best is None:
            return [refused(NoFace("no face was found in the clip", field="media"))]
        still, found = await self._pool.call("still", media, *best)
        return [*found, *await self._judged(still, (await self._pool.call("look", still))[0])]

    async def _judged(self, media: bytes, picture: NDArray[np.uint8]) -> list[Found]:
        """What will look wrong with a picture, seen as registration uses it: set upright, and cut out where the face is small."""
        how = await self._recast(picture, ())
        found = [] if how is None else [*filter(None, [straightened(how)])]
        if how is not None:
            media = await self._pool.call("recast", media, how)
            picture = (await self._pool.call("look", media))[0]
        height, width = picture.shape[:2]
        try:
            face = portrait.check(await self._landmarker.face(picture), height, width, how)
        except (NoFace, FaceTooSmall, FaceCut) as problem:
            return [*found, refused(problem)]
        seen = await self._landmarker.faces(picture, MAX_FACES)
        faces = [face, *(other for other in seen if overlap(other.box, face.box) < _SAME_FACE)]
        is_far = how is not None and how.square is not None
        return [*found, *await self._pool.call("judge", media, faces, is_far)]

    async def _remembered(self, digest: str) -> PersonaDraft | None:
        try:
            return PersonaDraft.model_validate_json(await self._cache.get("drafts", f"{digest}.{_VERSION}"))
        except NotFound:
            return None

    async def _make(self, digest: str, media: bytes) -> PersonaDraft:
        async with self._turns:
            drafted = await self._draft(media)
        draft = PersonaDraft(
            persona=drafted.persona,
            portrait=drafted.portrait,
            portrait_t_s=drafted.portrait_t_s,
            engine=self.name,
            observations=drafted.observations,
        )
        # By these the draft is found again when the avatar made of this media, or of the portrait, is deleted.
        meta = {"media": digest, "portrait": content_key(draft.portrait)}
        try:
            await self._cache.put(draft.model_dump_json().encode(), "drafts", f"{digest}.{_VERSION}", meta)
        except InsufficientStorage as problem:
            # The draft is made all the same; only the next one takes as long.
            _log.warning("a draft is not remembered: %s", problem.detail)
        return draft

    async def _draft(self, media: bytes) -> Drafted:
        media, faces = await self._faces(media)
        best, face = await self._portrait(await self._pool.call("rank", media, faces))
        # The person is told from the background near the face: in a wide picture, or among others, it would be missed.
        left, top, right, bottom = surroundings(face.box, best.frame.shape[1], best.frame.shape[0])
        person = await self._landmarker.person(best.frame[top:bottom, left:right])
        return cast(Drafted, await self._pool.call("draft", media, faces, best.number, face, person))

    async def _faces(self, media: bytes) -> tuple[bytes, list[list[Face]]]:
        """The media, a picture with its face upright and large enough, and the faces of each of its frames."""
        frames = await self._pool.call("look", media)
        faces = await find_faces(frames, self._landmarker)
        how = await self._recast(frames[0], faces[0]) if len(frames) == 1 else None
        if how is not None:
            media = await self._pool.call("recast", media, how)
            faces = await find_faces(await self._pool.call("look", media), self._landmarker)
        return media, faces

    async def _recast(self, picture: NDArray[np.uint8], found: Sequence[Face]) -> Recast | None:
        """What a picture (uint8 RGB [h, w, 3]) needs for its face to be upright and large enough."""
        is_shrunk = max(picture.shape) >= PICTURE_SIDE
        if found and found[0].score >= SURE and portrait.recast(found[0], *picture.shape[:2], is_shrunk=is_shrunk) is None:
            return None
        face = await self._landmarker.face(picture)
        return None if face is None else portrait.recast(face, *picture.shape[:2], is_shrunk=is_shrunk)

    async def _portrait(self, candidates: Sequence[Candidate]) -> tuple[Candidate, Face]:
        """The first candidate in which the face is still found when looked at in full size. Raises NoFace."""
        for candidate in candidates:
            faces = await self._landmarker.faces(candidate.frame, MAX_FACES)
            there = [face for face in faces if overlap(face.box, candidate.box) > _SAME_FACE]
            if there:
                return candidate, max(there, key=lambda face: overlap(face.box, candidate.box))
        raise NoFace("no face was found", field="media")
