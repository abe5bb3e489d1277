"""The error tree of the mesh: each error knows its HTTP status, a stable code, and what it speaks of.

Problem                      500  internal_error
├── BadInput                 422  invalid_request        names the field
│   ├── Unauthorized         401  unauthorized
│   ├── Forbidden            403  forbidden_url
│   ├── NotFound             404  not_found
│   ├── NotAcceptable        406  not_acceptable
│   ├── TooLarge             413  too_large
│   ├── UnsupportedMedia     415  unsupported_media
│   ├── FetchFailed          422  fetch_failed
│   ├── NoFace               422  no_face
│   ├── NoSpeech             422  no_speech
│   └── UnknownVoice         422  unknown_voice
├── Overloaded               429  overloaded             carries Retry-After
└── NodeError                502  node_error             names the node
    ├── NodeUnavailable      503  node_unavailable
    └── NodeTimeout          504  node_timeout

Bodies are RFC 9457 ``application/problem+json``.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

PROBLEM_JSON = "application/problem+json"


class Problem(Exception):
    """Base of every error that may reach a client.

    ``detail`` is one sentence for the person who made the request; it never holds their audio, text or picture.
    ``extra`` are further members of the problem document (RFC 9457 §3.2).
    """

    status: int = 500
    code: str = "internal_error"
    title: ClassVar[str] = "Internal error"

    def __init__(self, detail: str, *, headers: dict[str, str] | None = None, **extra: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.headers = headers or {}
        self.extra = {key: value for key, value in extra.items() if value is not None}

    def document(self) -> dict[str, Any]:
        """The RFC 9457 problem document."""
        return {
            "type": f"urn:avatarchatbot:problem:{self.code}",
            "title": self.title,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            **self.extra,
        }

    def __reduce__(self) -> tuple[Any, ...]:
        # Problems cross process borders; extra keyword arguments would be lost by Exception's own pickling.
        return _rebuild, (type(self), self.detail, self.headers, self.extra, self.__dict__)


def _rebuild(kind: type[Problem], detail: str, headers: dict[str, str], extra: dict[str, Any], state: dict[str, Any]) -> Problem:
    problem = kind.__new__(kind)
    Exception.__init__(problem, detail)
    problem.__dict__.update(state)
    problem.headers, problem.extra = headers, extra
    return problem


class BadInput(Problem):
    """What the client sent cannot be used; ``field`` names the part of the request."""

    status = 422
    code = "invalid_request"
    title = "Invalid request"

    def __init__(self, detail: str, *, field: str | None = None, **extra: Any) -> None:
        super().__init__(detail, field=field, **extra)


class MalformedBody(BadInput):
    status = 400
    code = "malformed_body"
    title = "Malformed body"


class Unauthorized(BadInput):
    status = 401
    code = "unauthorized"
    title = "Unauthorized"


class Forbidden(BadInput):
    status = 403
    code = "forbidden_url"
    title = "Forbidden address"


class NotFound(BadInput):
    status = 404
    code = "not_found"
    title = "Not found"


class NotAcceptable(BadInput):
    status = 406
    code = "not_acceptable"
    title = "Not acceptable"


class TooLarge(BadInput):
    status = 413
    code = "too_large"
    title = "Too large"


class UnsupportedMedia(BadInput):
    status = 415
    code = "unsupported_media"
    title = "Unsupported media"


class FetchFailed(BadInput):
    """Nothing can be had from an address that the client named."""

    code = "fetch_failed"
    title = "Fetch failed"


class NoFace(BadInput):
    code = "no_face"
    title = "No face found"


class NoSpeech(BadInput):
    code = "no_speech"
    title = "No speech found"


class UnknownVoice(BadInput):
    code = "unknown_voice"
    title = "Unknown voice"


class Overloaded(Problem):
    """Refused before any work was done; ``retry_after`` in seconds."""

    status = 429
    code = "overloaded"
    title = "Overloaded"

    def __init__(self, detail: str, *, retry_after: float, **extra: Any) -> None:
        seconds = max(1, math.ceil(retry_after))
        # As a member too: a socket's messages have no headers.
        super().__init__(detail, headers={"Retry-After": str(seconds)}, retry_after=seconds, **extra)


class NodeError(Problem):
    """Another service of the mesh, or a server behind one, answered with a failure."""

    status = 502
    code = "node_error"
    title = "Upstream failed"

    def __init__(self, detail: str, *, node: str, **extra: Any) -> None:
        super().__init__(detail, node=node, **extra)
        self.node = node


class NodeUnavailable(NodeError):
    status = 503
    code = "node_unavailable"
    title = "Upstream unavailable"


class NodeTimeout(NodeError):
    status = 504
    code = "node_timeout"
    title = "Upstream timed out"


class RelayedProblem(Problem):
    """A client error (4xx) that another service of the mesh found, passed on as it was said, with the node's name."""

    def __init__(self, document: dict[str, Any], *, node: str, headers: dict[str, str] | None = None) -> None:
        known = {"type", "title", "status", "code", "detail"}
        extra = {key: value for key, value in document.items() if key not in known}
        extra.setdefault("node", node)
        super().__init__(str(document.get("detail", "")), headers=headers, **extra)
        self.status = int(document["status"])
        self.code = str(document["code"])
        self.relayed_title = str(document.get("title", self.code))

    def document(self) -> dict[str, Any]:
        return {**super().document(), "title": self.relayed_title}
