"""Which engine would run at each stage on this machine, and why not a better one."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from comps.cores.common import settings
from comps.cores.common.component import EngineRegistry
from comps.cores.errors import NodeUnavailable
from comps.models.catalogue import MODELS
from comps.models.folder import models_folder
from comps.models.state import COMMAND, State, state

_STAGES: dict[str, tuple[str, type[settings.ServiceSettings]]] = {
    "asr": ("comps.asr.engine", settings.AsrSettings),
    "describe": ("comps.describe.engine", settings.DescribeSettings),
    "llm": ("comps.llms.engine", settings.LlmSettings),
    "tts": ("comps.tts.engine", settings.TtsSettings),
    "animation": ("comps.animation.engine", settings.AnimationSettings),
}


@dataclass(frozen=True)
class Finding:
    """One engine of a stage: ``chosen`` runs, others say why they do not."""

    stage: str
    engine: str
    chosen: bool
    reason: str


def examine() -> Iterator[Finding]:
    """All engines of all stages, best first."""
    for stage, (module, kind) in _STAGES.items():
        registry: EngineRegistry[Any] = importlib.import_module(module).ENGINES
        configured = kind()
        try:
            choice = registry.choose(configured.engine, configured)
            chosen, problem = {choice.name, *choice.beside}, ""
        except NodeUnavailable as error:
            chosen, problem = set(), error.detail
        for engine in registry:
            reason = registry.engine_class(engine).unavailable(configured)
            if engine in chosen:
                yield Finding(stage, engine, True, "will run")
            else:
                yield Finding(stage, engine, False, reason or "can run; a better one is chosen, or another is named")
        if problem:
            yield Finding(stage, configured.engine, False, problem)


def advices() -> Iterator[str]:
    """What to do about each model that cannot be used."""
    for model in MODELS.values():
        found = state(model, models_folder())
        if found in {State.MISSING, State.DAMAGED}:
            yield f"The model {model.name} ({model.purpose}) is {found}: run `{COMMAND}`."
