"""Which engine would run at each stage on this machine, why not a better one, and what to type for it."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from comps.cores.common import settings
from comps.cores.common.component import EngineRegistry
from comps.cores.devices import processor_flags, processor_model, resolve, unseen
from comps.cores.errors import NodeUnavailable
from comps.models.catalogue import MODELS
from comps.models.folder import models_folder
from comps.models.state import COMMAND, State, state
from comps.models.weights import checkpoint, unusable
from comps.opea.environment import ignored

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


def neural() -> Iterator[tuple[str, str]]:
    """What neural engines of animation would run on, and with: title and fact."""
    configured = settings.AnimationSettings()
    try:
        device = resolve(configured.device, configured.dtype, configured.threads)
        runtime = {"openvino": "OpenVINO", "torch": "PyTorch"}[device.runtime]
        model = f" ({device.model})" if device.model else ""
        yield "device", f"{device.name}{model} with {runtime}, {device.dtype}, {device.threads} threads"
    except NodeUnavailable as error:
        yield "device", f"none: {error.detail}"
    yield "processor", f"{processor_model()}: {', '.join(processor_flags()) or 'nothing that helps'}"
    for network, path in (("wav2lip", configured.wav2lip_checkpoint), ("gfpgan", configured.gfpgan_checkpoint)):
        reason = unusable(network, path, configured.non_commercial)
        yield network, f"not used: {reason}" if reason else str(path or checkpoint(network))


def advices() -> Iterator[str]:
    """What to do about each model that cannot be used, and for faster neural engines; which variables of OPEA's do nothing."""
    for model in MODELS.values():
        found = state(model, models_folder())
        if found in {State.MISSING, State.DAMAGED}:
            yield f"The model {model.name} ({model.purpose}) is {found}: run `{COMMAND}`."
    configured = settings.AnimationSettings()
    if configured.default_avatar is not None and not configured.default_avatar.is_file():
        yield f"There is no file {configured.default_avatar} (ANIMATION_DEFAULT_AVATAR, or OPEA's FACE)."
    for accelerator in unseen():
        yield f"This machine seems to have an accelerator that PyTorch does not see. {accelerator}."
    with contextlib.suppress(NodeUnavailable):
        best = resolve("auto", "auto")
        chosen = resolve(configured.device, configured.dtype, configured.threads)
        if best.runtime == "torch" and best.name == "cpu":
            yield "Neural engines are faster on this processor with OpenVINO: run `pip install openvino`."
        if chosen.name != best.name:
            yield f"Neural engines run on {chosen.name}; ANIMATION_DEVICE=auto takes {best.name} ({best.model})."
        elif chosen.dtype == "f32" and best.dtype != "f32":
            yield f"Neural engines compute with f32; ANIMATION_DTYPE=auto takes {best.dtype}, which is faster."
    yield from ignored(settings.GatewaySettings, *(kind for _, kind in _STAGES.values()))
