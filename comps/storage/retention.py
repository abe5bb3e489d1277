"""What is deleted: blobs past their time, the oldest videos above the quota, and all that belongs to a deleted avatar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from comps.cores.common.settings import StorageSettings
from comps.cores.errors import NotFound
from comps.storage.blobs import BlobInfo, Blobs


@dataclass(frozen=True)
class RetentionPolicy:
    """``ttl_s``: seconds that blobs of a kind are kept. ``quota_bytes``: all blobs together, and what is kept ``beside`` them
    (the database). ``evicted``: the kinds that make room, the first to go first."""

    ttl_s: Mapping[str, float] = field(default_factory=dict)
    quota_bytes: int | None = None
    beside: int = 0
    evicted: Sequence[str] = ("loops", "videos", "drafts")

    @classmethod
    def of(cls, settings: StorageSettings, beside: int = 0) -> RetentionPolicy:
        # A draft holds a picture of a person: it is kept no longer than a video of them.
        ttl = dict.fromkeys(("loops", "videos", "drafts"), settings.video_ttl_s)
        return cls(ttl_s=ttl, quota_bytes=int(settings.quota_mb * 2**20), beside=beside)


class Retained(list[tuple[str, str]]):
    """(kind, key) of the blobs that were deleted; ``bytes`` is the size of those left."""

    bytes: int = 0


def apply_retention(blobs: Blobs, policy: RetentionPolicy, now: float) -> Retained:
    """Delete what is past its time at ``now`` (Unix seconds), then the oldest until the rest fits the quota.

    Blocking; one owner task calls it now and then. Avatars, rigs and what is beside the blobs are never evicted: a quota that
    they alone exceed stays exceeded.
    """
    deleted = Retained(
        (kind, blob.key)
        for kind, ttl_s in policy.ttl_s.items()
        for blob in blobs.list(kind)
        if now - blob.created_at > ttl_s and blobs.delete(kind, blob.key)
    )
    if policy.quota_bytes is not None:
        _make_room(blobs, policy, policy.quota_bytes - policy.beside, deleted)
    return deleted


def _make_room(blobs: Blobs, policy: RetentionPolicy, room: int, deleted: Retained) -> None:
    """Delete until the blobs take no more than ``room`` bytes; notes what was, and what is left."""
    listing: dict[str, list[BlobInfo]] = {kind: [*blobs.list(kind)] for kind in blobs.kinds()}
    deleted.bytes = sum(blob.size for held in listing.values() for blob in held)
    for kind in policy.evicted:
        for blob in sorted(listing.get(kind, []), key=lambda blob: blob.created_at):
            if deleted.bytes <= room:
                return
            if blobs.delete(kind, blob.key):
                deleted.append((kind, blob.key))
            deleted.bytes -= blob.size


def delete_avatar(blobs: Blobs, avatar_id: str) -> bool:
    """Delete an avatar whoever has it, with all that was made of it: rigs, idle loops, drafts, and videos
    (``meta["avatar_id"]``).

    Blocking. Returns whether there was such an avatar.
    """
    pictures = delete_picture(blobs, avatar_id)
    delete_caches(blobs, avatar_id, pictures or set())
    for blob in [*blobs.list("videos")]:
        if blob.meta.get("avatar_id") == avatar_id:
            blobs.delete("videos", blob.key)
    return pictures is not None


def delete_picture(blobs: Blobs, avatar_id: str) -> set[str] | None:
    """Delete an avatar and its rigs: what must be there for it to be drawn. Returns the SHA-256 of its media for
    ``delete_caches``, as they were kept and as they were sent (with their metadata); None when there was no such avatar.

    Blocking.
    """
    try:
        kept = blobs.info("avatars", avatar_id)
        pictures = {kept.sha256, str(kept.meta.get("sent", ""))} - {""}
    except NotFound:
        pictures = set()
    # The avatar goes first: whoever finds it gone makes no new rig, loop or video.
    existed = blobs.delete("avatars", avatar_id)
    _delete_drawn(blobs, "rigs", avatar_id)
    return pictures if existed else None


def delete_caches(blobs: Blobs, avatar_id: str, pictures: set[str]) -> None:
    """Delete an avatar's idle loops, and the drafts made of the same picture or showing it (their ``meta["media"]`` or
    ``meta["portrait"]`` is among ``pictures``, SHA-256): they can be made again.

    Blocking.
    """
    _delete_drawn(blobs, "loops", avatar_id)
    for blob in [*blobs.list("drafts")] if pictures else []:
        if not pictures.isdisjoint((str(blob.meta.get("media")), str(blob.meta.get("portrait")))):
            blobs.delete("drafts", blob.key)


def drawn_of(key: str) -> str:
    """The avatar that a rig or a loop was made of: their keys begin with its id."""
    return key.partition(".")[0]


def _delete_drawn(blobs: Blobs, kind: str, avatar_id: str) -> None:
    for key in blobs.keys(kind):
        if drawn_of(key) == avatar_id:
            blobs.delete(kind, key)
