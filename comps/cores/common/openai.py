"""Servers with OpenAI's interface: their addresses, and what is read of their answers."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx

#: Bytes of an answer that is read whole.
LONGEST_BODY = 16 << 20


class BodyTooLong(Exception):
    """An answer has more than LONGEST_BODY bytes."""


def base_url(endpoint: str) -> str:
    """``endpoint`` without a trailing slash, and with OpenAI's ``/v1`` where it has no path (OPEA gives only host and port)."""
    endpoint = endpoint.rstrip("/")
    return endpoint if urlsplit(endpoint).path else f"{endpoint}/v1"


async def read_body(response: httpx.Response) -> bytes:
    """The body of a streamed response. Raises BodyTooLong, and httpx's errors."""
    parts: list[bytes] = []
    size = 0
    async for part in response.aiter_bytes():
        size += len(part)
        if size > LONGEST_BODY:
            raise BodyTooLong
        parts.append(part)
    return b"".join(parts)
