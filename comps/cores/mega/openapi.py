"""What OpenAPI says of errors: every operation may answer with problems (RFC 9457), and FastAPI knows of none of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI

from comps.cores import errors
from comps.cores.errors import PROBLEM_JSON, Problem

#: Tags of operations that do none of the service's work.
_NO_WORK = frozenset({"health", "operation"})
_OF_ANY: tuple[type[Problem], ...] = (
    errors.MalformedBody,
    errors.ForeignOrigin,
    errors.Misdirected,
    Problem,
    errors.NodeError,
    errors.NodeUnavailable,
    errors.NodeTimeout,
    errors.InsufficientStorage,
)
_OF_INPUT: tuple[type[Problem], ...] = (errors.BadInput, errors.NotFound)
_OF_A_BODY: tuple[type[Problem], ...] = (errors.Forbidden, errors.TooLarge, errors.UnsupportedMedia)
_OF_WORK: tuple[type[Problem], ...] = (errors.Unauthorized, errors.NotAcceptable, errors.Overloaded)

_SCHEMA = {
    "title": "Problem",
    "type": "object",
    "description": "RFC 9457. `field` names what was wrong with the request, `node` the service that failed. `error` says it as "
    "OpenAI does.",
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "field": {"type": "string"},
        "node": {"type": "string"},
        "error": {
            "type": "object",
            "properties": {
                "message": {"type": "string"},
                "type": {"type": "string"},
                "param": {"type": ["string", "null"]},
                "code": {"type": "string"},
            },
            "required": ["message", "type", "param", "code"],
        },
    },
    "required": ["type", "title", "status", "code", "detail", "error"],
}


class DocumentedApp(FastAPI):
    """FastAPI whose OpenAPI document names the problems."""

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            _add_problems(super().openapi())
        return super().openapi()


def _add_problems(document: dict[str, Any]) -> None:
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for of_fastapi in ("HTTPValidationError", "ValidationError"):
        schemas.pop(of_fastapi, None)
    schemas["Problem"] = _SCHEMA
    for operations in document["paths"].values():
        for operation in operations.values():
            for problem in _problems_of(operation):
                operation["responses"][str(problem.status)] = {
                    "description": problem.title,
                    "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}},
                }


def _problems_of(operation: dict[str, Any]) -> Iterator[type[Problem]]:
    yield from _OF_ANY
    if "parameters" in operation or "requestBody" in operation:
        yield from _OF_INPUT
    if "requestBody" in operation:
        yield from _OF_A_BODY
    if _NO_WORK.isdisjoint(operation.get("tags", ())):
        yield from _OF_WORK
