"""Which process wrote something, told so that another can find out whether it still runs."""

from __future__ import annotations

import functools
import os
import socket
from pathlib import Path


@functools.cache
def _machine() -> str:
    """Host, boot and PID namespace: only inside one does a process ID say anything. Containers may share host names."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip().replace("-", "")
        namespace = Path("/proc/self/ns/pid").readlink().name.strip("pid:[]")
    except OSError:
        boot, namespace = "", ""
    return f"{socket.gethostname()[:64]}/{boot}/{namespace}"


def this_process() -> str:
    """Names this process: at most 200 characters."""
    return f"{_machine()}/{os.getpid()}/{_started(os.getpid())}"


def is_gone(process: str) -> bool:
    """Whether a process of this machine has ended. Of other machines nothing is known: False."""
    machine, pid, started = [*process.rsplit("/", 2), "", ""][:3]
    if machine != _machine() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    # Another process may have got its number since.
    return _started(int(pid)) != started


def _started(pid: int) -> str:
    """When a process started, in ticks since the machine did (proc(5), field 22); empty where nobody says."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""
