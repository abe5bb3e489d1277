"""``scripts/test-cluster`` with a cluster that is none: it ends its own processes, and nobody else's."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

_CLUSTER = """#!/usr/bin/env bash
set -euo pipefail
S=$CLUSTER_HOME/state
case $1 in
    up)
        mkdir -p $S/run $S/pki $S/log
        echo token >$S/pki/token
        sleep 600 & echo $! >$S/run/pids
        python3 "$(dirname "$0")/kubedns.py" 198.51.100.1 token & echo $! >>$S/run/pids;;
    exec) shift; [ "$1" != true ] || exit 1; "$@";;
    load) :;;
    down) cp $S/run/pids $S/down; for pid in $(cat $S/run/pids); do kill $pid 2>/dev/null || true; done;;
esac
"""
_WAIT = "import sys, time; open(sys.argv[0] + '.started', 'a').write('x'); time.sleep(600)\n"


def _program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder in which the script finds all that it calls."""
    project = tmp_path / "project"
    for name in ("scripts/test-cluster", "kubernetes/avatarchatbot/Chart.yaml"):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(name, project / name)
    _program(project / "scripts/setup", "#!/bin/sh\n")
    _program(project / ".venv/bin/python", "#!/bin/sh\n# The tests on the cluster.\nsleep 1\n")
    _program(project / "tests/deploy/cluster_dns.py", _WAIT)
    tools = tmp_path / "shared/tools"
    _program(tools / "containers/engine.sh", "#!/bin/sh\n")
    _program(tools / "cluster/cluster.sh", _CLUSTER)
    _program(tools / "cluster/kubedns.py", _WAIT)
    _program(tmp_path / "home/bin/kubelet", "#!/bin/sh\n")
    _program(tmp_path / "bin/docker", "#!/bin/sh\n")
    return project


@pytest.fixture
def bystanders(tmp_path: Path) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Processes of somebody else's that look like the script's."""
    script = tmp_path / "kubedns.py"
    script.write_text("import time; time.sleep(600)")
    commands = (["198.51.100.1", "theirs"], ["tests/deploy/cluster_dns.py"])
    processes = [subprocess.Popen([sys.executable, str(script), *arguments]) for arguments in commands]
    yield processes
    for process in processes:
        process.kill()
        process.wait()


def test_it_ends_its_own_processes_alone(project: Path, tmp_path: Path, bystanders: list[subprocess.Popen[bytes]]) -> None:
    environment = {**os.environ, "CLUSTER_HOME": str(tmp_path / "home"), "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"}
    ran = subprocess.run(
        [project / "scripts/test-cluster"], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert (project / "tests/deploy/cluster_dns.py.started").exists()
    assert (tmp_path / "home/state/down").exists(), "the cluster was taken down"
    time.sleep(0.3)
    left = [command for command in _commands() if str(tmp_path) in command]
    assert [process.poll() for process in bystanders] == [None, None], ran.stderr
    assert len(left) == len(bystanders), left


def _commands() -> list[str]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
            except OSError:
                continue
    return found


def test_no_script_ends_processes_by_name() -> None:
    scripts = [path for folder in ("scripts", "docker") for path in Path(folder).rglob("*") if path.is_file()]
    named = [str(path) for path in scripts if re.search(r"\b(pkill|killall)\b", path.read_text(errors="replace"))]
    assert not named
