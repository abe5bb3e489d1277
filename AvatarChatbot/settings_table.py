"""All settings in one table."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import SecretStr
from pydantic_settings import BaseSettings

from comps.cores.common import settings
from comps.opea.environment import names

_KINDS: tuple[type[BaseSettings], ...] = (
    settings.LogSettings,
    settings.TelemetrySettings,
    settings.MeshSettings,
    settings.GatewaySettings,
    settings.ClientSettings,
    settings.AsrSettings,
    settings.DescribeSettings,
    settings.LlmSettings,
    settings.TtsSettings,
    settings.AnimationSettings,
    settings.LandmarkSettings,
    settings.ModelSettings,
    settings.StorageSettings,
)


def rows() -> Iterator[tuple[str, str, str]]:
    """Environment name, value now (secrets hidden), description."""
    for kind in _KINDS:
        configured = kind()
        prefix = str(kind.model_config.get("env_prefix", ""))
        for name, field in kind.model_fields.items():
            value = getattr(configured, name)
            if isinstance(value, BaseSettings):
                continue
            shown = "(set)" if isinstance(value, SecretStr) and value.get_secret_value() else str(value)
            opea = names(kind, name)
            also = f" (OPEA's: {', '.join(opea)})" if opea else ""
            yield f"{prefix}{name}".upper(), shown, (field.description or "") + also
