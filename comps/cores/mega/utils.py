"""OPEA's address of its helpers."""

from __future__ import annotations

from comps.opea.messages import handle_message
from comps.opea.utils import ConfigError, SafeContextManager, check_ports_availability, is_port_free, sanitize_env

__all__ = ["ConfigError", "SafeContextManager", "check_ports_availability", "handle_message", "is_port_free", "sanitize_env"]
