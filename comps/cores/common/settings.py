"""All settings, read once at start-up from the environment (or an ``.env`` file), nowhere else.

Names: a prefix a service and the field in capitals, e.g. ``ASR_PORT=9099``. ``avatarchatbot settings`` prints them all.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from comps.opea.environment import OpeaEnvironment


def _config(prefix: str) -> SettingsConfigDict:
    return SettingsConfigDict(env_prefix=prefix, env_file=".env", env_ignore_empty=True, extra="ignore")


def _listed(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return json.loads(value) if value.lstrip().startswith("[") else [part.strip() for part in value.split(",") if part.strip()]


#: In the environment: with commas between, or as JSON.
Listed = Annotated[list[str], NoDecode, BeforeValidator(_listed)]
Port = Annotated[int, Field(ge=0, le=65535, description="port to listen on; 0 takes a free one")]


class LogSettings(BaseSettings):
    model_config = _config("LOG_")

    format: Literal["text", "json"] = Field("text", description="one line an event: text for people, json for collectors")
    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="what is logged")


class TelemetrySettings(BaseSettings):
    model_config = _config("TELEMETRY_")

    endpoint: str = Field("", description="where traces go: an OTLP collector, as http://host:4318/v1/traces; empty: nowhere")


class MeshSettings(BaseSettings):
    model_config = _config("MESH_")

    token: SecretStr = Field(SecretStr(""), description="what services of the mesh show each other; empty: nothing is asked for")
    hosts: Listed = Field(
        default_factory=list, description="names that a service is asked by, beside localhost and addresses (commas, or JSON)"
    )
    origins: Listed = Field(default_factory=list, description="origins of pages that may ask any service (commas, or JSON)")


class ServiceSettings(BaseSettings):
    """What every service has. Where our name of a setting is not set, OPEA's is read (``comps.opea.environment``)."""

    model_config = _config("SERVICE_")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        ours = (init_settings, env_settings, dotenv_settings, file_secret_settings)
        return (*ours, OpeaEnvironment(settings_cls))

    host: str = Field("127.0.0.1", description="address to listen on")
    port: Port = 0
    engine: str = Field(
        "auto",
        description="engine, or auto for the best that can run; of tts and animation several, the first the best: warp,wav2lip",
    )
    workers: int = Field(1, ge=1, le=64, description="worker processes")
    max_body_mb: float = Field(64.0, gt=0, description="largest request body, MiB")
    timeout_s: float = Field(60.0, gt=0, description="longest time for one request, seconds")
    mesh: MeshSettings = Field(default_factory=MeshSettings)
    drain_s: float = Field(3.0, ge=0, description="what requests under way may take to end when the service stops, seconds")


class StorageSettings(BaseSettings):
    model_config = _config("STORAGE_")

    blobs: str = Field("~/.local/share/avatarchatbot/blobs", description="fsspec URL or folder of avatars, rigs and videos")
    database: str = Field(
        "sqlite+aiosqlite:///~/.local/share/avatarchatbot/avatarchatbot.db",
        description="SQLAlchemy URL of conversations and personas",
    )
    video_ttl_s: float = Field(7 * 86400.0, gt=0, description="videos are deleted this long after they were made, seconds")
    brought_avatar_ttl_s: float = Field(
        86400.0, gt=0, description="faces that came with a request, not registered, are deleted this long after their last use, s"
    )
    conversation_ttl_s: float = Field(30 * 86400.0, gt=0, description="age at which conversations are deleted, seconds")
    quota_mb: float = Field(2048.0, gt=0, description="all blobs and the database together; the oldest videos go first, MiB")


class AsrSettings(ServiceSettings):
    model_config = _config("ASR_")

    port: Port = 9099
    max_audio_s: float = Field(120.0, gt=0, description="longest question, seconds")
    endpoint: str = Field("", description="base URL of an OpenAI-compatible server, e.g. http://localhost:8000/v1; empty: none")
    api_key: SecretStr = Field(SecretStr(""), description="key for that server")
    model: str = Field("", description="model: its name at that server, or faster-whisper's folder or name")
    device: Literal["auto", "cpu", "cuda"] = Field("auto", description="where faster-whisper runs")


class LlmSettings(ServiceSettings):
    model_config = _config("LLM_")

    port: Port = 9000
    endpoint: str = Field("", description="base URL of an OpenAI-compatible server, e.g. http://localhost:8080/v1")
    model: str = Field("", description="model name sent to that server; empty: the first it lists")
    api_key: SecretStr = Field(SecretStr(""), description="key for that server")
    first_token_timeout_s: float = Field(60.0, gt=0, description="longest wait for the server's first token, seconds")
    context_tokens: int = Field(
        0, ge=0, description="tokens that the model reads, answer included; 0: what its server tells, or says by refusing more"
    )
    max_reply_chars: int = Field(32_000, ge=1, description="longest answer, characters: there it ends, with finish_reason length")


class TtsSettings(ServiceSettings):
    model_config = _config("TTS_")

    port: Port = 9088
    voice: str = Field("", description="name of the voice for requests that ask for none; empty: the best engine's own")


class AnimationSettings(ServiceSettings):
    model_config = _config("ANIMATION_")

    port: Port = 9066
    workers: int = Field(2, ge=1, le=64, description="worker processes")
    frame_cost_ms: float = Field(12.0, gt=0, description="what a frame of 512² is taken to cost while nothing was measured, ms")
    headroom: float = Field(0.5, gt=0, le=1, description="share of the measured capacity that may be reserved")
    rig_cache: int = Field(8, ge=1, description="rigs kept in memory by each worker")
    max_audio_s: float = Field(120.0, gt=0, description="longest sound of a whole clip, seconds")
    default_avatar: Path | None = Field(None, description="picture for whole clips that name no avatar; empty: refuse them")
    fps: int = Field(25, ge=5, le=30, description="frames a second of whole clips that do not say how many")
    outfile: Path | None = Field(
        None, description="where /v1/wav2lip writes its video, over the last one; empty: the service keeps each for a while"
    )
    wav2lip_endpoint: str = Field("", description="OPEA's wav2lip server: makes whole clips that name no face; empty: none")
    device: str = Field("auto", description="where neural engines run: auto, cpu, openvino, cuda, hpu, xpu, mps")
    dtype: Literal["auto", "f32", "bf16", "f16", "int8"] = Field(
        "auto", description="numbers that neural engines compute with; auto: the fastest that keeps the picture's quality there"
    )
    threads: int = Field(0, ge=0, le=256, description="processor cores of the neural engines' process; 0: all that it may use")
    wav2lip_checkpoint: Path | None = Field(None, description="Wav2Lip's checkpoint; empty: the one that `models pull` fetched")
    gfpgan_checkpoint: Path | None = Field(None, description="GFPGAN's checkpoint; empty: the one that `models pull` fetched")
    restore: Literal["none", "mouth", "face"] = Field("none", description="what GFPGAN restores unless a request says otherwise")
    non_commercial: bool = Field(
        False, description="true: I have read the licences, and use models that forbid commercial use for nothing else"
    )
    storage: StorageSettings = Field(default_factory=StorageSettings)


class DescribeSettings(ServiceSettings):
    model_config = _config("DESCRIBE_")

    port: Port = 9077
    max_clip_s: float = Field(60.0, gt=0, description="how much of a clip is looked at, from its beginning, seconds")
    refuse_clip_s: float = Field(600.0, gt=0, description="longer clips are refused, seconds")
    storage: StorageSettings = Field(default_factory=StorageSettings)


class GatewaySettings(ServiceSettings):
    """The megaservice and its gateway. Addresses of the services; none is guessed."""

    model_config = _config("AVATARCHATBOT_")

    port: Port = 8888
    max_reply_chars: int = Field(32_000, ge=1, description="longest answer, characters: there it ends, with finish_reason length")
    max_reply_tokens: int = Field(
        2048, ge=1, description="longest answer that the language model is asked for, tokens, where a request has no max_tokens"
    )
    max_speech_s: float = Field(
        300.0, gt=0, description="longest answer, seconds of speech: it ends with that sentence, with finish_reason length"
    )
    max_video_mb: float = Field(256.0, gt=0, description="longest answer, MiB of its video, with finish_reason length")
    chunks_at_once: int = Field(4, ge=1, le=64, description="chunks of one answer that are drawn at once; no fewer than replicas")
    asr_url: str = Field("http://127.0.0.1:9099", description="the asr service; several addresses with commas")
    llm_url: str = Field("http://127.0.0.1:9000", description="the llm service; several addresses with commas")
    tts_url: str = Field("http://127.0.0.1:9088", description="the tts service; several addresses with commas")
    animation_url: str = Field("http://127.0.0.1:9066", description="the animation service; several addresses with commas")
    describe_url: str = Field("http://127.0.0.1:9077", description="the describe service; several addresses with commas")
    public_url: str = Field("", description="address that clients reach the gateway at, for video_url; empty: the request's own")
    default_avatar: Path | None = Field(None, description="picture for requests without an avatar; empty: the project's own")
    api_key: SecretStr = Field(SecretStr(""), description="a key that clients must bring; empty: none but those in keys")
    keys: Path | None = Field(None, description="file of hashed keys (docs/deploy.md), read again when it changes")
    key_rate: float = Field(120.0, gt=0, description="requests a minute of a key whose line in the file says nothing else")
    address_rate: float = Field(
        120.0, ge=0, description="questions a minute of an address, where no keys are asked for; 0: as many as there are"
    )
    live_per_owner: int = Field(
        16, ge=1, description="live conversations at once of a key's owner; of an address, where no keys are asked for"
    )
    live_idle_s: float = Field(
        120.0, gt=0, description="a live conversation in which nobody asks, speaks or listens gives its place back, seconds"
    )
    live_end_s: float = Field(1800.0, gt=0, description="a live conversation ends after as much silence, seconds")
    published_at: str = Field(
        "", description="where others reach a gateway in a container, for what anonymous is about; empty: host"
    )
    anonymous: bool = Field(False, description="whether an address other than loopback may be served without keys")
    origins: Listed = Field(default_factory=list, description="origins of other pages that may ask the gateway (commas, or JSON)")
    hosts: Listed = Field(
        default_factory=list,
        description="names that clients reach the gateway by, beside localhost, addresses and public_url's (commas, or JSON)",
    )
    proxies: Listed = Field(
        default_factory=list,
        description="addresses and networks of proxies whose X-Forwarded-For and -Proto are believed (commas, or JSON)",
    )
    allow_private_urls: bool = Field(False, description="whether avatar URLs may point to private addresses")
    storage: StorageSettings = Field(default_factory=StorageSettings)


class ClientSettings(BaseSettings):
    """Of ``avatarchatbot ask --url``, which asks a gateway that runs."""

    model_config = _config("AVATARCHATBOT_")

    key: SecretStr = Field(SecretStr(""), description="key that `ask --url` shows the gateway; empty: none")


class LandmarkSettings(BaseSettings):
    """Where the face mesh runs: mediapipe's old pins live in a folder of their own, seen only by a helper process."""

    model_config = _config("LANDMARKS_")

    packages: Path | None = Field(None, description="folder with mediapipe and its pins; empty: <venv>/landmarks")
    idle_s: float = Field(60.0, gt=0, description="the helper process ends after this long without work, seconds")


class ModelSettings(BaseSettings):
    """For the table of settings alone: ``comps.models.folder`` reads it itself, so that workers need no pydantic for a model."""

    model_config = SettingsConfigDict(env_prefix="AVATARCHATBOT_", env_ignore_empty=True, extra="ignore")

    models: Path | None = Field(
        None, description="folder of prepared models; empty: <venv>/share/avatarchatbot/models (the environment alone, no .env)"
    )
