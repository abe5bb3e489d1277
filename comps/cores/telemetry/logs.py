"""Logs: one line an event on stderr, never with payloads."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime

from comps.cores.common.settings import LogSettings
from comps.cores.errors import Problem
from comps.cores.telemetry import audit
from comps.cores.telemetry.turn import ids


class JSONFormatter(logging.Formatter):
    """An object a line: ``time`` (UTC), ``level``, ``logger``, ``message``, the ids of the turn that is being worked on, and the
    ``fields`` of an audit line.
    """

    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"time": time, "level": record.levelname, "logger": record.name, "message": record.getMessage(), **ids()}
        line |= getattr(record, "fields", {})
        if record.exc_info:
            # The error's own words may quote what a person sent.
            line["traceback"] = "".join(traceback.format_tb(record.exc_info[2]))
        return json.dumps(line, ensure_ascii=False)


def configure(settings: LogSettings | None = None) -> None:
    """Set up logging of this process; without ``settings`` by the environment's."""
    settings = settings or LogSettings()
    handler = logging.StreamHandler(sys.stderr)
    text = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S")
    handler.setFormatter(JSONFormatter() if settings.format == "json" else text)
    logging.basicConfig(level=settings.level, handlers=[handler])
    # Whatever else is logged.
    logging.getLogger(audit.NAME).setLevel(logging.INFO)
    for noisy in ("httpx", "httpcore", "uvicorn.access", "uvicorn.error", "alembic.runtime.migration"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def unexpected(log: logging.Logger, what: str, error: BaseException) -> Problem:
    """Log that ``what`` failed by a mistake of ours; returns what to tell whoever asked for it."""
    # The error's message may quote what a person sent; the lines of its traceback do not.
    log.error("%s failed: %s\n%s", what, type(error).__name__, "".join(traceback.format_tb(error.__traceback__)))
    return Problem("something went wrong on our side; it has been logged")
