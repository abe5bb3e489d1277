"""Pull a checkpoint from the Hugging Face Hub: resumed where it broke off, verified, and put into the Hub's cache or a folder.

The Hub's own library would begin a broken download anew (2.x); it gives the addresses, the token and the cache's place.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any, BinaryIO

import httpx

from comps.models.checkpoints import Checkpoint
from comps.models.folder import models_folder
from comps.models.weights import Pulled, write_record
from comps.models.wheels import ModelUnavailable

#: Called with the bytes that are there, and all that there will be.
Progress = Callable[[int, int], None]

#: How often a connection that breaks is made anew without a byte having come, and how long to wait before that, seconds.
_ATTEMPTS = 5
_PAUSE_S = 1.0
#: Longest silence of the server, seconds.
_PATIENCE_S = 30.0
_STEP = 1 << 20


def pull(entry: Checkpoint, into: Path | None = None, progress: Progress = lambda done, total: None) -> Path:
    """The verified file of ``entry``, fetched unless it is there already.

    It goes into the Hugging Face cache, where the Hub's own library finds it, or into the entry's folder in ``into``; engines
    find it if that is ``models_folder()``. Raises ModelUnavailable; what came of a download that broke off is kept for the next.
    """
    target, content, lock = _place(entry, into)
    part = content.with_name(f"{content.name}.incomplete")
    try:
        content.parent.mkdir(parents=True, exist_ok=True)
        with _alone(lock):
            if not _is(entry, target):
                if not _is(entry, content):
                    _download(entry, part, progress)
                    _verify(entry, part)
                    part.replace(content)
                if content != target:
                    _link(content, target)
        path, models = (str(target), models_folder()) if into is None else (entry.file_name, into)
        write_record(entry, Pulled(path, entry.size, entry.sha256, entry.revision), models)
    except OSError as error:
        raise ModelUnavailable(f"{entry.name} cannot be written to {target.parent}: {error}") from error
    return target


def sha256_of(path: Path, progress: Progress = lambda done, total: None) -> str:
    """Raises OSError."""
    digest, done, total = hashlib.sha256(), 0, path.stat().st_size
    with path.open("rb") as file:
        while block := file.read(_STEP):
            digest.update(block)
            done += len(block)
            progress(done, total)
    return digest.hexdigest()


def _place(entry: Checkpoint, into: Path | None) -> tuple[Path, Path, Path]:
    """Where the file is found; where its content lies: the Hub's cache keeps that under its hash, and links to it; its lock."""
    if into is not None:
        target = into / entry.name / entry.file_name
        return target, target, target.with_name(f".{target.name}.lock")
    cache, repository = Path(_hub().constants.HF_HUB_CACHE), f"models--{entry.repository.replace('/', '--')}"
    return (
        cache / repository / "snapshots" / entry.revision / entry.path,
        cache / repository / "blobs" / entry.sha256,
        cache / ".locks" / repository / f"{entry.sha256}.lock",
    )


def _hub() -> Any:
    try:
        hub = importlib.import_module("huggingface_hub")
        importlib.import_module("huggingface_hub.constants")
    except ImportError as error:
        raise ModelUnavailable("the package huggingface_hub is not installed: run `pip install huggingface_hub`") from error
    return hub


def _is(entry: Checkpoint, path: Path) -> bool:
    """Whether ``path`` is the whole file."""
    return path.is_file() and path.stat().st_size == entry.size and sha256_of(path) == entry.sha256


def _download(entry: Checkpoint, part: Path, progress: Progress) -> None:
    """Append to ``part`` what is missing. Raises ModelUnavailable, OSError."""
    hub = _hub()
    if hub.constants.HF_HUB_OFFLINE:
        raise ModelUnavailable(f"{entry.name} cannot be fetched: HF_HUB_OFFLINE is set")
    there = part.stat().st_size if part.exists() else 0
    missing, free = entry.size - there, shutil.disk_usage(part.parent).free
    if missing > free:
        raise ModelUnavailable(f"{entry.name} needs {missing:,} bytes in {part.parent}; {free:,} are free")
    url = hub.hf_hub_url(entry.repository, entry.path, revision=entry.revision)
    headers = {**hub.utils.build_hf_headers(), "Accept-Encoding": "identity"}
    attempts = 0
    with part.open("ab") as file, httpx.Client(follow_redirects=True, timeout=_PATIENCE_S) as client:
        while (done := file.tell()) < entry.size:
            progress(done, entry.size)
            try:
                _fetch(entry, client, url, headers, file, progress)
            except httpx.TransportError as error:
                attempts = 1 if file.tell() > done else attempts + 1
                if attempts == _ATTEMPTS:
                    after, why = f"{file.tell():,} of {entry.size:,} bytes", f"{type(error).__name__}: {error}".rstrip(": ")
                    raise ModelUnavailable(
                        f"{entry.name} broke off after {after} ({why}): run it again, and it goes on from there"
                    ) from error
                time.sleep(_PAUSE_S)


def _fetch(
    entry: Checkpoint, client: httpx.Client, url: str, headers: dict[str, str], file: BinaryIO, progress: Progress
) -> None:
    """One request for the rest. Raises httpx.TransportError where the connection breaks, ModelUnavailable for other answers."""
    begin = file.tell()
    with client.stream("GET", url, headers={**headers, "Range": f"bytes={begin}-"} if begin else headers) as answer:
        if answer.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE or (begin and answer.status_code == HTTPStatus.OK):
            # It has another length than we were told, or sends the whole: from the beginning.
            file.truncate(0)
        if answer.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            raise httpx.ReadError("the server has no such range")
        if answer.status_code not in {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT}:
            raise ModelUnavailable(f"{entry.name} cannot be fetched: {_refusal(answer)}")
        for block in answer.iter_raw():
            file.write(block)
            if file.tell() > entry.size:
                file.truncate(0)
                raise ModelUnavailable(f"{url} is another file than the catalogue's: it is longer than {entry.size:,} bytes")
            progress(file.tell(), entry.size)
    if file.tell() < entry.size:
        raise httpx.ReadError("the server ended before the file did")


def _refusal(answer: httpx.Response) -> str:
    where = f"{answer.request.url.host} says {answer.status_code}"
    match answer.status_code:
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            return f"{where}: the repository wants a token (HF_TOKEN) whose owner it admits"
        case HTTPStatus.NOT_FOUND:
            return f"{where}: the repository no longer has it"
    return where


def _verify(entry: Checkpoint, part: Path) -> None:
    found = sha256_of(part)
    if found != entry.sha256:
        part.unlink()
        raise ModelUnavailable(
            f"what came for {entry.name} is another file than the catalogue's, and was deleted: its SHA-256 is {found}, "
            f"not {entry.sha256}"
        )


def _link(content: Path, target: Path) -> None:
    """The Hub's cache links by relative paths, so that it can be moved."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    target.symlink_to(os.path.relpath(content, target.parent))


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One process at a time; the kernel lets go of the lock of one that dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
