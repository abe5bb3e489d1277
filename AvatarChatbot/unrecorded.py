"""An answer that cannot be written down is given all the same."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from comps.cores.errors import Problem
from comps.cores.telemetry.logs import unexpected

log = logging.getLogger(__name__)


@contextmanager
def answering_all_the_same() -> Iterator[None]:
    """Log an error of the writing inside, and go on: the answer has its own end, good or bad."""
    try:
        yield
    except Problem as problem:
        log.warning("how an answer ended could not be written down: %s", problem.code)
    except Exception as error:
        unexpected(log, "writing down how an answer ended", error)
