"""Bytes inside documents: raw in MessagePack, base64 in JSON."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

_DATA_URL = re.compile(r"^data:[^,]{0,200};base64,", re.IGNORECASE)


def decode_base64(value: Any) -> Any:
    """Base64 text (either alphabet, data URLs, white space allowed) → bytes. Raises ValueError for other text."""
    if not isinstance(value, str):
        return value
    head = _DATA_URL.match(value)
    text = value[head.end() :] if head else value
    text = "".join(text.split()).replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("is not base64") from None


#: A field of bytes: accepts bytes or base64 text, is base64 text in JSON.
Media = Annotated[
    bytes,
    BeforeValidator(decode_base64),
    PlainSerializer(lambda value: base64.b64encode(value).decode(), return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "contentEncoding": "base64"}),
]
