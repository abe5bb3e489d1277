"""Logs: one line an event on stderr, never with payloads."""

from __future__ import annotations

import logging
import sys


def configure(level: str = "INFO") -> None:
    """Set up logging of this process."""
    logging.basicConfig(
        level=level, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s", datefmt="%Y-%m-%dT%H:%M:%S"
    )
    for noisy in ("httpx", "httpcore", "uvicorn.access", "uvicorn.error"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
