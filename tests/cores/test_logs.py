"""Logs: objects with the ids of the turn, in every service that it goes through, and nothing of what anybody sent."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
from fastapi import Request

from comps import MicroService
from comps.cores.mega.client import NodeClient
from comps.cores.telemetry.logs import JSONFormatter
from comps.cores.telemetry.turn import ids, working_on
from tests.serving import serving


def _line(record: logging.LogRecord) -> dict[str, str]:
    found: dict[str, str] = json.loads(JSONFormatter().format(record))
    return found


def _record(message: str, *, error: BaseException | None = None) -> logging.LogRecord:
    told = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("comps.x", logging.WARNING, "x.py", 1, message, None, told)


def test_a_line_is_an_object_with_the_turns_ids() -> None:
    assert _line(_record("slow")).keys() == {"time", "level", "logger", "message"}
    with working_on(turn="t1", conversation="c1"):
        line = _line(_record("slow\nnode"))
    assert (line["turn"], line["conversation"], line["message"]) == ("t1", "c1", "slow\nnode")
    assert line["time"].endswith("+00:00")
    assert ids() == {}


def test_an_errors_own_words_are_left_out() -> None:
    said = "my " + "secret"
    with pytest.raises(ValueError, match=said) as caught:
        int(said)
    line = _line(_record("failed", error=caught.value))
    assert said not in json.dumps(line)
    assert "test_logs.py" in line["traceback"]


@pytest.fixture
def service() -> Iterator[MicroService]:
    made = MicroService("told", host="127.0.0.1", port=0)

    async def who(_: Request) -> dict[str, str]:
        return dict(ids())

    made.add_route("/who", who)
    with serving(made):
        yield made


@pytest.mark.anyio
async def test_the_ids_go_along_to_other_services(service: MicroService) -> None:
    client, node = NodeClient(), MicroService.remote("told", service.base_url, "/who")
    with working_on(turn="t1", conversation="c1"):
        assert await client.call(node, {}) == {"turn": "t1", "conversation": "c1"}
    assert await client.call(node, {}) == {}
    with working_on(turn="t 1; drop", conversation="c1"):
        assert await client.call(node, {}) == {"conversation": "c1"}
    await client.stop()
