"""What the operations page, the dashboard and the alerts speak of is what the services measure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import anyio
import httpx
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests.e2e.mesh import Mesh
from tests.live_player import playing

pytestmark = pytest.mark.anyio

_NAME = re.compile(r"\b(?:http|live|answers?|animation|megaservice)_[a-z_]+\b")
#: What Prometheus adds to the names of counters and histograms.
_SUFFIX = re.compile(r"_(total|bucket|count|sum)$")


#: What one live turn adds one to.
LIVE = {
    'answers_total{code="",status="done"}',
    'answer_engines_total{engine="warp",stage="animation"}',
    'answer_stage_seconds_count{stage="tts"}',
    "live_first_fragment_seconds_count{}",
    "live_av_skew_seconds_count{}",
}


def _documented() -> set[str]:
    table = [line for line in Path("docs/operations.md").read_text().splitlines() if line.startswith("| `")]
    return {_SUFFIX.sub("", name) for line in table for name in re.findall(r"`([a-z_]+)`", line.split("|")[1])}


@pytest.fixture(scope="module")
def measured(mesh: Mesh) -> set[str]:
    with mesh.client() as client:
        client.post("/v1/avatarchatbot", json={"text": "Hello!"}).raise_for_status()
    found = set()
    for url in mesh.addresses().values():
        text = httpx.get(f"{url}/metrics", trust_env=False).text
        found |= {family.name for family in text_string_to_metric_families(text)}
    return {name for name in found if not name.startswith(("process_", "python_")) and not name.endswith("_created")}


def test_the_table_names_what_is_measured_and_nothing_else(measured: set[str]) -> None:
    assert _documented() == measured


async def test_a_live_turn_is_an_answer_too(mesh: Mesh) -> None:
    before = _samples(mesh)
    async with playing(mesh.url, avatar="aria") as player:
        await player.client.send("text", text="Hello!")
        await player.until(lambda: player.event("done"))
        # It ends when the last word has been heard.
        with anyio.fail_after(10):
            while (after := _samples(mesh))[done := 'answers_total{code="",status="done"}'] == before[done]:
                await anyio.sleep(0.1)
    assert {name for name in after if name in LIVE and after[name] == before.get(name, 0) + 1} == LIVE


def _samples(mesh: Mesh) -> dict[str, float]:
    text = httpx.get(f"{mesh.url}/metrics", trust_env=False).text
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(f'{name}="{value}"' for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}"] = sample.value
    return found


def _expressions() -> Iterator[str]:
    board = json.loads(Path("docker/grafana/dashboards/avatarchatbot.json").read_text())
    for panel in board["panels"]:
        yield from (target["expr"] for target in panel["targets"])
    for group in yaml.safe_load(Path("kubernetes/avatarchatbot/files/alerts.yaml").read_text())["groups"]:
        yield from (rule["expr"] for rule in group["rules"])


def test_the_dashboard_and_the_alerts_ask_for_what_is_measured(measured: set[str]) -> None:
    asked = {_SUFFIX.sub("", name) for expression in _expressions() for name in _NAME.findall(expression)}
    assert len(asked) > 10
    assert asked <= measured
