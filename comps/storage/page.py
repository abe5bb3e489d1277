"""Listings a page at a time: newest first, each page told where the one before it ended."""

from __future__ import annotations

import base64
import binascii
from typing import Any, Generic, TypeVar

from pydantic import BaseModel
from sqlalchemy import Select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from comps.cores.errors import BadInput

T = TypeVar("T")
MAX_LIMIT = 200


class Page(BaseModel, Generic[T]):
    """``next_cursor`` is passed on for the next page; None on the last one."""

    items: list[T]
    next_cursor: str | None = None


def encode_cursor(created_at: float, row_id: str) -> str:
    return base64.urlsafe_b64encode(f"{created_at!r}/{row_id}".encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> tuple[float, str]:
    """Raises BadInput for anything that ``encode_cursor`` did not make."""
    try:
        created_at, _, row_id = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().partition("/")
        if "\0" in row_id:
            raise ValueError
        return float(created_at), row_id
    except (binascii.Error, ValueError):
        raise BadInput("is not a cursor of an earlier page", field="cursor") from None


def paged(
    query: Select[Any],
    created_at: InstrumentedAttribute[float],
    row_id: InstrumentedAttribute[str],
    limit: int,
    cursor: str | None,
) -> Select[Any]:
    """``query`` newest first, from ``cursor`` on, with one row more than ``limit`` so that the last page is known as such.

    Raises BadInput for a limit outside 1 … MAX_LIMIT.
    """
    if not 1 <= limit <= MAX_LIMIT:
        raise BadInput(f"must lie in 1 … {MAX_LIMIT}", field="limit")
    if cursor is not None:
        query = query.where(tuple_(created_at, row_id) < tuple_(*decode_cursor(cursor)))
    return query.order_by(created_at.desc(), row_id.desc()).limit(limit + 1)
