"""The worker process of the warp engine: decodes media, builds rigs, draws and encodes chunks. Synchronous."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterator
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from comps.animation.avatars import AvatarStore, Findings
from comps.animation.encode import encode
from comps.animation.motion.frames import frame_states
from comps.animation.warp import rig
from comps.animation.warp.renderer import Renderer
from comps.cores.errors import NoFace, NotFound, UnsupportedMedia
from comps.cores.proto.avatar import AvatarInfo, Chunk, ChunkRequest, VideoProfile
from comps.cores.workers.cancel import flag
from comps.media.image import decode_image
from comps.media.video import decode_clip, sniff
from comps.storage.blobs import Blobs

ENGINE = "warp"
#: Pictures are worked on with at most this many pixels a side: a face that fills a video of 1024 needs no more.
_MAX_PICTURE = 2048
#: Clips: longest, most frames, and largest side. A clip avatar is a small rig a frame.
_MAX_CLIP_S, _MAX_CLIP_FRAMES, _MAX_CLIP_SIDE = 20.0, 300, 1024
#: A clip in which fewer of the frames than this show a face is no clip of a face.
_FACE_SHARE = 0.5
#: The size a rig is built for when an avatar is registered; other sizes are built when first asked for.
_USUAL_SIZE = VideoProfile().size

#: uint8 RGB [n, h, w, 3]; n is 1 for a picture.
Frames = NDArray[np.uint8]


class WarpWorker:
    """``blobs``: URL of the store that all replicas share. ``rig_cache``: rigs kept in memory."""

    def __init__(self, blobs: str, rig_cache: int) -> None:
        cv2.setNumThreads(1)
        self._store = AvatarStore(Blobs(blobs))
        self._renderers: OrderedDict[tuple[str, int], Renderer] = OrderedDict()
        self._rig_cache = rig_cache

    def frames(self, media: bytes) -> Frames:
        """The pictures in which landmarks are to be found. Raises UnsupportedMedia, TooLarge."""
        return _decode(media)[1]

    def build(self, avatar_id: str, media: bytes, findings: Findings) -> AvatarInfo:
        """Build the rig of the usual size and store the avatar. Raises NoFace, and BadInput for senseless side-car points."""
        kind, frames = _decode(media)
        if np.isfinite(findings.landmarks).all(axis=(1, 2)).mean() < _FACE_SHARE:
            raise NoFace("most of the pictures show no face", field="media")
        built = _build(frames, findings, _USUAL_SIZE)
        info = AvatarInfo(
            avatar_id=avatar_id,
            kind=kind,
            width=frames.shape[2],
            height=frames.shape[1],
            can_blink=built.can_blink,
            engine=ENGINE,
        )
        self._store.put_rig(avatar_id, _USUAL_SIZE, built.to_bytes())
        self._store.add(info, media, findings)
        return info

    def chunk(self, request: ChunkRequest) -> Chunk:
        """Draw and encode. Raises NotFound for an avatar that is not in the store."""
        started = time.process_time()
        encoded = encode(self._draw(request), request.profile)
        return Chunk(
            start_frame=request.start_frame,
            access_units=encoded.access_units,
            parameter_sets=encoded.parameter_sets,
            profile=request.profile,
            engine=ENGINE,
            cpu_ms=1000.0 * (time.process_time() - started),
        )

    def _draw(self, request: ChunkRequest) -> Iterator[NDArray[np.uint8]]:
        renderer = self._renderer(request.avatar_id, request.profile.size)
        for state in frame_states(request):
            flag.check()
            yield renderer.frame(state)

    def _renderer(self, avatar_id: str, size: int) -> Renderer:
        key = (avatar_id, size)
        if not self._store.exists(avatar_id):
            # Asked for every time: a face that was deleted is drawn no more, on any replica.
            self._renderers.pop(key, None)
            raise NotFound("there is no such avatar", field="avatar_id")
        if key not in self._renderers:
            self._renderers[key] = Renderer(self._rig(avatar_id, size))
            while len(self._renderers) > self._rig_cache:
                self._renderers.popitem(last=False)
        self._renderers.move_to_end(key)
        return self._renderers[key]

    def _rig(self, avatar_id: str, size: int) -> rig.Rig:
        stored = self._store.rig(avatar_id, size)
        if stored is not None:
            return rig.Rig.from_bytes(stored)
        _, frames = _decode(self._store.media(avatar_id))
        built = _build(frames, self._store.findings(avatar_id), size)
        self._store.put_rig(avatar_id, size, built.to_bytes())
        return built


def _decode(media: bytes) -> tuple[Literal["picture", "clip"], Frames]:
    """Kind and pictures of an avatar's media."""
    kind = sniff(media)
    if kind == "image":
        picture = _shrink(decode_image(media))
        return "picture", np.ascontiguousarray(picture[None, ..., ::-1])
    if kind == "video":
        frames = decode_clip(media, max_s=_MAX_CLIP_S, max_frames=_MAX_CLIP_FRAMES, max_side=_MAX_CLIP_SIDE).frames
        return ("picture" if len(frames) == 1 else "clip"), frames
    raise UnsupportedMedia("an avatar is a picture or a clip; this is neither", field="media")


def _shrink(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    scale = _MAX_PICTURE / max(picture.shape[:2])
    if scale >= 1:
        return picture
    return np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def _build(frames: Frames, findings: Findings, size: int) -> rig.Rig:
    bgr = frames[..., ::-1]
    if len(frames) > 1:
        from comps.animation.warp import clip  # noqa: PLC0415

        return clip.build(bgr, findings.landmarks, size)
    return rig.build(np.ascontiguousarray(bgr[0]), findings.landmarks[0], size, findings.points, findings.person)
