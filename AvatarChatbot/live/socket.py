"""``WebSocket /v1/avatarchatbot``: who may connect, the first message, and one connection of a session."""

from __future__ import annotations

import functools
import logging

import anyio
from starlette.websockets import WebSocket, WebSocketDisconnect

from AvatarChatbot.keys import Keys, given, hashed
from AvatarChatbot.live.caller import Caller
from AvatarChatbot.live.connection import Connection
from AvatarChatbot.live.ending import Ending
from AvatarChatbot.live.messages import Failed, Ping, Pong, Start
from AvatarChatbot.live.parse import parse
from AvatarChatbot.live.preparation import telling
from AvatarChatbot.live.session import LiveSession
from AvatarChatbot.live.sessions import Sessions
from AvatarChatbot.rates import AddressRates
from comps.cores.errors import BadInput, Problem, Unauthorized
from comps.cores.mega.first_error import first_error
from comps.cores.telemetry import audit
from comps.cores.telemetry.logs import unexpected

log = logging.getLogger(__name__)

#: Close codes beside those of ``Ending`` (1013: try again later).
_POLICY, _TRY_AGAIN = 1008, 1013
#: The first message must come within this, seconds.
_START_TIMEOUT_S = 15.0
_OVERLOADED = 429


class LiveSocket:
    """The handler of the route. ``rates``: of addresses, where no keys are asked for."""

    def __init__(self, sessions: Sessions, keys: Keys, rates: AddressRates) -> None:
        self._sessions = sessions
        self._keys = keys
        self._rates = rates

    async def serve(self, socket: WebSocket) -> None:
        """From the handshake to the end of one connection."""
        await socket.accept()
        connection = Connection(socket)
        try:
            start = await _first_message(connection)
            session = await self._session(start, self._caller(socket, start), connection)
        except (WebSocketDisconnect, TimeoutError):
            await connection.close(_POLICY)
            return
        except Problem as problem:
            is_passing = problem.status == _OVERLOADED and problem.extra.get("field") != "engine"
            await connection.fail(problem, _TRY_AGAIN if is_passing else Ending.FAILED)
            return
        except Exception as error:
            await connection.fail(unexpected(log, "starting a live session", error), Ending.FAILED)
            return
        await self._connect(connection, session, start.resume.sequence if start.resume else 0)

    def _caller(self, socket: WebSocket, start: Start) -> Caller:
        """Who asks. Raises Unauthorized, and Overloaded where they ask too often; a resume is none of the questions counted."""
        key = given(socket.headers) or start.key or ""
        try:
            owner = self._keys.admit(key)
        except Unauthorized:
            audit.refused(socket.scope)
            raise
        if not self._keys.is_open:
            return Caller(owner, hashed(key), owner, functools.partial(self._keys.charge, owner))
        address = socket.client.host if socket.client else ""
        if start.resume is None:
            self._rates.charge(address)
        return Caller(owner, hashed(key), address, functools.partial(self._rates.charge, address))

    async def _session(self, start: Start, caller: Caller, connection: Connection) -> LiveSession:
        if start.resume is not None:
            session = self._sessions.find(start.resume, caller)
            session.attach(caller)
            return session
        async with telling(connection) as told:
            return await self._sessions.open(start, caller, told)

    async def _connect(self, connection: Connection, session: LiveSession, after: int) -> None:
        """Carry messages both ways until either side leaves or another connection takes over."""
        number = self._sessions.connected(session)
        failures: list[BaseException] = []
        try:
            async with anyio.create_task_group() as tasks:

                async def send() -> None:
                    async for message in session.outbox.messages(after):
                        await connection.send(message)
                    await connection.close(session.ending)
                    tasks.cancel_scope.cancel()

                tasks.start_soon(send)
                async for message in connection.messages():
                    await _receive(connection, session, message)
                tasks.cancel_scope.cancel()
        except* WebSocketDisconnect:
            await connection.read_on()
        except* Exception as group:
            failures.append(first_error(group))
        finally:
            self._sessions.disconnected(session, number, is_leaving=connection.is_leaving)
        for error in failures:
            problem = error if isinstance(error, Problem) else unexpected(log, "a live connection", error)
            await connection.fail(problem, Ending.FAILED)
            session.stop(Ending.FAILED)


async def _first_message(connection: Connection) -> Start:
    with anyio.fail_after(_START_TIMEOUT_S):
        received = await connection.receive()
    message = parse(received) if isinstance(received, str) else None
    if not isinstance(message, Start):
        raise BadInput("the first message is start", field="type")
    return message


async def _receive(connection: Connection, session: LiveSession, message: str | bytes) -> None:
    """One message of the client's; a mistake in it, or one of ours, is told, and the session goes on."""
    try:
        if isinstance(message, bytes):
            session.hear(message)
            return
        parsed = parse(message)
        if isinstance(parsed, Ping):
            await connection.reply(Pong(id=parsed.id))
        else:
            await session.receive(parsed)
    except WebSocketDisconnect:
        raise
    except Problem as problem:
        await connection.reply(Failed(problem=problem.document()))
    except Exception as error:
        await connection.reply(Failed(problem=unexpected(log, "a live message", error).document()))
