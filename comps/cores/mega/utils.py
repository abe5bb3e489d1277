"""OPEA's address of its helpers."""

from __future__ import annotations

from comps.opea.messages import handle_message
from comps.opea.utils import (
    ConfigError,
    SafeContextManager,
    check_ports_availability,
    get_access_token,
    is_port_free,
    load_model_configs,
    sanitize_env,
)

__all__ = [
    "ConfigError",
    "SafeContextManager",
    "check_ports_availability",
    "get_access_token",
    "handle_message",
    "is_port_free",
    "load_model_configs",
    "sanitize_env",
]
