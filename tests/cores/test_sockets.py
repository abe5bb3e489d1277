"""WebSockets of a service: what a message may hold."""

from __future__ import annotations

import contextlib

import anyio
import pytest
from fastapi import WebSocket
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from comps import MicroService
from tests.serving import serving


@pytest.mark.anyio
async def test_messages_are_not_compressed_and_have_a_limit() -> None:
    service = MicroService("sockets", host="127.0.0.1", port=0)

    async def echo(socket: WebSocket) -> None:
        await socket.accept()
        while True:
            await socket.send_json(len(await socket.receive_bytes()))

    service.app.add_api_websocket_route("/echo", echo)
    with serving(service):
        async with connect(f"ws://127.0.0.1:{service.port}/echo", proxy=None) as socket:
            assert socket.response is not None
            assert "Sec-WebSocket-Extensions" not in socket.response.headers
            await socket.send(bytes(1 << 20))
            assert await socket.recv() == f"{1 << 20}"
            with contextlib.suppress(ConnectionClosed), anyio.fail_after(20):
                await socket.send(bytes(17 << 20))
                await socket.recv()
            assert socket.close_code == 1009
