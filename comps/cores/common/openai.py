"""Addresses of servers with OpenAI's interface."""

from __future__ import annotations

from urllib.parse import urlsplit


def base_url(endpoint: str) -> str:
    """``endpoint`` without a trailing slash, and with OpenAI's ``/v1`` where it has no path (OPEA gives only host and port)."""
    endpoint = endpoint.rstrip("/")
    return endpoint if urlsplit(endpoint).path else f"{endpoint}/v1"
