"""All live sessions of a gateway: each lives as a task of the gateway's, and for a while without a connection."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

import anyio
from anyio.abc import TaskGroup, TaskStatus

from AvatarChatbot.keys import Keys
from AvatarChatbot.live.messages import Failed, Resume, Start
from AvatarChatbot.live.services import Services
from AvatarChatbot.live.session import RESUME_S, Client, LiveSession
from comps.cores.errors import NodeUnavailable, NotFound, Problem, Unauthorized

log = logging.getLogger(__name__)

#: How long a key that was withdrawn may still talk, beside the time that reading the file again takes, seconds.
_KEYS_LOOKED_AT_EVERY_S = 1.0


class Sessions:
    """A resource of the gateway: ``start`` opens the group that owns the sessions, ``stop`` ends them all.

    A session whose key ``keys`` no longer knows is ended within a moment. ``sleep``: waits for seconds.
    """

    def __init__(self, services: Services, keys: Keys, *, sleep: Callable[[float], Awaitable[None]] = anyio.sleep) -> None:
        self._services = services
        self._keys = keys
        self._sleep = sleep
        self._live: dict[str, LiveSession] = {}
        self._connections: dict[str, int] = {}
        self._tasks: TaskGroup | None = None
        self._is_draining = False

    def __len__(self) -> int:
        return len(self._live)

    async def start(self) -> None:
        self._tasks = anyio.create_task_group()
        await self._tasks.__aenter__()
        if not self._keys.is_open:
            self._tasks.start_soon(self._watch_keys)

    async def drain(self) -> None:
        """The gateway is to stop: sessions end after what is being said, and none begins."""
        self._is_draining = True
        async with anyio.create_task_group() as tasks:
            for session in self._live.values():
                tasks.start_soon(session.retire)

    async def stop(self) -> None:
        if self._tasks is not None:
            self._tasks.cancel_scope.cancel()
            await self._tasks.__aexit__(None, None, None)
            self._tasks = None
        await self._services.stop()

    async def ready(self) -> None:
        await self._services.ready()

    async def open(self, start: Start, client: Client) -> LiveSession:
        """A new session, alive. Raises what ``LiveSession.open`` raises, and Overloaded when there is no room for it."""
        if self._tasks is None or self._is_draining:
            raise NodeUnavailable("is shutting down", node="gateway")
        opened: list[LiveSession | Problem] = []
        await self._tasks.start(self._live_through, start, client, opened)
        if isinstance(opened[0], Problem):
            raise opened[0]
        return opened[0]

    def find(self, resume: Resume, client: Client) -> LiveSession:
        """The client's session whose connection broke; it goes on with the key that they have now.

        Raises NotFound when it, or what was missed of it, is gone, or is another owner's.
        """
        session = self._live.get(resume.session)
        if session is None or session.ended.is_set() or not session.outbox.can_resume(resume.sequence):
            raise _nothing_to_resume()
        if session.owner != client.owner:
            raise _nothing_to_resume()
        session.client = client
        return session

    def connected(self, session: LiveSession) -> int:
        """A connection takes over the session; returns its number, which ``disconnected`` wants."""
        self._connections[session.id] += 1
        return self._connections[session.id]

    def disconnected(self, session: LiveSession, connection: int) -> None:
        """The session waits for another connection, then ends; unless one has taken over already."""
        if self._tasks is None or session.ended.is_set() or self._connections.get(session.id) != connection:
            return
        session.detach()
        self._tasks.start_soon(self._wait, session, connection)

    async def _live_through(
        self, start: Start, client: Client, opened: list[LiveSession | Problem], *, task_status: TaskStatus[None]
    ) -> None:
        """The whole life of a session, its place included. ``opened`` gets it, or why there is none."""
        session: LiveSession | None = None
        try:
            async with self._services.capacity.place(start.profile) as place:
                session = await LiveSession.open(self._services, start, client, place)
                self._live[session.id], self._connections[session.id] = session, 0
                opened.append(session)
                task_status.started()
                await session.run()
        except Problem as problem:
            if session is None:
                opened.append(problem)
                task_status.started()
            else:
                session.outbox.put(Failed(problem=problem.document()))
        except Exception as error:
            log.error("a live session failed: %s", type(error).__name__)
            if session is None:
                raise
        finally:
            if session is not None:
                session.stop()
                session.outbox.close()
                self._live.pop(session.id, None)
                self._connections.pop(session.id, None)

    async def _watch_keys(self) -> None:
        while True:
            await self._sleep(_KEYS_LOOKED_AT_EVERY_S)
            for session in [*self._live.values()]:
                if not session.ended.is_set() and self._keys.is_withdrawn(session.client.key):
                    session.withdraw(Unauthorized("the key of this conversation was withdrawn", field="key"))

    async def _wait(self, session: LiveSession, connection: int) -> None:
        with anyio.move_on_after(RESUME_S):
            await session.ended.wait()
        if self._connections.get(session.id) == connection:
            session.stop()


def _nothing_to_resume() -> NotFound:
    return NotFound("there is nothing to resume", field="resume")
