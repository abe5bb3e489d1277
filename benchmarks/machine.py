"""What machine a figure was measured on, and with which engines."""

from __future__ import annotations

import os
import platform
from pathlib import Path

from AvatarChatbot.doctor import examine


def machine() -> str:
    """Processor, cores, memory and Python, in one line."""
    cpu = _field("/proc/cpuinfo", "model name") or platform.processor() or platform.machine()
    memory = int((_field("/proc/meminfo", "MemTotal") or "0 kB").split()[0]) / 2**20
    return f"{cpu}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()}, Python {platform.python_version()}"


def engines() -> str:
    """The engines that a mesh started here runs, in one line."""
    return "engines: " + ", ".join(f"{found.stage} {found.engine}" for found in examine() if found.chosen)


def _field(path: str, name: str) -> str | None:
    """The first value of ``name`` in a ``name : value`` file of /proc."""
    source = Path(path)
    for line in source.read_text().splitlines() if source.exists() else ():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return None
