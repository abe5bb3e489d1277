"""Content-addressed blobs (avatars, rigs, videos, drafts) behind fsspec: a folder by default, an object store in a cluster.

Layout under the root: ``<kind>/<key>`` is the blob, ``.meta/<kind>/<key>.json`` what is known of it, ``.tmp/`` unfinished writes.
A blob exists when its data does, and its data is renamed into place: a process killed at any point leaves the whole blob, the
one before it, or none.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import socket
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, cast

import fsspec

from comps.cores import disk
from comps.cores.errors import BadInput, InsufficientStorage, NotFound, TooLarge
from comps.storage.private import private_file, private_folder, tighten

Meta = dict[str, str | float]

_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,127}")
#: Stores that show an object only once it is complete; there a rename would be a second copy.
_ATOMIC_STORES = frozenset({"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "oss", "memory"})
#: No write takes this long: a temporary file older than that has lost its writer, whichever machine that was on.
_STALE_S = 3600.0
#: What is written to find out whether there is room, bytes: at least, and at most as much as a write that found none.
_LEAST_PROBE, _LARGEST_PROBE = 64 << 10, 1 << 20


@dataclass(frozen=True)
class BlobInfo:
    """What a listing says of a blob: ``size`` in bytes, ``created_at`` in Unix seconds, ``sha256`` of the content in hexadecimal
    (empty when its metadata was lost)."""

    key: str
    size: int
    created_at: float
    meta: Meta = field(default_factory=dict)
    sha256: str = ""


def content_key(data: bytes) -> str:
    """The key of a blob that is named by its content: SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


class Blobs:
    """Blobs by kind and key. Blocking: made for worker processes and threads; the event loop uses ``AsyncBlobs``.

    ``url`` is a folder (``~`` allowed) or any fsspec URL. ``quota_bytes`` is the size of all blobs together that retention
    keeps to; a blob larger than that alone is refused. ``clock`` gives Unix seconds.
    """

    def __init__(self, url: str, quota_bytes: int | None = None, *, clock: Callable[[], float] = time.time) -> None:
        self.url = url
        self.quota_bytes = quota_bytes
        self._clock = clock
        # Other processes write here too, so a listing must never come from fsspec's cache.
        self._fs, root = fsspec.core.url_to_fs(_expand(url), use_listings_cache=False)
        self._root = str(root).rstrip("/")
        protocols = (self._fs.protocol,) if isinstance(self._fs.protocol, str) else self._fs.protocol
        self._atomic = not _ATOMIC_STORES.isdisjoint(protocols)
        self._local = "file" in protocols
        #: Bytes of the last write that found no room; 0 when there has been room for as many since.
        self._refused = 0
        if self._local:
            # They are faces and voices of people, readable to their owner alone.
            tighten(Path(self._root))
        if not self._atomic:
            self._sweep_temporaries()

    def put(self, data: bytes, kind: str, key: str | None = None, meta: Mapping[str, str | float] | None = None) -> str:
        """Store ``data`` and return its key, by default ``content_key(data)``.

        The same content under the same key is not written again (a different ``meta`` is); other content replaces it, whole.
        Raises BadInput for a key or kind that is not a name, TooLarge for a blob larger than the quota, InsufficientStorage when
        there is no room.
        """
        if self.quota_bytes is not None and len(data) > self.quota_bytes:
            raise TooLarge(f"a blob of {len(data)} bytes is larger than the whole quota of {self.quota_bytes} bytes")
        digest = content_key(data)
        key = digest if key is None else key
        path, meta_path = self._path(kind, key), self._meta_path(kind, key)
        existed = self.exists(kind, key)
        if existed and (key == digest or self._holds(kind, key, data)):
            self._update_meta(kind, key, digest, meta)
            return key
        record = _encode({"sha256": digest, "created_at": self._clock(), "meta": dict(meta or {})})
        # A new blob is seen once its data is there, so its metadata goes first. In place of another it goes last: cut off in
        # between, the old metadata stands, and the next put of the same content mends it.
        if existed:
            self._write(path, data)
            self._write(meta_path, record)
            return key
        self._write(meta_path, record)
        try:
            self._write(path, data)
        except InsufficientStorage:
            with contextlib.suppress(InsufficientStorage):
                self._remove(meta_path)
            raise
        return key

    def get(self, kind: str, key: str, start: int | None = None, end: int | None = None) -> bytes:
        """The blob, or its bytes ``start`` … ``end - 1``. Raises NotFound."""
        with self._found(kind, key) as path:
            return cast(bytes, self._fs.cat_file(path, start=start, end=end))

    def open(self, kind: str, key: str) -> BinaryIO:
        """The blob as a seekable file for reading. Raises NotFound."""
        with self._found(kind, key) as path:
            return cast(BinaryIO, self._fs.open(path, "rb"))

    def size(self, kind: str, key: str) -> int:
        """Bytes. Raises NotFound."""
        with self._found(kind, key) as path:
            found = self._fs.info(path)
            if found["type"] != "file":
                raise FileNotFoundError(path)
            return int(found["size"])

    def meta(self, kind: str, key: str) -> Meta:
        """What was given as ``meta`` when the blob was put. Raises NotFound."""
        return self.info(kind, key).meta

    def info(self, kind: str, key: str) -> BlobInfo:
        """Size, age and metadata. Raises NotFound."""
        size = self.size(kind, key)
        record = self._record(kind, key)
        if record is not None:
            return BlobInfo(key, size, record["created_at"], record["meta"], record["sha256"])
        with self._found(kind, key) as path:
            return BlobInfo(key, size, self._fs.modified(path).timestamp())

    def check_room(self) -> None:
        """Raise InsufficientStorage when nothing can be written: found out by writing. An object store is only asked again after
        a write of this process failed, since its requests cost money.
        """
        if self._local or self._refused:
            path = self._temporary()
            self._write(path, os.urandom(min(max(_LEAST_PROBE, self._refused), _LARGEST_PROBE)))
            self._remove(path)
            self._refused = 0

    def exists(self, kind: str, key: str) -> bool:
        return bool(self._fs.exists(self._path(kind, key)))

    def delete(self, kind: str, key: str) -> bool:
        """Delete the blob; returns whether there was one."""
        existed = self._remove(self._path(kind, key))
        self._remove(self._meta_path(kind, key))
        return existed

    def list(self, kind: str) -> Iterable[BlobInfo]:
        """All blobs of a kind, in no order. Blobs deleted meanwhile are left out."""
        for name in self._names(f"{self._root}/{_checked(kind, 'kind')}"):
            if _NAME.fullmatch(name):
                with contextlib.suppress(NotFound):
                    yield self.info(kind, name)

    def keys(self, kind: str) -> Iterable[str]:
        """The keys of all blobs of a kind, in no order, without a look at each."""
        return [name for name in self._names(f"{self._root}/{_checked(kind, 'kind')}") if _NAME.fullmatch(name)]

    def kinds(self) -> Iterable[str]:
        """The kinds that have, or once had, blobs."""
        return [name for name in self._names(self._root) if _NAME.fullmatch(name)]

    def _path(self, kind: str, key: str) -> str:
        return f"{self._root}/{_checked(kind, 'kind')}/{_checked(key, 'key')}"

    def _meta_path(self, kind: str, key: str) -> str:
        return f"{self._root}/.meta/{_checked(kind, 'kind')}/{_checked(key, 'key')}.json"

    @contextlib.contextmanager
    def _found(self, kind: str, key: str) -> Iterator[str]:
        try:
            yield self._path(kind, key)
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            raise NotFound(f"there is no {kind} blob {key!r}") from None

    def _record(self, kind: str, key: str) -> dict[str, Any] | None:
        try:
            return cast("dict[str, Any]", json.loads(self._fs.cat_file(self._meta_path(kind, key))))
        except FileNotFoundError:
            # A put and a delete of one key at the same time can leave the data alone.
            return None

    def _holds(self, kind: str, key: str, data: bytes) -> bool:
        try:
            return self.size(kind, key) == len(data) and self.get(kind, key) == data
        except NotFound:
            return False

    def _update_meta(self, kind: str, key: str, digest: str, meta: Mapping[str, str | float] | None) -> None:
        known = self._record(kind, key) or {"created_at": self._clock(), "meta": {}}
        updated = {"sha256": digest, "created_at": known["created_at"], "meta": known["meta"] if meta is None else dict(meta)}
        if updated != known:
            self._write(self._meta_path(kind, key), _encode(updated))

    def _names(self, folder: str) -> Sequence[str]:
        try:
            entries = self._fs.ls(folder, detail=False)
        except FileNotFoundError:
            return []
        return [str(entry).rstrip("/").rsplit("/", 1)[-1] for entry in entries]

    def _write(self, path: str, data: bytes) -> None:
        try:
            with disk.storing():
                if self._atomic:
                    self._fs.pipe_file(path, data)
                else:
                    self._write_and_move(path, data)
        except InsufficientStorage:
            self._refused = len(data)
            raise
        if len(data) >= self._refused:
            self._refused = 0

    def _write_and_move(self, path: str, data: bytes) -> None:
        for folder in (f"{self._root}/.tmp", path.rsplit("/", 1)[0]):
            if self._local:
                _make_folder(Path(folder))
            else:
                self._fs.makedirs(folder, exist_ok=True)
        temporary = self._temporary()
        try:
            if self._local:
                private_file(Path(temporary))
            with self._fs.open(temporary, "wb") as file:
                file.write(data)
                file.flush()
                if self._local:
                    # Without it a power cut may leave the name with nothing in it, and the same content is never written twice.
                    os.fsync(file.fileno())
            self._move(temporary, path)
        except BaseException:
            with contextlib.suppress(OSError):
                self._remove(temporary)
            raise

    def _temporary(self) -> str:
        return f"{self._root}/.tmp/{_host()}.{os.getpid()}.{uuid.uuid4().hex}"

    def _move(self, source: str, target: str) -> None:
        if self._local:
            Path(source).replace(target)
        else:
            self._fs.mv(source, target)

    def _remove(self, path: str) -> bool:
        # Object stores delete what is not there without a word.
        if not self._fs.exists(path):
            return False
        with contextlib.suppress(FileNotFoundError), disk.storing():
            self._fs.rm_file(path)
        return True

    def _sweep_temporaries(self) -> None:
        """Delete what killed writers left: of this machine when the process is gone, of any machine when old."""
        for name in self._names(f"{self._root}/.tmp"):
            path = f"{self._root}/.tmp/{name}"
            with contextlib.suppress(FileNotFoundError, InsufficientStorage):
                if _writer_is_gone(name) or time.time() - self._fs.modified(path).timestamp() > _STALE_S:
                    self._remove(path)


def _expand(url: str) -> str:
    scheme, separator, path = url.rpartition("://")
    if scheme in ("", "file", "local"):
        return f"{scheme}{separator}{Path(path).expanduser()}"
    return url


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        private_folder(folder)


def _checked(name: str, field_name: str) -> str:
    if not _NAME.fullmatch(name):
        raise BadInput(f"{field_name} may hold up to 128 of A-Z a-z 0-9 _ . - and not begin with a dot", field=field_name)
    return name


def _encode(record: Mapping[str, Any]) -> bytes:
    return json.dumps(record, separators=(",", ":")).encode()


def _host() -> str:
    return re.sub(r"[^A-Za-z0-9-]", "-", socket.gethostname())


def _writer_is_gone(temporary: str) -> bool:
    host, _, rest = temporary.partition(".")
    process, _, _ = rest.partition(".")
    if host != _host() or not process.isdigit():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
