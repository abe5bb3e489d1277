"""A full disk keeps its status from wherever it is met: a handler, a worker process, another service; and forms need no disk."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import anyio
import httpx
import pytest
from fastapi import Request, Response

from comps import MicroService
from comps.cores.errors import InsufficientStorage, NodeError, Problem
from comps.cores.mega.client import NodeClient
from comps.cores.proto.base_doc import BaseDoc
from comps.cores.proto.media import Media
from comps.cores.proto.wire import read_document
from comps.cores.workers.pool import WorkerPool
from tests.serving import serving


class Upload(BaseDoc):
    media: Media


class FullWorker:
    """Meets a full disk in a worker process."""

    def write(self) -> None:
        with Path("/dev/full").open("wb") as full:
            full.write(b"x")


async def _write(request: Request) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


async def _upload(request: Request) -> Response:
    document = await read_document(request, Upload, media_field="media")
    return Response(str(len(document.media)))


@pytest.fixture(scope="module")
def service() -> Iterator[MicroService]:
    service = MicroService("keeper", host="127.0.0.1", port=0)
    service.add_route("/write", _write)
    service.add_route("/upload", _upload)
    with serving(service):
        yield service


def test_a_handlers(service: MicroService) -> None:
    said = httpx.post(f"{service.base_url}/write", trust_env=False)
    assert (said.status_code, said.json()["code"]) == (507, "insufficient_storage")


@pytest.mark.anyio
async def test_a_workers() -> None:
    pool = WorkerPool("tests.cores.test_full_disk:FullWorker", node="keeper")
    with pytest.raises(InsufficientStorage):
        await pool.call("write")
    await pool.stop()


@pytest.mark.anyio
async def test_another_services(service: MicroService) -> None:
    node = MicroService.remote("keeper", service.base_url, "/write")
    client = NodeClient()
    with anyio.fail_after(10), pytest.raises(Problem) as caught:
        await client.call(node, {})
    await client.stop()
    assert not isinstance(caught.value, NodeError)
    document = caught.value.document()
    assert (document["status"], document["code"], document["node"]) == (507, "insufficient_storage", "keeper")


def test_a_forms_files_do_not_go_through_the_disk(service: MicroService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")
    said = httpx.post(f"{service.base_url}/upload", files={"media": bytes(5 << 20)}, trust_env=False, timeout=30)
    assert (said.status_code, said.text) == (200, str(5 << 20))
