"""Servers to talk to: a real llama.cpp, and one that misbehaves as no real one can be made to."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from comps.cores.common.settings import LlmSettings
from comps.llms.engines.openai_compatible import OpenAICompatible

#: Writes the answer to one HTTP request: gets the request's head and body, and the connection to write to.
Answer = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]


class LlamaServer:
    """A llama.cpp server in a process of its own."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("llama_server.py")), str(folder), *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout is not None
        self.url = next((line.strip() for line in self.process.stdout if line.startswith("http")), "")
        if not self.url:
            raise RuntimeError("the llama.cpp server did not start")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="session")
def llama_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("llama")


@pytest.fixture(scope="session")
def llama(llama_folder: Path) -> Iterator[LlamaServer]:
    pytest.importorskip("xllamacpp", reason="llama.cpp is in the dev extras (scripts/setup --dev)")
    server = LlamaServer(llama_folder)
    yield server
    server.kill()


@asynccontextmanager
async def engine_for(endpoint: str, **settings: object) -> AsyncIterator[OpenAICompatible]:
    engine = OpenAICompatible(LlmSettings(endpoint=endpoint, **settings))
    await engine.start()
    try:
        yield engine
    finally:
        await engine.stop()


@asynccontextmanager
async def misbehaving(answer: Answer) -> AsyncIterator[str]:
    """A loopback server that hands every request to ``answer`` and then closes the connection; its base URL."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(
                (int(line.split(b":")[1]) for line in head.lower().splitlines() if line.startswith(b"content-length")), 0
            )
            await answer(head + await reader.readexactly(length), writer)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        host, port = server.sockets[0].getsockname()[:2]
        yield f"http://{host}:{port}/v1"
    finally:
        server.close()


@pytest.fixture
def closed_port() -> int:
    """A port of this machine at which nothing listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
