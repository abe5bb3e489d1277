"""A gateway whose language model is a scripted server, with a toy voice and a toy face in place of the other services."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from AvatarChatbot import answering
from AvatarChatbot.capacity import Place
from AvatarChatbot.drawer import Drawer
from AvatarChatbot.gateway import AvatarChatbotGateway
from comps.cores.common.settings import GatewaySettings, StorageSettings
from comps.cores.mega.orchestrator import ServiceOrchestrator
from comps.cores.proto.avatar import AvatarInfo, AvatarRequest, ChunkRequest, SpeechRequest
from tests.live import toy
from tests.llms.conftest import misbehaving
from tests.llms.test_openai_compatible import chunk, document, stream_of

PATH = "/v1/avatarchatbot"


class ToyMesh:
    """``says``: the pieces that the model sends, ``end`` what follows them; it ``stalls`` after them where that is set.

    ``before_drawing`` and ``before_speaking`` are awaited before each chunk and clause, with its number.
    """

    def __init__(self) -> None:
        self.says: list[str] = ["Hello there. "]
        self.stalls = False
        #: The problem that the llm service answers with.
        self.refusal: dict[str, Any] = {}
        self.asked: list[bytes] = []
        #: Pieces that were sent before the model was left.
        self.sent = 0
        self.left = anyio.Event()
        self.drawn = self.spoken = 0
        self.before_drawing: Callable[[int], Awaitable[None]] = _at_once
        self.before_speaking: Callable[[int], Awaitable[None]] = _at_once
        self.gateway: AvatarChatbotGateway

    async def model(self, request: bytes, writer: asyncio.StreamWriter) -> None:
        self.asked.append(request)
        if self.refusal:
            refused = document(self.refusal["status"], self.refusal)
            writer.write(refused.replace(b"application/json", b"application/problem+json"))
            return
        try:
            writer.write(stream_of())
            for piece in self.says:
                writer.write(f"data: {chunk(piece)}\n\n".encode())
                await writer.drain()
                self.sent += 1
                await asyncio.sleep(0)
                if writer.is_closing():
                    return
            if self.stalls:
                # Until the other side goes.
                while not writer.is_closing():
                    writer.write(b": here\n\n")
                    await writer.drain()
                    await asyncio.sleep(0.05)
                return
            writer.write(f"data: {chunk('', 'stop')}\n\ndata: [DONE]\n\n".encode())
        finally:
            if writer.is_closing():
                self.left.set()

    async def ask(self, cur_node: str, inputs: Any) -> Any:
        match inputs:
            case AvatarRequest():
                return AvatarInfo(
                    avatar_id="a" * 32, kind="picture", width=64, height=64, can_blink=True, engine="toy"
                ).model_dump()
            case SpeechRequest():
                self.spoken += 1
                await self.before_speaking(self.spoken)
                return toy.speech(inputs.text).model_dump()
            case ChunkRequest():
                self.drawn += 1
                await self.before_drawing(self.drawn)
                return (await toy.draw(inputs)).model_dump()
        raise AssertionError(cur_node)

    def client(self) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app=self.gateway.service.app, client=("127.0.0.1", 1234))
        return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", timeout=60)

    async def answer(self, accept: str = "application/json", **fields: Any) -> httpx.Response:
        asked = {"text": "Who are you?", "profile": toy.PROFILE.model_dump(), **fields}
        async with self.client() as client:
            return await client.post(PATH, json=asked, headers={"Accept": accept})


async def _at_once(_: int) -> None:
    """Nothing is waited for."""


@asynccontextmanager
async def toy_mesh(folder: Path, monkeypatch: pytest.MonkeyPatch, **settings: Any) -> AsyncIterator[ToyMesh]:
    """A mesh whose gateway has these settings."""
    mesh = ToyMesh()

    async def drawer(_: Any, profile: Any) -> Drawer:
        return Drawer(profile.model_copy(update={"engine": "toy", "restore": "none"}), hears=False)

    @asynccontextmanager
    async def place(*_: Any, **__: Any) -> AsyncIterator[Place]:
        yield Place("place", 0.001)

    monkeypatch.setattr(answering, "drawer", drawer)

    async def ask(_: Any, cur_node: str, inputs: Any) -> Any:
        return await mesh.ask(cur_node, inputs)

    async def is_there(_: str) -> bool:
        return True

    monkeypatch.setattr(ServiceOrchestrator, "ask", ask)
    storage = StorageSettings(blobs=f"{folder}/blobs", database=f"sqlite+aiosqlite:///{folder}/records.db")
    async with misbehaving(mesh.model) as url:
        made = GatewaySettings(port=0, storage=storage, llm_url=url.removesuffix("/v1"), **settings)
        mesh.gateway = AvatarChatbotGateway(made)
        monkeypatch.setattr(mesh.gateway.answering.capacity, "place", place)
        monkeypatch.setattr(mesh.gateway.answering, "_is_there", is_there)
        await mesh.gateway.store.start()
        try:
            yield mesh
        finally:
            await mesh.gateway.store.stop()
            with contextlib.suppress(Exception):
                await mesh.gateway.answering._chatbot.megaservice.stop()
