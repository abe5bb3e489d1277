"""A whole mesh for tests: ``avatarchatbot up`` as a person would run it, in a process of its own."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

_CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(
    module: str | Path, *arguments: str, log: Path | None = None, **environment: str
) -> Iterator[subprocess.Popen[bytes]]:
    """A service, a module or a script, as a process of its own; ended after. ``log`` takes what it says."""
    program = ["-m", module] if isinstance(module, str) else [str(module)]
    sink = log.open("ab") if log else None
    process = subprocess.Popen([sys.executable, *program, *arguments], env={**os.environ, **environment}, stderr=sink)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(15)
        if sink:
            sink.close()


def ready(url: str) -> None:
    """Wait until a service can serve."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            if httpx.get(f"{url}/health/ready", trust_env=False).is_success:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise AssertionError(f"{url} is not ready")


class Mesh:
    """``url`` and ``port`` are the gateway's, once it is ready. ``folder`` holds all that the mesh keeps."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.log = folder / "mesh.log"
        #: Settings of another service that keeps what the mesh keeps.
        self.storage = {
            "STORAGE_BLOBS": str(folder / "blobs"),
            "STORAGE_DATABASE": f"sqlite+aiosqlite:///{folder}/records.db",
        }
        # One client asks all the questions of a test: their rate is limited where that is what is tested.
        own = {**self.storage, "AVATARCHATBOT_ADDRESS_RATE": "0", "TMPDIR": str(folder / "tmp"), "COLUMNS": "200"}
        (folder / "tmp").mkdir()
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "AvatarChatbot.cli", "up", "--port", "0"],
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **own, **environment},
                start_new_session=True,
            )

    @property
    def url(self) -> str:
        return self.addresses()["gateway"]

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def wait_until_ready(self, seconds: float = 60) -> float:
        """Seconds until every service was ready."""
        started = time.monotonic()
        while time.monotonic() - started < seconds:
            assert self.process.poll() is None, self.log.read_text()
            if "ready after" in self.log.read_text():
                return time.monotonic() - started
            time.sleep(0.05)
        raise AssertionError(f"not ready after {seconds} s:\n{self.log.read_text()}")

    def addresses(self) -> dict[str, str]:
        """Service → address, as the table that ``up`` prints says."""
        return dict(re.findall(r"│ (\w+) +│ (http://\S+) +│", self.log.read_text()))

    def urls(self) -> dict[str, str]:
        """Settings of another gateway before the mesh's services."""
        return {f"AVATARCHATBOT_{name.upper()}_URL": url for name, url in self.addresses().items() if name != "gateway"}

    def processes(self) -> dict[int, str]:
        """All processes of the mesh: pid → command line."""
        found = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    environment = (entry / "environ").read_bytes()
                    command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                except OSError:
                    continue
                if f"STORAGE_BLOBS={self.folder}/blobs".encode() in environment:
                    found[int(entry.name)] = command
        return found

    def cpu_seconds(self) -> float:
        """CPU that all processes of the mesh have used so far."""
        total = 0.0
        for pid in self.processes():
            try:
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            total += (int(fields[11]) + int(fields[12])) / _CLOCK_TICKS
        return total

    def pid_of(self, service: str) -> int:
        """The process that serves at the service's address. The supervisor holds all these sockets too, and the server that forks
        the services, its child, has one for a moment.
        """
        port = int(self.addresses()[service].rpartition(":")[2])
        inode = _listening_inode(port)
        for pid in self.processes().keys() - {self.process.pid}:
            try:
                if parent(pid) != self.process.pid and f"socket:[{inode}]" in open_files(pid):
                    return pid
            except OSError:
                continue
        raise AssertionError(f"nobody listens at port {port}")

    def client(self, **kwargs: object) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=90, trust_env=False, **kwargs)  # type: ignore[arg-type]

    def stop(self) -> None:
        """Ctrl-C, as a person would."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(20)


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def open_files(pid: int) -> list[str]:
    """What a process has open. Files that it closes meanwhile are left out."""
    found = []
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            found.append(str(link.readlink()))
    return found


def _listening_inode(port: int) -> str:
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
            return fields[9]
    raise AssertionError(f"port {port} is not open")
