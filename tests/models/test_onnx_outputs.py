"""An inner tensor of an ONNX model becomes one of its outputs."""

from __future__ import annotations

import numpy as np
import onnxruntime as ort
import pytest

from comps.models.onnx_outputs import with_output


def _field(number: int, value: bytes | int) -> bytes:
    if isinstance(value, int):
        return bytes([number << 3, value])
    assert len(value) < 128
    return bytes([number << 3 | 2, len(value)]) + value


def _named(name: str) -> bytes:
    """ValueInfoProto of a float tensor of one dimension."""
    shape = _field(2, _field(1, _field(2, b"n")))
    return _field(1, name.encode()) + _field(2, _field(1, _field(1, 1) + shape))


def _model(inner: str = "twice") -> bytes:
    """ModelProto: ``twice = x + x; y = -twice``."""
    add = _field(1, b"x") + _field(1, b"x") + _field(2, inner.encode()) + _field(4, b"Add")
    negate = _field(1, inner.encode()) + _field(2, b"y") + _field(4, b"Neg")
    graph = b"".join([_field(1, add), _field(1, negate), _field(2, b"g"), _field(11, _named("x")), _field(12, _named("y"))])
    # The opset after the graph: what follows it must stay.
    return _field(1, 8) + b"\x3a" + bytes([len(graph) & 127 | 128, len(graph) >> 7]) + graph + _field(8, _field(2, 17))


def _run(model: bytes) -> dict[str, list[float]]:
    session = ort.InferenceSession(model, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    values = session.run(None, {"x": np.array([1.0, 2.0], np.float32)})
    return dict(zip(names, (value.tolist() for value in values), strict=True))


def test_a_tensor_inside_becomes_the_last_output() -> None:
    assert _run(_model()) == {"y": [-2.0, -4.0]}
    assert list(_run(with_output(_model(), "twice")).items()) == [("y", [-2.0, -4.0]), ("twice", [2.0, 4.0])]


def test_an_output_stays_what_it_is() -> None:
    assert with_output(_model(), "y") == _model()
    once = with_output(_model(), "twice")
    assert with_output(once, "twice") == once


@pytest.mark.parametrize("name", ["thrice", "", "x"])
def test_what_no_node_makes_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no node"):
        with_output(_model(), name)


@pytest.mark.parametrize("data", [b"", b"\x08\x08", b"not a model at all", _model()[:30], b"\x3a\xff"])
def test_what_is_no_model_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="ONNX model"):
        with_output(data, "twice")
