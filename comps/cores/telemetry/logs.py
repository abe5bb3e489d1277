"""Logs: one line an event on stderr, never with payloads."""

from __future__ import annotations

import logging
import sys
import traceback

from comps.cores.errors import Problem


def configure(level: str = "INFO") -> None:
    """Set up logging of this process."""
    logging.basicConfig(
        level=level, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s", datefmt="%Y-%m-%dT%H:%M:%S"
    )
    for noisy in ("httpx", "httpcore", "uvicorn.access", "uvicorn.error", "alembic.runtime.migration"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def unexpected(log: logging.Logger, what: str, error: BaseException) -> Problem:
    """Log that ``what`` failed by a mistake of ours; returns what to tell whoever asked for it."""
    # The error's message may quote what a person sent; the lines of its traceback do not.
    log.error("%s failed: %s\n%s", what, type(error).__name__, "".join(traceback.format_tb(error.__traceback__)))
    return Problem("something went wrong on our side; it has been logged")
