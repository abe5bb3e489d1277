"""One request to a service with replicas: where it fails, or takes long, it is asked elsewhere."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import anyio

from comps.cores import retry_after
from comps.cores.errors import NodeError, NodeUnavailable, Problem
from comps.cores.mega.channel import Channel
from comps.cores.mega.first_error import first_error
from comps.cores.mega.micro_service import MicroService
from comps.cores.mega.replicas import Replica, Replicas

_TOO_MANY = 429


class NotSent(NodeUnavailable):
    """The replica could not be reached: nothing of the request has been seen there."""


def is_its_own(error: Problem, service: MicroService) -> bool:
    """Whether a failure is the replica's own, not that of something behind it."""
    return isinstance(error, NodeError) and error.node == service.title and not error.is_behind


def may_be_repeated(error: Problem, service: MicroService) -> bool:
    if isinstance(error, NotSent):
        return True
    return service.repeatable and (error.status == _TOO_MANY or is_its_own(error, service))


def wait_after(error: Problem) -> float:
    """Seconds; infinite for an error that is no refusal."""
    return retry_after.seconds(error.headers.get("Retry-After")) if error.status == _TOO_MANY else float("inf")


class Attempts:
    """``ask`` sends the request to a replica and returns its answer, or raises a Problem. ``run`` gives the first answer.

    Each replica is asked once at most. Of several failures the first is raised, but for refusals (429) that with the shortest
    wait.
    """

    def __init__(self, service: MicroService, replicas: Replicas, ask: Callable[[Replica], Awaitable[Any]]) -> None:
        self.retries = 0
        self._service = service
        self._replicas = replicas
        self._ask = ask
        self._tried: list[Replica] = []
        self._outcomes: Channel[Any] = Channel(float("inf"))

    async def run(self) -> Any:
        if self._service.repeatable and self._service.attempt_timeout is not None:
            try:
                return await self._overtaking()
            except BaseExceptionGroup as group:
                raise first_error(group) from None
        return await self._in_turn()

    async def _in_turn(self) -> Any:
        failures: list[Problem] = []
        replica = self._next()
        while replica is not None:
            try:
                return await self._asked(replica)
            except Problem as error:
                failures.append(error)
                replica = self._next() if may_be_repeated(error, self._service) else None
        raise min(failures, key=wait_after, default=NotSent("has no address", node=self._service.title))

    async def _overtaking(self) -> Any:
        failures: list[Problem] = []
        running = 0
        async with anyio.create_task_group() as tasks:
            replica = self._next()
            while True:
                if replica is not None:
                    running += 1
                    tasks.start_soon(self._one, replica)
                outcome = None
                with anyio.move_on_after(self._patience()):
                    outcome = await anext(self._outcomes)
                if outcome is None:
                    replica = self._next()
                    continue
                running -= 1
                if not isinstance(outcome, Problem):
                    tasks.cancel_scope.cancel()
                    return outcome[0]
                failures.append(outcome)
                replica = self._next() if may_be_repeated(outcome, self._service) else None
                if replica is None and not running:
                    tasks.cancel_scope.cancel()
                    break
        raise min(failures, key=wait_after)

    def _next(self) -> Replica | None:
        replica = self._replicas.pick(self._tried)
        if replica is not None:
            self.retries += bool(self._tried)
            self._tried.append(replica)
        return replica

    def _patience(self) -> float | None:
        """How long the replicas that were asked are waited for before another is asked as well."""
        others = [replica for replica in self._replicas.all if replica not in self._tried and not replica.failures]
        return self._service.attempt_timeout if others else None

    async def _one(self, replica: Replica) -> None:
        try:
            await self._outcomes.send((await self._asked(replica),))
        except Problem as error:
            await self._outcomes.send(error)

    async def _asked(self, replica: Replica) -> Any:
        replica.in_flight += 1
        try:
            answer = await self._ask(replica)
        except Problem as error:
            if isinstance(error, NotSent) or is_its_own(error, self._service):
                self._replicas.failed(replica, error.detail)
            raise
        finally:
            replica.in_flight -= 1
        self._replicas.succeeded(replica)
        return answer
