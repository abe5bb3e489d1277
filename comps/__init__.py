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
    from comps.cores.telemetry.opea_telemetry import opea_telemetry
    from comps.opea.component import OpeaComponent, OpeaComponentLoader, OpeaComponentRegistry
    from comps.opea.documents import (
        Audio2text,
        DocPath,
        DocSumDoc,
        EmbedDoc,
        EmbedMultimodalDoc,
        FactualityDoc,
        GraphDoc,
        ImageDoc,
        ImagePath,
        ImagesPath,
        LVMDoc,
        LVMSearchedMultimodalDoc,
        LVMVideoDoc,
        MetadataTextDoc,
        MultimodalDoc,
        PIIRequestDoc,
        PIIResponseDoc,
        PromptTemplateInput,
        RAGASParams,
        RAGASScores,
        RerankedDoc,
        ScoreDoc,
        SDImg2ImgInputs,
        SDInputs,
        SDOutputs,
        SearchedDoc,
        SearchedMultimodalDoc,
        TextImageDoc,
        TranslationInput,
    )
    from comps.opea.gateways import (
        AudioQnAGateway,
        AvatarChatbotGateway,
        ChatQnAGateway,
        CodeGenGateway,
        Gateway,
        SearchQnAGateway,
    )
    from comps.opea.logger import CustomLogger
    from comps.opea.orchestrator_with_yaml import ServiceOrchestratorWithYaml

_MODULES = {
    "comps.cores.mega.base_statistics": "register_statistics statistics_dict",
    "comps.cores.mega.constants": "MegaServiceEndpoint ServiceRoleType ServiceType",
    "comps.cores.mega.micro_service": "MicroService opea_microservices register_microservice",
    "comps.cores.mega.orchestrator": "ServiceOrchestrator",
    "comps.cores.proto.docarray": "Audio2TextDoc Base64ByteStrDoc GeneratedDoc LLMParams LLMParamsDoc TextDoc VideoPath",
    "comps.cores.telemetry.opea_telemetry": "opea_telemetry",
    "comps.opea.component": "OpeaComponent OpeaComponentLoader OpeaComponentRegistry",
    "comps.opea.gateways": "AudioQnAGateway AvatarChatbotGateway ChatQnAGateway CodeGenGateway Gateway SearchQnAGateway",
    "comps.opea.logger": "CustomLogger",
    "comps.opea.orchestrator_with_yaml": "ServiceOrchestratorWithYaml",
}
#: Those not named here are documents.
_HOME = {name: module for module, names in _MODULES.items() for name in names.split()}

__all__ = [
    "Audio2TextDoc",
    "Audio2text",
    "AudioQnAGateway",
    "AvatarChatbotGateway",
    "Base64ByteStrDoc",
    "ChatQnAGateway",
    "CodeGenGateway",
    "CustomLogger",
    "DocPath",
    "DocSumDoc",
    "EmbedDoc",
    "EmbedMultimodalDoc",
    "FactualityDoc",
    "Gateway",
    "GeneratedDoc",
    "GraphDoc",
    "ImageDoc",
    "ImagePath",
    "ImagesPath",
    "LLMParams",
    "LLMParamsDoc",
    "LVMDoc",
    "LVMSearchedMultimodalDoc",
    "LVMVideoDoc",
    "MegaServiceEndpoint",
    "MetadataTextDoc",
    "MicroService",
    "MultimodalDoc",
    "OpeaComponent",
    "OpeaComponentLoader",
    "OpeaComponentRegistry",
    "PIIRequestDoc",
    "PIIResponseDoc",
    "PromptTemplateInput",
    "RAGASParams",
    "RAGASScores",
    "RerankedDoc",
    "SDImg2ImgInputs",
    "SDInputs",
    "SDOutputs",
    "ScoreDoc",
    "SearchQnAGateway",
    "SearchedDoc",
    "SearchedMultimodalDoc",
    "ServiceOrchestrator",
    "ServiceOrchestratorWithYaml",
    "ServiceRoleType",
    "ServiceType",
    "TextDoc",
    "TextImageDoc",
    "TranslationInput",
    "VideoPath",
    "opea_microservices",
    "opea_telemetry",
    "register_microservice",
    "register_statistics",
    "statistics_dict",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'comps' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME.get(name, "comps.opea.documents")), name)


def __dir__() -> list[str]:
    return __all__
