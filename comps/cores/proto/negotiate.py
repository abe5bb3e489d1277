"""Which representation a client wants: the ``Accept`` header with q-values (RFC 9110 §12.5.1)."""

from __future__ import annotations

from collections.abc import Sequence

from comps.cores.errors import NotAcceptable


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                return min(max(float(value), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0


def _match(pattern: str, offer: str) -> int:
    """How specifically ``pattern`` names ``offer``: 0 not at all, 1 by ``*/*``, 2 by ``type/*``, 3 by name."""
    if pattern == offer:
        return 3
    if pattern == "*/*":
        return 1
    return 2 if pattern.endswith("/*") and offer.startswith(pattern[:-1]) else 0


def negotiate(accept: str | None, offers: Sequence[str]) -> str:
    """The offered media type the client likes best; earlier offers win ties, no header means the first.

    Raises NotAcceptable (406) when none will do.
    """
    ranges: list[tuple[str, float]] = []
    for item in (accept or "*/*").split(","):
        pattern, *parameters = item.split(";")
        if pattern.strip():
            ranges.append((pattern.strip().lower(), _quality(parameters)))
    best, best_quality = None, 0.0
    for offer in offers:
        matches = [(_match(pattern, offer), quality) for pattern, quality in ranges]
        specificity, quality = max(matches, default=(0, 0.0))
        if specificity and quality > best_quality:
            best, best_quality = offer, quality
    if best is None:
        raise NotAcceptable(f"none of {', '.join(offers)} is acceptable to the client", field="Accept")
    return best
