"""PostgreSQL from Debian, for tests: a server of one's own on a loopback port, in a temporary folder."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg

from tests.e2e.mesh import free_port


def binaries() -> Path | None:
    """Where Debian has put the newest server's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
    return found[-1] if found else None


class Postgres:
    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.port = port

    def database(self) -> str:
        """The URL of a new, empty database."""
        name = f"test_{uuid.uuid4().hex}"

        async def create() -> None:
            connection = await asyncpg.connect(host=self.host, port=self.port, user="postgres", database="postgres")
            await connection.execute(f"CREATE DATABASE {name}")
            await connection.close()

        asyncio.run(create())
        return f"postgresql+asyncpg://postgres@{self.host}:{self.port}/{name}"


@contextmanager
def running(host: str = "127.0.0.1") -> Iterator[Postgres]:
    """It listens at ``host``, and trusts whoever reaches it there."""
    programs = binaries()
    assert programs is not None
    # It refuses to run as root, and its socket's path must be short.
    become = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))
    if become:
        shutil.chown(folder, "postgres", "postgres")
    data, port = folder / "data", free_port()

    def run(*command: str | Path) -> None:
        subprocess.run([*become, *map(str, command)], check=True, capture_output=True, cwd="/")

    run(programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
    run("sh", "-c", f"echo 'host all all 0.0.0.0/0 trust' >>{data}/pg_hba.conf")
    options = f"-c listen_addresses={host} -p {port} -k {folder} -c fsync=off"
    run(programs / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start")
    try:
        yield Postgres(host, port)
    finally:
        run(programs / "pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)
