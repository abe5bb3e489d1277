"""What plain values may hold that others send: what can be stored, written as JSON and sent on.

JSON's grammar allows more than anything behind it takes: halves of surrogate pairs, numbers without bound, any depth; PostgreSQL
stores no NUL. Refused once, where a document is read, they need not be thought of anywhere else.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from comps.cores.errors import BadInput

#: Levels of lists and objects. OpenAI's largest documents, JSON schemas, stay below.
_DEEPEST = 64
#: Values of one document. Of those that no document has, each costs its reader fifty times what it costs its sender.
MOST_VALUES = 200_000
#: What MessagePack, orjson and SQL take alike.
_LEAST, _GREATEST = -(2**63), 2**63 - 1
#: Digits of a number in a header; ``int`` itself takes time for thousands of them.
_MOST_DIGITS = 15
_NO_TEXT = re.compile("[\0\ud800-\udfff]")


def check(values: Any) -> None:
    """Raises BadInput that names the field."""
    _Check().value(values, ())


def check_text(text: str, field: str) -> None:
    """Raises BadInput."""
    # An ASCII string knows that it is one: of base64 only NUL is looked for.
    if "\0" in text or not (text.isascii() or _NO_TEXT.search(text) is None):
        raise BadInput(f"{field}: holds NUL or half of a surrogate pair, which are no text", field=field)


def whole_number(text: str | bytes) -> int:
    """Digits of a header → the number. Raises ValueError for anything else, and for numbers that no header needs."""
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise ValueError("is no whole number within reason")
    return int(text)


class _Check:
    def __init__(self) -> None:
        self._left = MOST_VALUES

    def value(self, value: Any, path: tuple[Any, ...]) -> None:
        if value is None or isinstance(value, bool | bytes):
            return
        if isinstance(value, str):
            check_text(value, _name(path))
        elif isinstance(value, int):
            if not _LEAST <= value <= _GREATEST:
                _refuse("is a number of more than 64 bits", path)
        elif isinstance(value, float):
            if not math.isfinite(value):
                _refuse("is not a finite number", path)
        elif isinstance(value, Mapping):
            self._enter(len(value), path)
            for key, item in value.items():
                if not isinstance(key, str):
                    _refuse("has a member whose name is no text", path)
                within = (*path, key)
                check_text(key, _name(within))
                self.value(item, within)
        elif isinstance(value, list | tuple):
            self._enter(len(value), path)
            for index, item in enumerate(value):
                self.value(item, (*path, index))
        else:
            _refuse("is of a type that JSON does not have", path)

    def _enter(self, items: int, path: tuple[Any, ...]) -> None:
        self._left -= items
        if len(path) >= _DEEPEST:
            _refuse("is nested too deeply", path[:1])
        if self._left < 0:
            _refuse("holds too many values", path[:1])


def _refuse(what: str, path: tuple[Any, ...]) -> None:
    field = _name(path)
    raise BadInput(f"{field}: {what}" if field else f"the body {what}", field=field or None)


def _name(path: tuple[Any, ...]) -> str:
    """The path, as pydantic's errors have it; what cannot be told in it is replaced."""
    return ".".join(str(part)[:100] for part in path).encode("utf-8", "replace").decode().replace("\0", "?")
