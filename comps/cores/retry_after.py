"""The ``Retry-After`` header (RFC 9110 §10.2.3): seconds, or a date. What others send in it is believed within reason."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable
from datetime import UTC
from email.utils import parsedate_to_datetime

#: Sooner is no wait at all, later is a mistake: seconds.
_SHORTEST_S, _LONGEST_S = 1.0, 86_400.0
#: Some servers send fractions. More digits are no number of seconds.
_SECONDS = re.compile(r"\d{1,15}(\.\d{0,15})?", re.ASCII)
#: A date has 29 characters; parsing text that is much longer is wasted.
_LONGEST_DATE = 64


def sane(seconds: float) -> float:
    """``seconds`` as a wait that can be told to a client: a second to a day; not a number is a second."""
    return _SHORTEST_S if math.isnan(seconds) else min(max(seconds, _SHORTEST_S), _LONGEST_S)


def seconds(header: str | None, *, default: float = _SHORTEST_S, clock: Callable[[], float] = time.time) -> float:
    """How long ``header`` says to wait, seconds; ``default`` where there is none, or it makes no sense. ``clock``: Unix time."""
    text = (header or "").strip()
    if _SECONDS.fullmatch(text):
        return sane(float(text))
    if not text or len(text) > _LONGEST_DATE:
        return default
    try:
        date = parsedate_to_datetime(text)
        # A date without a zone is taken as UTC, as RFC 9110's are.
        return sane((date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - clock())
    except (ValueError, OverflowError, TypeError):
        return default


def header(wait_s: float) -> str:
    """The header for a wait: whole seconds, none too few."""
    return str(math.ceil(sane(wait_s)))
