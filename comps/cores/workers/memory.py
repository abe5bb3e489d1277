"""Memory that a worker process has freed, given back to the system."""

from __future__ import annotations

import ctypes


def trim() -> None:
    """Give back what glibc keeps for later: a model that has just been loaded leaves tens of MB. Elsewhere nothing happens."""
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (AttributeError, OSError):
        """Another C library."""
