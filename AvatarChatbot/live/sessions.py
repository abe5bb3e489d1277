"""All live sessions of a gateway: each lives as a task of the gateway's, and for a while without a connection."""

from __future__ import annotations

import logging
from collections import Counter

import anyio
from anyio.abc import TaskGroup, TaskStatus

from AvatarChatbot.keys import Keys
from AvatarChatbot.live.activity import Activity
from AvatarChatbot.live.caller import Caller
from AvatarChatbot.live.ending import Ending
from AvatarChatbot.live.held_place import HeldPlace
from AvatarChatbot.live.messages import Failed, Resume, Start
from AvatarChatbot.live.services import Services
from AvatarChatbot.live.session import RESUME_S, LiveSession, Told, nobody
from comps.cores.errors import NodeUnavailable, NotFound, Overloaded, Problem, Unauthorized
from comps.cores.mega.first_error import first_error
from comps.cores.telemetry.logs import unexpected

log = logging.getLogger(__name__)

#: How long a key that was withdrawn may still talk, beside the time that reading the file again takes, seconds.
_KEYS_LOOKED_AT_EVERY_S = 1.0
#: Nobody who has all their sessions is told to wait longer, seconds.
_LONGEST_WAIT_S = 60.0


class Sessions:
    """A resource of the gateway: ``start`` opens the group that owns the sessions, ``stop`` ends them all.

    A session whose key ``keys`` no longer knows is ended within a moment.
    """

    def __init__(self, services: Services, keys: Keys) -> None:
        self._services = services
        self._keys = keys
        self._live: dict[str, LiveSession] = {}
        self._connections: dict[str, int] = {}
        self._accounts: Counter[str] = Counter()  # sessions of each, those that begin too
        self._account_of: dict[str, str] = {}
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

    async def open(self, start: Start, caller: Caller, told: Told = nobody) -> LiveSession:
        """A new session, alive. ``told``: what is being done for it. Raises what ``LiveSession.open`` raises, and Overloaded when
        there is no room for it, or the caller has as many as they may.
        """
        if self._tasks is None or self._is_draining:
            raise NodeUnavailable("is shutting down", node="gateway")
        self._check_account(caller.account)
        opened: list[LiveSession | Problem] = []
        self._accounts[caller.account] += 1
        await self._tasks.start(self._live_through, start, caller, opened, told)
        if isinstance(opened[0], Problem):
            raise opened[0]
        return opened[0]

    def find(self, resume: Resume, caller: Caller) -> LiveSession:
        """The caller's session whose connection broke.

        Raises NotFound when it, or what was missed of it, is gone, or is another owner's.
        """
        session = self._live.get(resume.session)
        if session is None or session.ended.is_set() or not session.outbox.can_resume(resume.sequence):
            raise _nothing_to_resume()
        if session.owner != caller.owner:
            raise _nothing_to_resume()
        return session

    def connected(self, session: LiveSession) -> int:
        """A connection takes over the session; returns its number, which ``disconnected`` wants."""
        if session.id in self._connections:
            self._connections[session.id] += 1
        return self._connections.get(session.id, 0)

    def disconnected(self, session: LiveSession, connection: int, *, is_leaving: bool = False) -> None:
        """The session waits for another connection, then ends; at once where the client said that it leaves. Nothing happens
        where another connection has taken over already.
        """
        if self._tasks is None or session.ended.is_set() or self._connections.get(session.id) != connection:
            return
        if is_leaving:
            session.stop()
            return
        session.detach()
        self._tasks.start_soon(self._wait, session, connection)

    def _check_account(self, account: str) -> None:
        limit = self._services.settings.live_per_owner
        if self._accounts[account] < limit:
            return
        own = [session for session in self._live.values() if self._account_of[session.id] == account]
        wait_s = min((session.ends_in_s() for session in own), default=1.0)
        raise Overloaded(f"no more than {limit} live conversations at once", retry_after=min(wait_s, _LONGEST_WAIT_S))

    async def _live_through(
        self, start: Start, caller: Caller, opened: list[LiveSession | Problem], told: Told, *, task_status: TaskStatus[None]
    ) -> None:
        """The whole life of a session, its place included. ``opened`` gets it, or why there is none."""
        session: LiveSession | None = None
        try:
            drawer = await self._services.drawer(start.profile)
            start.profile = drawer.profile
            async with anyio.create_task_group() as tasks:
                activity = Activity(self._services.clock)
                idle_s = self._services.settings.live_idle_s
                place = HeldPlace(self._services.capacity, lambda: idle_s - activity.quiet_s)
                tasks.start_soon(place.run)
                await told("place")
                await place.take(start.profile)
                session = await LiveSession.open(self._services, start, caller, place, activity, told, hears=drawer.hears)
                self._live[session.id], self._connections[session.id] = session, 0
                self._account_of[session.id] = caller.account
                opened.append(session)
                task_status.started()
                await session.run()
                tasks.cancel_scope.cancel()
        except Exception as group:
            error = first_error(group)
            problem = error if isinstance(error, Problem) else unexpected(log, "a live session", error)
            if session is None:
                opened.append(problem)
                task_status.started()
            else:
                session.outbox.put(Failed(problem=problem.document()))
                session.stop(Ending.FAILED)
        finally:
            self._accounts[caller.account] -= 1
            self._accounts += Counter()  # those with none are forgotten
            if session is not None:
                session.stop()
                session.outbox.close()
                self._live.pop(session.id, None)
                self._connections.pop(session.id, None)
                self._account_of.pop(session.id, None)

    async def _watch_keys(self) -> None:
        while True:
            await anyio.sleep(_KEYS_LOOKED_AT_EVERY_S)
            for session in [*self._live.values()]:
                if not session.ended.is_set() and self._keys.is_withdrawn(session.caller.key):
                    session.withdraw(Unauthorized("the key of this conversation was withdrawn", field="key"))

    async def _wait(self, session: LiveSession, connection: int) -> None:
        with anyio.move_on_after(RESUME_S):
            await session.ended.wait()
        if self._connections.get(session.id) == connection:
            session.stop()


def _nothing_to_resume() -> NotFound:
    return NotFound("there is nothing to resume", field="resume")
