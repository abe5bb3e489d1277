"""OpenAI's answers at the gateway: pieces come as the stage makes them, and end when the client leaves or the stage fails."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import httpx
import pytest

from AvatarChatbot.gateway import AvatarChatbotGateway
from comps.cores.common.settings import GatewaySettings, StorageSettings
from tests.serving import serving

pytestmark = pytest.mark.anyio

_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
Stage = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def _chunk(text: str) -> bytes:
    event = b"data: " + json.dumps({"choices": [{"delta": {"content": text}}]}).encode() + b"\n\n"
    return b"%x\r\n%s\r\n" % (len(event), event)


@asynccontextmanager
async def _answer(stage: Stage, folder: Path) -> AsyncIterator[httpx.Response]:
    """A streamed chat at a gateway whose llm stage is ``stage``."""

    async def stage_of_a_request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        size = next(int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
        await reader.readexactly(size)
        await stage(reader, writer)

    async with await asyncio.start_server(stage_of_a_request, "127.0.0.1", 0) as server:
        llm = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        storage = StorageSettings(blobs=str(folder / "blobs"), database=f"sqlite+aiosqlite:///{folder}/x.db")
        gateway = AvatarChatbotGateway(GatewaySettings(port=0, llm_url=llm, storage=storage))
        context = serving(gateway.service)
        await asyncio.to_thread(context.__enter__)
        try:
            async with httpx.AsyncClient(base_url=gateway.service.base_url, trust_env=False, timeout=10) as client:
                asked = {"messages": "Hello", "stream": True}
                async with client.stream("POST", "/v1/chat/completions", json=asked) as answer:
                    yield answer
        finally:
            await asyncio.to_thread(context.__exit__, None, None, None)


async def test_each_piece_comes_before_the_next_is_made_and_leaving_is_told(tmp_path: Path) -> None:
    read, left = asyncio.Event(), asyncio.Event()

    async def stage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(_HEAD + _chunk("Hel"))
        await read.wait()
        writer.write(_chunk("lo"))
        assert await reader.read() == b""
        left.set()
        writer.close()

    with anyio.fail_after(15):
        async with _answer(stage, tmp_path) as answer:
            assert answer.headers["content-type"] == "text/event-stream"
            pieces = answer.aiter_bytes()
            assert b'"Hel"' in await anext(pieces)
            read.set()
            assert b'"lo"' in await anext(pieces)
            await pieces.aclose()
            await answer.aclose()
            await left.wait()


async def test_a_stage_that_breaks_off_is_an_event_with_openais_error(tmp_path: Path) -> None:
    async def stage(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(_HEAD + _chunk("Hel"))
        await writer.drain()
        writer.transport.abort()

    with anyio.fail_after(15):
        async with _answer(stage, tmp_path) as answer:
            text = (await answer.aread()).decode()
    first, last = (json.loads(line.removeprefix("data: ")) for line in text.splitlines() if line)
    assert first["choices"][0]["delta"]["content"] == "Hel"
    assert (last["status"], last["error"]["type"]) == (503, "server_error")
    assert last["error"]["message"].startswith("llm: ")


async def test_a_stage_that_is_not_there_keeps_its_status(tmp_path: Path) -> None:
    async def stage(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    with anyio.fail_after(15):
        async with _answer(stage, tmp_path) as answer:
            assert answer.status_code == 503
            assert json.loads(await answer.aread())["error"]["type"] == "server_error"
