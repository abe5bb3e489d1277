"""The outputs of a run: what came as JSON text is a plain dict to whoever reads it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from comps.cores.errors import NodeError
from comps.cores.mega.outputs import JSONText, Outputs

READ = {"a": {"x": 1}, "b": {"y": 2}}


@pytest.fixture
def outputs() -> Outputs:
    made = Outputs()
    made["a"] = JSONText("a", (b'{"x"', b":1}"))
    made["b"] = {"y": 2}
    return made


@pytest.mark.parametrize(
    "read",
    [
        lambda o: {"a": o["a"], "b": o["b"]},
        lambda o: {"a": o.get("a"), "b": o.get("b")},
        lambda o: dict(o.items()),
        lambda o: dict(zip(o.keys(), o.values(), strict=True)),
        dict,
        lambda o: {**o},
        lambda o: o.copy(),
        lambda o: o | {},
        lambda o: {"a": o.pop("a"), **o},
        lambda o: json.loads(json.dumps(o)),
    ],
)
def test_every_way_of_reading_decodes(outputs: Outputs, read: Any) -> None:
    assert read(outputs) == READ


def test_they_equal_a_dict_and_are_one(outputs: Outputs) -> None:
    assert outputs == READ
    assert isinstance(outputs, dict)
    assert outputs.get("c", "none") == "none"
    with pytest.raises(KeyError):
        outputs["c"]
    assert outputs.pop("c", None) is None


def test_the_text_is_there_until_it_is_read(outputs: Outputs) -> None:
    assert outputs.text("a") is not None
    assert outputs.text("b") is None
    outputs["a"]["x"] = 3
    assert outputs.text("a") is None
    assert outputs["a"] == {"x": 3}


def test_broken_text_is_its_senders_fault() -> None:
    outputs = Outputs(a=JSONText("speaker", (b'{"x":',)))
    with pytest.raises(NodeError) as caught:
        outputs["a"]
    assert caught.value.node == "speaker"


@pytest.mark.parametrize(
    ("pieces", "is_opaque"),
    [
        ((b'{"audio":"', b'UklGRg=="}'), True),
        ((b'{"audio":"UklGRg==","downstream_black_', b'list":[".*"]}'), False),
        ((b"[1]",), False),
    ],
)
def test_only_objects_that_say_nothing_about_the_graph_are_opaque(pieces: tuple[bytes, ...], is_opaque: bool) -> None:
    assert JSONText("a", pieces).is_opaque is is_opaque
