"""Whose request it is: the name that the gate found for its key."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from comps.storage.ownership import ANONYMOUS, EVERYBODY

__all__ = ["ANONYMOUS", "EVERYBODY", "Owner", "owner_of"]


async def owner_of(connection: HTTPConnection) -> str:
    """The owner of a request that came through the gate."""
    return str(connection.state.owner)


#: A route's parameter: the owner of the request.
Owner = Annotated[str, Depends(owner_of)]
