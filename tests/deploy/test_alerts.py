"""Prometheus takes its configuration, and the alerts go off when they should (promtool)."""

from __future__ import annotations

import subprocess
from pathlib import Path

PROMTOOL = "/usr/bin/promtool"


def _promtool(*arguments: str) -> str:
    done = subprocess.run([PROMTOOL, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_the_configuration_and_its_rules_are_taken(tmp_path: Path) -> None:
    """With the path of the rules as it is outside the container."""
    configuration = Path("docker/prometheus/prometheus.yaml").read_text()
    rules = Path("kubernetes/avatarchatbot/files").resolve()
    made = tmp_path / "prometheus.yaml"
    made.write_text(configuration.replace("/etc/avatarchatbot", str(rules)))
    assert "5 rules found" in _promtool("check", "config", str(made))


def test_alerts_go_off_when_they_should_and_not_before() -> None:
    assert "SUCCESS" in _promtool("test", "rules", "tests/deploy/alerts_test.yaml")
