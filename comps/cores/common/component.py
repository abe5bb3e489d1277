"""Engines: the implementations of a stage, chosen by name and imported only once chosen."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar, cast

from comps.cores.errors import NodeUnavailable


class Engine(Protocol):
    """What every engine of every stage has, beside the methods of its stage."""

    name: str

    def __init__(self, settings: Any) -> None: ...

    @classmethod
    def unavailable(cls, settings: Any) -> str | None:
        """Why this engine cannot run here with these settings, in one sentence; None when it can. Cheap: loads no model."""

    async def start(self) -> None:
        """Open what the engine needs (worker processes, connections)."""

    async def stop(self) -> None:
        """Close all that ``start`` opened."""

    async def ready(self) -> None:
        """Return when the engine can serve; raise NodeUnavailable when it cannot."""


E = TypeVar("E", bound=Engine)


@dataclass(frozen=True)
class Choice:
    """Which engine a stage takes, and why the better ones were passed over (engine → reason). ``beside``: what runs beside it."""

    name: str
    passed_over: Mapping[str, str]
    beside: tuple[str, ...] = ()


class EngineRegistry(Generic[E]):
    """The engines of one stage, best first: ``{"name": "module:Class"}``. The module is imported when the engine is asked for.

    ``together``: with ``auto`` all that can run do, each for what it can do best; so do several names with commas.
    """

    def __init__(self, stage: str, engines: Mapping[str, str], *, together: bool = False) -> None:
        self.stage = stage
        self._together = together
        self._targets = dict(engines)

    def __iter__(self) -> Any:
        return iter(self._targets)

    def add(self, name: str, target: str) -> None:
        """One more engine, ``"module:Class"``, of somebody else's; the last that ``auto`` would take."""
        self._targets[name] = target

    def engine_class(self, name: str) -> type[E]:
        """Import and return the class of engine ``name``. Raises NodeUnavailable for an unknown name."""
        try:
            module, _, attribute = self._targets[name].partition(":")
        except KeyError:
            known = ", ".join(["auto", *self._targets])
            raise NodeUnavailable(f"no {self.stage} engine is called {name!r}; there are: {known}", node=self.stage) from None
        return cast("type[E]", getattr(importlib.import_module(module), attribute))

    def choose(self, name: str, settings: Any) -> Choice:
        """Resolve ``name``; ``auto`` takes the best engine that can run here. Raises NodeUnavailable when a named one cannot."""
        if name != "auto":
            first, *beside = name.split(",") if self._together else [name]
            for engine in (first, *beside):
                reason = self.engine_class(engine).unavailable(settings)
                if reason is not None:
                    raise NodeUnavailable(f"{self.stage} engine {engine!r} cannot run: {reason}", node=self.stage)
            return Choice(first, {}, tuple(beside))
        reasons = {candidate: self.engine_class(candidate).unavailable(settings) for candidate in self._targets}
        can_run = [candidate for candidate, reason in reasons.items() if reason is None]
        passed_over = {candidate: reason for candidate, reason in reasons.items() if reason is not None}
        if not can_run:
            raise NodeUnavailable(f"no {self.stage} engine can run: {passed_over}", node=self.stage)
        return Choice(can_run[0], passed_over, tuple(can_run[1:]) if self._together else ())

    def create(self, name: str, settings: Any) -> E:
        """The engine ``name`` (or the best, for ``auto``), constructed but not started."""
        return self.create_all(name, settings)[0]

    def create_all(self, name: str, settings: Any) -> list[E]:
        """The engine ``name`` and those beside it, best first, constructed but not started."""
        choice = self.choose(name, settings)
        return [self.engine_class(engine)(settings) for engine in (choice.name, *choice.beside)]
