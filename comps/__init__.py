"""The mesh: microservices and what wires them. OPEA's names; nothing else is exported here.

Each name is imported when it is first used (PEP 562): a worker process, which imports only ``comps.cores.workers`` and its
own engine, would otherwise pay for a web framework that it never uses.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from comps.cores.mega.base_statistics import register_statistics, statistics_dict
    from comps.cores.mega.constants import MegaServiceEndpoint, ServiceRoleType, ServiceType
    from comps.cores.mega.gateway import Gateway
    from comps.cores.mega.micro_service import MicroService, opea_microservices, register_microservice
    from comps.cores.mega.orchestrator import ServiceOrchestrator
    from comps.cores.proto.docarray import (
        Audio2TextDoc,
        Base64ByteStrDoc,
        GeneratedDoc,
        LLMParams,
        LLMParamsDoc,
        TextDoc,
        VideoPath,
    )

__all__ = [
    "Audio2TextDoc",
    "Base64ByteStrDoc",
    "Gateway",
    "GeneratedDoc",
    "LLMParams",
    "LLMParamsDoc",
    "MegaServiceEndpoint",
    "MicroService",
    "ServiceOrchestrator",
    "ServiceRoleType",
    "ServiceType",
    "TextDoc",
    "VideoPath",
    "opea_microservices",
    "register_microservice",
    "register_statistics",
    "statistics_dict",
]

_MODULES = {
    "comps.cores.mega.base_statistics": ("register_statistics", "statistics_dict"),
    "comps.cores.mega.constants": ("MegaServiceEndpoint", "ServiceRoleType", "ServiceType"),
    "comps.cores.mega.gateway": ("Gateway",),
    "comps.cores.mega.micro_service": ("MicroService", "opea_microservices", "register_microservice"),
    "comps.cores.mega.orchestrator": ("ServiceOrchestrator",),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'comps' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME.get(name, "comps.cores.proto.docarray")), name)


def __dir__() -> list[str]:
    return __all__
