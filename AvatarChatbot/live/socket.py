"""``WebSocket /v1/avatarchatbot``: who may connect, the first message, and one connection of a session."""

from __future__ import annotations

from collections.abc import AsyncIterator

import anyio
from pydantic import ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from AvatarChatbot.keys import Keys, given, hashed
from AvatarChatbot.live.messages import CLIENT_MESSAGE, ClientMessage, Failed, Ping, Pong, Start
from AvatarChatbot.live.session import Client, LiveSession
from AvatarChatbot.live.sessions import Sessions
from comps.cores.common.settings import GatewaySettings
from comps.cores.errors import BadInput, Problem, Unauthorized
from comps.cores.proto.wire import invalid
from comps.cores.telemetry import audit

#: Close codes: RFC 6455 §7.4.1 and IANA's registry (1012: service restart, 1013: try again later); 4000 and up are ours.
_NORMAL, _POLICY, _RESTART, _TRY_AGAIN, _FAILED = 1000, 1008, 1012, 1013, 4000
#: The first message must come within this, seconds.
_START_TIMEOUT_S = 15.0
_OVERLOADED = 429


class LiveSocket:
    """The handler of the route."""

    def __init__(self, sessions: Sessions, settings: GatewaySettings, keys: Keys) -> None:
        self._sessions = sessions
        self._settings = settings
        self._keys = keys

    async def serve(self, socket: WebSocket) -> None:
        """From the handshake to the end of one connection."""
        await socket.accept()
        try:
            start, client = await self._first_message(socket)
            session = await self._session(start, client)
        except Problem as problem:
            await _fail(socket, problem)
            return
        except (WebSocketDisconnect, TimeoutError):
            await _close(socket, _POLICY)
            return
        after = start.resume.sequence if start.resume else 0
        await self._connect(socket, session, after)

    async def _first_message(self, socket: WebSocket) -> tuple[Start, Client]:
        with anyio.fail_after(_START_TIMEOUT_S):
            message = _parsed(await socket.receive_text())
        if not isinstance(message, Start):
            raise BadInput("the first message is start", field="type")
        return message, self._client(socket, given(socket.headers) or message.key or "")

    def _client(self, socket: WebSocket, key: str) -> Client:
        try:
            return Client(self._keys.admit(key), hashed(key))
        except Unauthorized:
            audit.refused(socket.scope)
            raise

    async def _session(self, start: Start, client: Client) -> LiveSession:
        if start.resume is not None:
            session = self._sessions.find(start.resume, client)
            session.attach()
            return session
        return await self._sessions.open(start, client)

    async def _connect(self, socket: WebSocket, session: LiveSession, after: int) -> None:
        """Carry messages both ways until either side leaves or another connection takes over."""
        connection = self._sessions.connected(session)
        try:
            async with anyio.create_task_group() as tasks:

                async def send() -> None:
                    async for message in session.outbox.messages(after):
                        await (socket.send_text(message) if isinstance(message, str) else socket.send_bytes(message))
                    await _close(socket, _code(session))
                    tasks.cancel_scope.cancel()

                tasks.start_soon(send)
                async for message in _messages(socket):
                    await self._receive(socket, session, message)
                tasks.cancel_scope.cancel()
        except* (WebSocketDisconnect, RuntimeError):
            pass
        finally:
            self._sessions.disconnected(session, connection)

    async def _receive(self, socket: WebSocket, session: LiveSession, message: str | bytes) -> None:
        """One message of the client's; a mistake in it is told, and nothing else happens."""
        try:
            if isinstance(message, bytes):
                session.hear(message)
                return
            parsed = _parsed(message)
            if isinstance(parsed, Ping):
                await socket.send_text(Pong(id=parsed.id).model_dump_json())
            else:
                await session.receive(parsed)
        except Problem as problem:
            session.outbox.put(Failed(turn=None, problem=problem.document()))


def _parsed(text: str) -> ClientMessage:
    """Raises BadInput, without repeating what was said."""
    try:
        return CLIENT_MESSAGE.validate_json(text)
    except ValidationError as error:
        raise invalid(error.errors(include_input=False, include_url=False, include_context=False)) from None


async def _messages(socket: WebSocket) -> AsyncIterator[str | bytes]:
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return
        yield message["text"] if message.get("text") is not None else message["bytes"]


async def _fail(socket: WebSocket, problem: Problem) -> None:
    """Say why, and close: with 1013 where it may work later."""
    await socket.send_text(Failed(problem=problem.document()).model_dump_json(exclude_none=True))
    await _close(socket, _TRY_AGAIN if problem.status == _OVERLOADED else _FAILED)


def _code(session: LiveSession) -> int:
    """Why a session has ended."""
    if session.is_withdrawn:
        return _POLICY
    return _RESTART if session.is_retired else _NORMAL


async def _close(socket: WebSocket, code: int) -> None:
    if socket.application_state is WebSocketState.CONNECTED:
        await socket.close(code)
