"""Make an inner tensor of an ONNX model one of its outputs, by editing the file's bytes: the ``onnx`` package is not needed.

Protocol Buffers' encoding: a message is a row of fields, each a tag (number · 8 + wire type), for wire type 2 a length, and the
value. Field numbers are those of ``onnx.proto``.
"""

from __future__ import annotations

from collections.abc import Iterator

_MODEL_GRAPH = 7
_GRAPH_NODE, _GRAPH_OUTPUT = 1, 12
_NODE_OUTPUT = 2
_VALUE_INFO_NAME, _VALUE_INFO_TYPE = 1, 2
_TYPE_TENSOR, _TENSOR_ELEM_TYPE, _FLOAT = 1, 1, 1


def with_output(model: bytes, name: str) -> bytes:
    """The ONNX ``model`` with the float tensor ``name`` as its last output.

    A model that has this output already is given back as it is. Raises ValueError where ``model`` is no ONNX model, or none of
    its nodes makes such a tensor.
    """
    graphs = [(begin, end) for number, _, begin, end in _fields(model, 0, len(model)) if number == _MODEL_GRAPH]
    if len(graphs) != 1:
        raise ValueError("this is no ONNX model: it has no graph")
    begin, end = graphs[0]
    wanted = name.encode()
    made = False
    for number, _, first, last in _fields(model, begin, end):
        if number == _GRAPH_OUTPUT and _value(model, first, last, _VALUE_INFO_NAME) == wanted:
            return model
        if number == _GRAPH_NODE and not made:
            made = any(n == _NODE_OUTPUT and model[a:b] == wanted for n, _, a, b in _fields(model, first, last))
    if not made:
        raise ValueError(f"no node of this ONNX model makes a tensor {name!r}")
    tensor = _message(_TYPE_TENSOR, _number(_TENSOR_ELEM_TYPE, _FLOAT))
    output = _message(_GRAPH_OUTPUT, _message(_VALUE_INFO_NAME, wanted) + _message(_VALUE_INFO_TYPE, tensor))
    # A message's fields may come in any order, and those of a repeated field count in the order they come in: the last is last.
    head = next(start for number, start, _, _ in _fields(model, 0, len(model)) if number == _MODEL_GRAPH)
    return model[:head] + _message(_MODEL_GRAPH, model[begin:end] + output) + model[end:]


def _fields(data: bytes, at: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """Of the message ``data[at:end]``: each field's number, where its tag begins, and where its value begins and ends."""
    while at < end:
        start = at
        tag, at = _varint(data, at)
        begin = at
        match tag & 7:
            case 0:  # varint
                _, at = _varint(data, at)
            case 1:  # 64 bits
                at += 8
            case 2:  # length, value
                length, begin = _varint(data, at)
                at = begin + length
            case 5:  # 32 bits
                at += 4
            case wire_type:
                raise ValueError(f"this is no ONNX model: wire type {wire_type}")
        if at > end:
            raise ValueError("this ONNX model is cut off")
        yield tag >> 3, start, begin, at


def _value(data: bytes, at: int, end: int, wanted: int) -> bytes:
    return next((data[begin:last] for number, _, begin, last in _fields(data, at, end) if number == wanted), b"")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """The number at ``at``, seven bits a byte, the lowest first; and where it ends."""
    number = shift = 0
    while True:
        if at >= len(data):
            raise ValueError("this ONNX model is cut off")
        byte = data[at]
        at += 1
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return number, at


def _encoded(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def _number(field: int, value: int) -> bytes:
    return _encoded(field << 3) + _encoded(value)


def _message(field: int, value: bytes) -> bytes:
    return _encoded(field << 3 | 2) + _encoded(len(value)) + value
