"""The mesh: microservices and what wires them. OPEA's names; nothing else is exported here."""

from comps.cores.mega.base_statistics import register_statistics, statistics_dict
from comps.cores.mega.constants import MegaServiceEndpoint, ServiceRoleType, ServiceType
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
