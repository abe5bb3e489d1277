"""Of the errors that a task group raises together, the one that it failed with."""

from __future__ import annotations


def first_error(error: BaseException) -> BaseException:
    """The first error of a task group's: the others are siblings that were stopped because of it."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
