"""OPEA's helpers (comps 1.5, ``comps.cores.mega.utils``)."""

from __future__ import annotations

import json
import logging
import re
import socket
from contextlib import AbstractContextManager
from typing import Any

import httpx

log = logging.getLogger(__name__)

_MODEL_KEYS = ("model_name", "displayName", "endpoint", "minToken", "maxToken")
_TOKEN_TIMEOUT_S = 10.0


class ConfigError(Exception):
    """Settings that do not work."""


class SafeContextManager:
    """Closes ``item`` at the end, if it can be closed."""

    def __init__(self, item: Any) -> None:
        self.item = item

    def __enter__(self) -> Any:
        return self.item.__enter__() if isinstance(self.item, AbstractContextManager) else self.item

    def __exit__(self, *error: Any) -> None:
        if isinstance(self.item, AbstractContextManager):
            self.item.__exit__(*error)
        elif hasattr(self.item, "close"):
            self.item.close()


def is_port_free(host: str, port: int) -> bool:
    """Whether nobody answers there."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        return probe.connect_ex((host, port)) != 0


def check_ports_availability(host: str | list[str], port: int | list[int]) -> bool:
    """Whether nobody answers at any of the ports."""
    hosts = [host] if isinstance(host, str) else host
    ports = [port] if isinstance(port, int) else port
    return all(is_port_free(each, number) for each in hosts for number in ports)


def sanitize_env(value: str | None) -> str | None:
    """The value of an environment variable without a comment or spaces; None for none."""
    cleaned = re.sub(r"\s+#.*$", "", value or "").strip()
    return cleaned or None


def load_model_configs(model_configs: str) -> dict[str, dict[str, Any]]:
    """``MODEL_CONFIGS``, a JSON array of models, by their ``model_name``. Raises ConfigError."""
    try:
        models = json.loads(model_configs)
    except ValueError:
        raise ConfigError("MODEL_CONFIGS is not a valid JSON string") from None
    if not isinstance(models, list) or not models:
        raise ConfigError("MODEL_CONFIGS must be a non-empty JSON array")
    for model in models:
        missing = [key for key in _MODEL_KEYS if not isinstance(model, dict) or not model.get(key)]
        if missing:
            raise ConfigError(f"MODEL_CONFIGS: a model lacks {', '.join(missing)}")
    return {model["model_name"]: model for model in models}


def get_access_token(token_url: str, client_id: str, client_secret: str) -> str:
    """By OAuth 2.0's client credentials grant (RFC 6749 §4.4); empty where none is given. Blocks."""
    grant = {"client_id": client_id, "client_secret": client_secret, "grant_type": "client_credentials"}
    try:
        answer = httpx.post(token_url, data=grant, timeout=_TOKEN_TIMEOUT_S)
        return str(answer.raise_for_status().json().get("access_token", ""))
    except (httpx.HTTPError, ValueError) as error:
        log.error("no access token: %s", type(error).__name__)
        return ""
