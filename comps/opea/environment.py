"""OPEA's names of environment variables, read where ours are not set."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

#: Class and field → OPEA's names, the newer first. Names that end in ``*`` are of a host (``…HOST_IP``) and its port (``…PORT``).
NAMES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "GatewaySettings": {
        "host": ("MEGA_SERVICE_HOST_IP",),
        "port": ("MEGA_SERVICE_PORT",),
        "asr_url": ("WHISPER_SERVER_*", "ASR_SERVICE_*"),
        "llm_url": ("LLM_SERVER_*", "LLM_SERVICE_*"),
        "tts_url": ("SPEECHT5_SERVER_*", "TTS_SERVICE_*"),
        "animation_url": ("ANIMATION_SERVICE_*",),
    },
    "AsrSettings": {"model": ("ASR_MODEL_PATH",)},
    "LlmSettings": {"endpoint": ("TGI_LLM_ENDPOINT",), "model": ("LLM_MODEL_ID",), "api_key": ("OPENAI_API_KEY",)},
    "AnimationSettings": {"wav2lip_endpoint": ("WAV2LIP_ENDPOINT",)},
}


def names(kind: type[BaseSettings], field: str) -> tuple[str, ...]:
    """OPEA's names of a setting, as people write them."""
    found = NAMES.get(kind.__name__, {}).get(field, ())
    return tuple(name.replace("*", "HOST_IP/PORT") for name in found)


class OpeaEnvironment(PydanticBaseSettingsSource):
    """The last of the sources of settings."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        for name in NAMES.get(self.settings_cls.__name__, {}).get(field_name, ()):
            if value := _url(name.removesuffix("*")) if name.endswith("*") else os.environ.get(name):
                return value, field_name, False
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        found = {name: self.get_field_value(field, name)[0] for name, field in self.settings_cls.model_fields.items()}
        return {name: value for name, value in found.items() if value}


def _url(prefix: str) -> str | None:
    """Both or none: half an address is a mistake that must not go unnoticed. Raises ValueError."""
    host, port = os.environ.get(f"{prefix}HOST_IP"), os.environ.get(f"{prefix}PORT")
    if not host:
        return None
    if not port:
        raise ValueError(f"{prefix}HOST_IP is set, {prefix}PORT is not")
    return f"http://{host}:{port}"
