"""Avatars in the blob store: the media without its metadata, what was found in it, and a rig for each size that was asked for.

Kind ``avatars``: ``<avatar_id>``, the media; its metadata is the AvatarInfo. Kind ``rigs``: ``<avatar_id>.findings`` (npz) and
``<avatar_id>.<size>.<format>``. The media is stored last, so an avatar that exists is whole.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
from dataclasses import astuple, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from comps.cores.errors import InsufficientStorage, NotFound
from comps.cores.proto.avatar import AvatarInfo, AvatarRequest
from comps.storage.blobs import Blobs
from comps.storage.retention import delete_avatar

_AVATARS, _RIGS = "avatars", "rigs"
_FINDINGS = "findings"
#: Hexadecimal digits of the content hash that name an avatar: 128 bits.
_ID_LENGTH = 32

#: Raise it when a stored rig would no longer be drawn rightly (``warp.rig``): every worker then builds its own anew.
WARP = "4"


#: Side-car landmarks: a part of the face → points [[x, y], …] in pixels of the picture.
Points = dict[str, list[tuple[float, float]]]


@dataclass(frozen=True)
class Part:
    """The frames of a clip that are used: ``first`` … ``stop`` - 1 of those from second ``from_s`` on."""

    from_s: float
    first: int
    stop: int


@dataclass(frozen=True)
class Findings:
    """What was found in an avatar's pictures, and what its owner says of it.

    ``landmarks``: float32 [n, 478, 3], n pictures (1, or the frames of a clip), NaN where there is no face. ``person``: float32
    [h, w], 0 … 1, how much each pixel belongs to the person; None for clips. ``points``: side-car landmarks.
    ``part``: the frames of a clip that are used, where they are not those of its first seconds.
    """

    landmarks: NDArray[np.float32]
    person: NDArray[np.float32] | None = None
    points: Points | None = None
    part: Part | None = None

    def to_bytes(self) -> bytes:
        stored = io.BytesIO()
        person = np.zeros((0, 0)) if self.person is None else self.person
        points = np.array(json.dumps(self.points or {}))
        part = np.array([] if self.part is None else astuple(self.part), np.float64)
        person_ = np.round(person * 255).astype(np.uint8)
        np.savez_compressed(stored, landmarks=self.landmarks, person=person_, points=points, part=part)
        return stored.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Findings:
        with np.load(io.BytesIO(data), allow_pickle=False) as stored:
            person = stored["person"].astype(np.float32) / 255
            points = json.loads(str(stored["points"])) or None
            # Findings of before there were parts have none.
            part = None
            if "part" in stored and stored["part"].size:
                from_s, first, stop = stored["part"].tolist()
                part = Part(from_s, round(first), round(stop))
            return cls(stored["landmarks"], person if person.size else None, points, part)


def avatar_id(request: AvatarRequest) -> str:
    """The content hash of media, as it came, and points: the same picture sent twice is the same avatar."""
    points = json.dumps(request.points or {}, sort_keys=True, separators=(",", ":")).encode()
    return hashlib.sha256(hashlib.sha256(request.media).digest() + points).hexdigest()[:_ID_LENGTH]


class AvatarStore:
    """Blocking; used in worker processes and threads."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs

    def exists(self, avatar: str) -> bool:
        return self._blobs.exists(_AVATARS, avatar)

    def info(self, avatar: str) -> AvatarInfo:
        """Raises NotFound; also for one that was deleted while it was being stored, and is to be registered again."""
        try:
            meta = self._blobs.meta(_AVATARS, avatar)
            self._blobs.size(_RIGS, f"{avatar}.{_FINDINGS}")
            return AvatarInfo.model_validate({**meta, "avatar_id": avatar})
        except (NotFound, ValueError):
            raise NotFound("there is no such avatar", field="avatar_id") from None

    def add(self, info: AvatarInfo, media: bytes, findings: Findings, sent: str) -> None:
        """Store an avatar, its media last. ``sent``: SHA-256 of the media as it came, by which drafts made of it are found."""
        self._blobs.put(findings.to_bytes(), _RIGS, f"{info.avatar_id}.{_FINDINGS}")
        meta: dict[str, Any] = info.model_dump(mode="json", exclude={"id", "avatar_id"})
        self._blobs.put(media, _AVATARS, info.avatar_id, {**meta, "can_blink": float(info.can_blink), "sent": sent})

    def drop_parts(self, avatar: str, size: int) -> None:
        """Give back the room of what was stored of an avatar for which there was not enough."""
        with contextlib.suppress(InsufficientStorage):
            for key in (_rig_key(avatar, size), f"{avatar}.{_FINDINGS}"):
                self._blobs.delete(_RIGS, key)

    def media(self, avatar: str) -> bytes:
        """Raises NotFound."""
        return self._blobs.get(_AVATARS, avatar)

    def findings(self, avatar: str) -> Findings:
        """Raises NotFound."""
        return Findings.from_bytes(self._blobs.get(_RIGS, f"{avatar}.{_FINDINGS}"))

    def rig(self, avatar: str, size: int, form: str = WARP) -> bytes | None:
        """The serialised rig for a size, if one was built. ``form``: whose rig it is, and in which format."""
        try:
            return self._blobs.get(_RIGS, _rig_key(avatar, size, form))
        except NotFound:
            return None

    def put_rig(self, avatar: str, size: int, rig: bytes, form: str = WARP) -> None:
        self._blobs.put(rig, _RIGS, _rig_key(avatar, size, form))

    def delete(self, avatar: str) -> None:
        """Delete an avatar with its rigs and videos. Raises NotFound."""
        if not delete_avatar(self._blobs, avatar):
            raise NotFound("there is no such avatar", field="avatar_id")


def _rig_key(avatar: str, size: int, form: str = WARP) -> str:
    return f"{avatar}.{size}.{form}"
