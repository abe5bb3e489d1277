"""OPEA's names of environment variables, read where ours are not set."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from comps.models.checkpoints import CHECKPOINTS
from comps.models.weights import COMMAND, checkpoint

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
    # But for the first, those of its wav2lip server, in whose place the animation service can stand.
    "AnimationSettings": {
        "wav2lip_endpoint": ("WAV2LIP_ENDPOINT",),
        "port": ("WAV2LIP_PORT",),
        "device": ("DEVICE",),
        "default_avatar": ("FACE",),
        "fps": ("FPS",),
        "outfile": ("OUTFILE",),
        "restore": ("INFERENCE_MODE",),
        "wav2lip_checkpoint": ("CHECKPOINT_PATH",),
        "gfpgan_checkpoint": ("GFPGAN_MODEL_VERSION",),
    },
}

#: Frame rates that ours can be.
_SLOWEST, _FASTEST = 5, 30
_MODES = {"wav2lip_only": "none", "wav2lip+gfpgan": "face"}


def _fps(value: str) -> int | None:
    """OPEA's script reads a fraction. None for what is no number."""
    try:
        return round(min(_FASTEST, max(_SLOWEST, float(value))))
    except ValueError:
        return None


#: Values of these mean something else at OPEA: what they are here, None where they cannot be taken over.
_TRANSLATED: Mapping[str, Callable[[str], Any]] = {
    "DEVICE": str.lower,
    "FPS": _fps,
    "GFPGAN_MODEL_VERSION": lambda value: checkpoint(f"gfpgan-{value}"),
    "INFERENCE_MODE": _MODES.get,
}


def _engines_of(stage: str) -> tuple[str, Callable[[str], bool]]:
    return f"engines are chosen with {stage}_ENGINE", bool


#: Names that have no meaning here → why, and for which values that is to be told.
_IGNORED: Mapping[str, tuple[str, Callable[[str], bool]]] = {
    "ANIMATION_COMPONENT_NAME": _engines_of("ANIMATION"),
    "ASR_COMPONENT_NAME": _engines_of("ASR"),
    "LLM_COMPONENT_NAME": _engines_of("LLM"),
    "TTS_COMPONENT_NAME": _engines_of("TTS"),
    "AUDIO": ("every request brings its sound", lambda value: value != "None"),
    "FACESIZE": ("Wav2Lip's network sees faces of 96 pixels", lambda value: value != "96"),
    "UPSCALE_FACTOR": ("the video has the size that its request asks for (profile.size)", lambda value: value != "1"),
    "ENABLE_MCP": ("there is no server of the Model Context Protocol", lambda value: value.lower() not in {"false", "0"}),
    "LOGFLAG": ("payloads are never logged; LOG_LEVEL=DEBUG tells more of what goes on", lambda value: value.lower() != "false"),
    "MODEL_CONFIGS": ("LLM_ENDPOINT and LLM_MODEL name the model server", bool),
    "TOKEN_URL": ("LLM_API_KEY holds the model server's key", bool),
}


def names(kind: type[BaseSettings], field: str) -> tuple[str, ...]:
    """OPEA's names of a setting, as people write them."""
    found = NAMES.get(kind.__name__, {}).get(field, ())
    return tuple(name.replace("*", "HOST_IP/PORT") for name in found)


def ignored(*kinds: type[BaseSettings]) -> Iterator[str]:
    """A sentence for each of OPEA's variables that is set and has no effect on settings of ``kinds``, with why."""
    for name, (reason, counts) in _IGNORED.items():
        if (said := os.environ.get(name)) and counts(said):
            yield f"{name} is ignored: {reason}."
    for kind in kinds:
        configured = kind()
        for field, opea in NAMES.get(kind.__name__, {}).items():
            for name in opea:
                why = _unread(name, f"{kind.model_config.get('env_prefix', '')}{field}".upper(), getattr(configured, field))
                if why is not None:
                    yield f"{name.replace('*', 'HOST_IP')} is ignored: {why}."


def _unread(name: str, ours: str, value: Any) -> str | None:
    """Why ``name`` of OPEA's is set and is not ``value`` of ``ours``."""
    said = os.environ.get(name.replace("*", "HOST_IP"))
    if not said:
        return None
    meant = _read(name)
    if meant is None:
        if name == "GFPGAN_MODEL_VERSION":
            known = [entry.name for entry in CHECKPOINTS.values() if entry.network == "gfpgan"]
            missing = f"gfpgan-{said}"
            return f"run `{COMMAND} {missing}`" if missing in known else f"there are {', '.join(known)}"
        return f"{said} is nothing that {ours} can be"
    if name == "FPS" and not _SLOWEST <= float(said) <= _FASTEST:
        return f"frame rates go from {_SLOWEST} to {_FASTEST}, so {meant} is taken"
    now = value.get_secret_value() if isinstance(value, SecretStr) else value
    return None if str(meant) == str(now) else f"{ours} is set otherwise"


def _read(name: str) -> Any:
    """What a variable of OPEA's means here; None where it is not set, or cannot be taken over."""
    if name.endswith("*"):
        return _url(name.removesuffix("*"))
    value = os.environ.get(name)
    return _TRANSLATED.get(name, str)(value) if value else None


class OpeaEnvironment(PydanticBaseSettingsSource):
    """The last of the sources of settings."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        for name in NAMES.get(self.settings_cls.__name__, {}).get(field_name, ()):
            if value := _read(name):
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
