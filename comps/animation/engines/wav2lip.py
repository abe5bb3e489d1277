"""Wav2Lip draws the mouth from the sound; head, lids and sway are warp's. One process holds the network, the workers draw."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import cast

from comps.animation.cost import pixels
from comps.animation.engines.rig_engine import RigEngine
from comps.animation.wav2lip.batcher import Batcher
from comps.animation.wav2lip.jobs import MouthJob
from comps.animation.wav2lip.network_worker import Drawn
from comps.animation.wav2lip.worker import Plan
from comps.cores.common.settings import AnimationSettings
from comps.cores.devices import INSTALL, resolve
from comps.cores.errors import NodeUnavailable
from comps.cores.proto.avatar import Chunk, ChunkRequest, Restore
from comps.cores.workers.pool import WorkerPool
from comps.models.folder import models_folder
from comps.models.weights import checkpoint, unusable

#: Frames in one call of the network: for each core of a processor, which draws no faster by more, while others would wait for
#: them; and on accelerators.
_PER_CORE, _ACCELERATED = 4, 64
#: Reading a checkpoint and compiling the network for a device, seconds.
_START_S = 300.0


class Wav2LipEngine(RigEngine):
    name = "wav2lip"
    hears = True
    restores: tuple[Restore, ...]
    worker = "comps.animation.wav2lip.worker:Wav2LipWorker"

    def __init__(self, settings: AnimationSettings) -> None:
        super().__init__(settings)
        self._mouth_s = self._restored_s = 0.0
        self._restorer = _restorer(settings)
        self.restores = () if self._restorer is None else ("mouth", "face")

    @classmethod
    def unavailable(cls, settings: AnimationSettings) -> str | None:
        if reason := unusable("wav2lip", settings.wav2lip_checkpoint, settings.non_commercial):
            return reason
        path = _checkpoint(settings)
        assert path is not None
        try:
            device = resolve(settings.device, settings.dtype, settings.threads)
        except NodeUnavailable as error:
            return error.detail
        # Other formats than safetensors are read by torch, whoever computes.
        needed = {device.runtime, "safetensors", *(() if path.suffix == ".safetensors" else ("torch",))}
        missing = sorted(name for name in needed if importlib.util.find_spec(name) is None)
        if missing:
            return f"{' and '.join(missing)} not installed: run `{INSTALL}`"
        return super().unavailable(settings)

    def picture_s(self, restore: str, size: int) -> float:
        if not self._mouth_s:
            return 0.0
        network_s = self._mouth_s + (self._restored_s if restore in self.restores else 0.0)
        return self._settings.frame_cost_ms / 1000 * pixels(size) + self._settings.workers * network_s

    async def start(self) -> None:
        """Raises UnusableCheckpoint, NodeUnavailable."""
        settings = self._settings
        path = _checkpoint(settings)
        assert path is not None
        self._device = resolve(settings.device, settings.dtype, settings.threads)
        threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), str(self._device.threads))
        self._network = WorkerPool(
            "comps.animation.wav2lip.network_worker:NetworkWorker",
            {"checkpoint": path, "device": self._device, "cache": _cache(), "restorer": self._restorer},
            node="animation",
            environment=threads,
            start_timeout=_START_S,
        )
        self._batcher = Batcher(self._draw, _PER_CORE * self._device.threads if self._device.name == "cpu" else _ACCELERATED)
        await self._network.start()
        try:
            self._mouth_s = float(await self._network.call("seconds"))
            await self.prepare(settings.restore)
            await super().start()
        except BaseException:
            await self._network.stop()
            raise

    async def stop(self) -> None:
        await self._batcher.stop()
        await self._network.stop()
        await super().stop()

    async def ready(self) -> None:
        await self._network.ready()
        await super().ready()

    async def prepare(self, restore: str) -> None:
        if restore in self.restores and not self._restored_s:
            self._restored_s = float(await self._network.call("restoring_seconds"))

    async def chunk(self, request: ChunkRequest) -> Chunk:
        await self.prepare(request.profile.restore)
        plan = cast(Plan, await self._pool.call("plan", request))
        if plan.unrestored is not None:
            faces = await self._network.call("restore", plan.unrestored)
            await self._pool.call("keep_restored", request.avatar_id, faces[0])
            plan = cast(Plan, await self._pool.call("plan", request))
        if plan.job is None:
            return cast(Chunk, await self._pool.call("chunk", request, None))
        drawn = await self._batcher.mouths(plan.job)
        chunk = cast(Chunk, await self._pool.call("chunk", request, drawn.mouths))
        # The workers share one network: while it draws for one of them the others get nothing from it.
        wall_ms = chunk.wall_ms + plan.wall_ms + self._settings.workers * drawn.wall_ms
        cpu_ms = chunk.cpu_ms + plan.cpu_ms + drawn.cpu_ms if self._device.name == "cpu" else 0.0
        return chunk.model_copy(update={"wall_ms": wall_ms, "cpu_ms": cpu_ms})

    async def _draw(self, jobs: list[MouthJob]) -> Drawn:
        return cast(Drawn, await self._network.call("draw", jobs))


def _checkpoint(settings: AnimationSettings) -> Path | None:
    return settings.wav2lip_checkpoint or checkpoint("wav2lip")


def _restorer(settings: AnimationSettings) -> Path | None:
    """GFPGAN's checkpoint, where it can be used."""
    if unusable("gfpgan", settings.gfpgan_checkpoint, settings.non_commercial):
        return None
    path = settings.gfpgan_checkpoint or checkpoint("gfpgan")
    readable = path is not None and (path.suffix == ".safetensors" or importlib.util.find_spec("torch") is not None)
    return path if readable else None


def _cache() -> Path | None:
    """Where folded weights are kept, if that can be written."""
    folder = models_folder() / "folded"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None
