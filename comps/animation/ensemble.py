"""Several animation engines as one: a chunk is drawn by the engine that its profile names, by the best where it names none."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence

import anyio

from comps.animation.engine import ENGINES, AnimationEngine
from comps.cores.common.settings import AnimationSettings
from comps.cores.errors import BadInput, Problem, UnknownEngine
from comps.cores.proto.avatar import AvatarInfo, AvatarRequest, Chunk, ChunkRequest, DrawnBy, Restore, VideoProfile

log = logging.getLogger(__name__)

_NONE: Restore = "none"


class Ensemble:
    """``engines``: best first, neither started. ``restore``: of profiles that say nothing of it, with engines that can.
    ``unavailable``: engine → why it does not run here.

    The first is started with the service; each of the others when it is first asked to draw.
    """

    def __init__(
        self, engines: Sequence[AnimationEngine], restore: Restore = _NONE, unavailable: Mapping[str, str] | None = None
    ) -> None:
        self._engines = {engine.name: engine for engine in engines}
        self._restore = restore
        self._unavailable = dict(unavailable or {})
        self._started: set[str] = set()
        self._starting = {name: asyncio.Lock() for name in self._engines}

    @classmethod
    def of(cls, settings: AnimationSettings) -> Ensemble:
        """All engines that can run here, or the one that the settings name. Raises NodeUnavailable where that cannot run."""
        engines = ENGINES.create_all(settings.engine, settings)
        running = {engine.name for engine in engines}
        others = {name: ENGINES.engine_class(name).unavailable(settings) for name in ENGINES if name not in running}
        alone = f"this service is set up for {settings.engine} alone"
        return cls(engines, settings.restore, {name: reason or alone for name, reason in others.items()})

    @property
    def name(self) -> str:
        """Of the engine that draws where none is named."""
        return next(iter(self._engines))

    async def start(self) -> None:
        """Start the best engine that can be: one that cannot is passed over."""
        while True:
            name = self.name
            try:
                await self._running(name)
                return
            except (Problem, OSError) as error:
                if len(self._engines) == 1:
                    raise
                log.warning("animation engine %s cannot start and is passed over: %s", name, error)
                del self._engines[name]
                self._unavailable[name] = f"it could not be started: {error}"

    async def stop(self) -> None:
        await asyncio.gather(*(engine.stop() for name, engine in self._engines.items() if name in self._started))

    async def ready(self) -> None:
        """The best engine draws most answers: a fault of another's is an error of the requests that name it."""
        await self._engines[self.name].ready()

    def pinned(self, profile: VideoProfile) -> VideoProfile:
        """``profile`` with the names of the engine that draws it and of what is restored.

        Raises UnknownEngine, and BadInput (field ``restore``) for what the engine cannot restore.
        """
        engine = self._engine(profile.engine)
        restore: Restore = profile.restore
        if not restore:
            restore = self._restore if self._restore in engine.restores else _NONE
        if restore not in _restores(engine):
            there = ", ".join(_restores(engine))
            raise BadInput(
                f"restore: is not to be had with {engine.name} here; there are: {there}",
                field="restore",
                restores=_restores(engine),
            )
        return profile.model_copy(update={"engine": engine.name, "restore": restore})

    def drawn_by(self, profile: VideoProfile) -> DrawnBy:
        """Who draws a profile, and who else there is. Raises as ``pinned``."""
        pinned = self.pinned(profile)
        return DrawnBy(
            engine=pinned.engine,
            restore=pinned.restore,
            hears=self.hears(pinned),
            engines=list(self._engines),
            restores={name: _restores(engine) for name, engine in self._engines.items()},
            unavailable=self._unavailable,
        )

    def hears(self, profile: VideoProfile) -> bool:
        """Whether chunks of this profile must carry their sound. Raises UnknownEngine."""
        return self._engine(profile.engine).hears

    def picture_s(self, engine: str, restore: str, size: int) -> float:
        """What a picture of ``size``² is expected to take, seconds; 0: unknown."""
        known = self._engines.get(engine)
        return known.picture_s(restore, size) if known else 0.0

    async def start_drawer(self, profile: VideoProfile) -> None:
        """Start the engine that draws a profile, if it does not run yet: then it knows what its pictures cost.

        Raises UnknownEngine, and what starting it raises.
        """
        engine = await self._running(self._engine(profile.engine).name)
        await engine.prepare(profile.restore)

    async def register(self, request: AvatarRequest) -> AvatarInfo:
        return self._told(await self._engines[self.name].register(request))

    async def info(self, avatar_id: str) -> AvatarInfo:
        return self._told(await self._engines[self.name].info(avatar_id))

    async def forget(self, avatar_id: str) -> None:
        await self._engines[self.name].forget(avatar_id)

    async def chunk(self, request: ChunkRequest) -> Chunk:
        """Raises UnknownEngine, NodeUnavailable where the engine cannot be started, and what it raises."""
        engine = await self._running(self._engine(request.profile.engine).name)
        return await engine.chunk(request)

    def _engine(self, name: str) -> AnimationEngine:
        if (engine := self._engines.get(name or self.name)) is not None:
            return engine
        there = ", ".join(self._engines)
        reason = self._unavailable.get(name)
        detail = f"engine: {name} does not run here ({reason})" if reason else "engine: there is none of that name"
        raise UnknownEngine(f"{detail}; there are: {there}", field="engine", engines=list(self._engines))

    async def _running(self, name: str) -> AnimationEngine:
        engine = self._engines[name]
        async with self._starting[name]:
            if name not in self._started:
                # Whoever asked first may leave; what was begun for them is for all.
                with anyio.CancelScope(shield=True):
                    await engine.start()
                self._started.add(name)
        return engine

    def _told(self, info: AvatarInfo) -> AvatarInfo:
        """An avatar, with all that can draw it."""
        engines = self._engines.values()
        restores = {restore: None for engine in engines for restore in _restores(engine)}
        return info.model_copy(
            update={
                "engine": self.name,
                "engines": list(self._engines),
                "hearing": [engine.name for engine in engines if engine.hears],
                "restores": list(restores),
            }
        )


def _restores(engine: AnimationEngine) -> list[str]:
    return [_NONE, *engine.restores]
