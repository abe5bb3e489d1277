"""The error tree of the mesh: each error knows its HTTP status, a stable code, and what it speaks of.

Problem                      500  internal_error
├── BadInput                 422  invalid_request        names the field
│   ├── MalformedRequest     400  malformed_request
│   ├── Unauthorized         401  unauthorized
│   ├── Forbidden            403  forbidden_url
│   ├── ForeignOrigin        403  foreign_origin
│   ├── NotFound             404  not_found
│   ├── NotAcceptable        406  not_acceptable
│   ├── HeadTimeout          408  head_timeout
│   ├── TooLarge             413  too_large
│   ├── UnsupportedMedia     415  unsupported_media
│   ├── Misdirected          421  misdirected_request
│   ├── HeadTooLarge         431  head_too_large
│   ├── FetchFailed          422  fetch_failed
│   ├── NoFace               422  no_face
│   ├── FaceCut              422  face_cut
│   ├── FaceTooSmall         422  face_too_small
│   ├── NoSpeech             422  no_speech
│   ├── NothingToSpeak       422  nothing_to_speak
│   ├── ConversationTooLong  422  conversation_too_long
│   ├── OtherLanguage        422  other_language
│   ├── UnknownEngine        422  unknown_engine
│   └── UnknownVoice         422  unknown_voice
├── HTTPProblem              as HTTP has it, of the framework's own refusals: unknown paths, methods
├── Overloaded               429  overloaded             carries Retry-After
├── InsufficientStorage      507  insufficient_storage
├── Unfinished               503  unfinished             carries Retry-After
└── NodeError                502  node_error             names the node
    ├── NoAnswer             502  no_answer
    │   ├── ThoughtsOnly     502  thoughts_only
    │   └── ToolCallsOnly    502  tool_calls_only
    ├── KeyRefused           502  key_refused
    ├── ModelNotFound        502  model_not_found
    ├── QuotaUsedUp          502  quota_used_up
    ├── NodeUnavailable      503  node_unavailable
    │   ├── NodeOverloaded   503  overloaded             carries Retry-After
    │   └── OutOfMemory      503  out_of_memory
    └── NodeTimeout          504  node_timeout

Bodies are RFC 9457 ``application/problem+json``. Their member ``error`` says the same as OpenAI's API does, so that its clients
show the words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import responses
from typing import Any, ClassVar

from comps.cores import retry_after as retry

PROBLEM_JSON = "application/problem+json"
#: ``error.type`` as OpenAI names it, by status; the rest of 4xx are invalid requests, of 5xx the server's faults.
_OPENAI_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}


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

    @property
    def message(self) -> str:
        """``detail`` for those who read nothing beside it."""
        return self.detail

    def document(self) -> dict[str, Any]:
        """The RFC 9457 problem document, with OpenAI's ``error`` in it."""
        return {
            "type": f"urn:avatarchatbot:problem:{self.code}",
            "title": self.title,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            "error": {
                "message": self.message,
                "type": _OPENAI_TYPES.get(self.status, "invalid_request_error" if self.status < 500 else "server_error"),
                "param": self.extra.get("field"),
                "code": self.code,
            },
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


@contextmanager
def as_field(ours: str, theirs: str) -> Iterator[None]:
    """What is wrong with our field ``ours``, and with media of no named field, is told of ``theirs``, the request's name."""
    try:
        yield
    except BadInput as problem:
        default = ours if isinstance(problem, UnsupportedMedia | TooLarge) else None
        if problem.extra.get("field", default) == ours:
            problem.extra["field"] = theirs
            problem.detail = re.sub(rf"^{ours}:", f"{theirs}:", problem.detail)
        raise


class MalformedBody(BadInput):
    status = 400
    code = "malformed_body"
    title = "Malformed body"


class MalformedRequest(BadInput):
    """What HTTP itself forbids (RFC 9112)."""

    status = 400
    code = "malformed_request"
    title = "Malformed request"


class Unauthorized(BadInput):
    status = 401
    code = "unauthorized"
    title = "Unauthorized"


class Forbidden(BadInput):
    status = 403
    code = "forbidden_url"
    title = "Forbidden address"


class ForeignOrigin(BadInput):
    """A browser sent the request for a page of another origin."""

    status = 403
    code = "foreign_origin"
    title = "Foreign origin"


class NotFound(BadInput):
    status = 404
    code = "not_found"
    title = "Not found"


class NotAcceptable(BadInput):
    status = 406
    code = "not_acceptable"
    title = "Not acceptable"


class HeadTimeout(BadInput):
    """The request line and headers did not come in time."""

    status = 408
    code = "head_timeout"
    title = "Request timeout"


class TooLarge(BadInput):
    status = 413
    code = "too_large"
    title = "Too large"


class UnsupportedMedia(BadInput):
    status = 415
    code = "unsupported_media"
    title = "Unsupported media"


class Misdirected(BadInput):
    """The request names a host that this service does not answer for."""

    status = 421
    code = "misdirected_request"
    title = "Misdirected request"


class HeadTooLarge(BadInput):
    """The request line and headers are too long."""

    status = 431
    code = "head_too_large"
    title = "Request header too large"


class FetchFailed(BadInput):
    """Nothing can be had from an address that the client named."""

    code = "fetch_failed"
    title = "Fetch failed"


class NoFace(BadInput):
    code = "no_face"
    title = "No face found"


class FaceCut(BadInput):
    """The border of the picture cuts through the face; ``cut`` is the share of it that is missing, 0 … 1."""

    code = "face_cut"
    title = "Face cut off"


class FaceTooSmall(BadInput):
    """The face has too few pixels; ``height_px`` are its own, ``least_px`` those needed."""

    code = "face_too_small"
    title = "Face too small"


class NoSpeech(BadInput):
    code = "no_speech"
    title = "No speech found"


class NothingToSpeak(BadInput):
    """A text without words, or with none that a voice knows."""

    code = "nothing_to_speak"
    title = "Nothing to speak"


class ConversationTooLong(BadInput):
    """A language model's server says that a request has more tokens than its context holds."""

    code = "conversation_too_long"
    title = "Too long for the language model"


class OtherLanguage(BadInput):
    """Somebody speaks, in a language that is not known."""

    code = "other_language"
    title = "Unknown language spoken"


class UnknownEngine(BadInput):
    """A request names an engine that this service does not run; ``engines`` are those that it does."""

    code = "unknown_engine"
    title = "Unknown engine"


class UnknownVoice(BadInput):
    code = "unknown_voice"
    title = "Unknown voice"


class HTTPProblem(Problem):
    """A refusal by the framework: named as one of ours of its status, else as HTTP names the status."""

    def __init__(self, status: int, detail: str, *, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail, headers=headers)
        self.status = status
        ours = {kind.status: kind for kind in (Unauthorized, NotFound, NotAcceptable, TooLarge, UnsupportedMedia, BadInput)}
        if status in ours:
            self.code, self.told_title = ours[status].code, ours[status].title
        else:
            self.told_title = responses.get(status, "HTTP error").capitalize()
            self.code = "_".join(re.findall("[a-z]+", self.told_title.lower()))

    def document(self) -> dict[str, Any]:
        return {**super().document(), "title": self.told_title}


class Overloaded(Problem):
    """Refused before any work was done; ``retry_after`` in seconds."""

    status = 429
    code = "overloaded"
    title = "Overloaded"

    def __init__(self, detail: str, *, retry_after: float, **extra: Any) -> None:
        header = retry.header(retry_after)
        # As a member too: a socket's messages have no headers.
        super().__init__(detail, headers={"Retry-After": header}, retry_after=int(header), **extra)


class InsufficientStorage(Problem):
    """The disk or the store is full, or cannot be written: nothing of the request was kept."""

    status = 507
    code = "insufficient_storage"
    title = "Insufficient storage"


class Unfinished(Problem):
    """Only a part was done, in the time that a request has or because some of it failed: asking again does the rest."""

    status = 503
    code = "unfinished"
    title = "Unfinished"

    def __init__(self, detail: str, *, retry_after: float, **extra: Any) -> None:
        header = retry.header(retry_after)
        super().__init__(detail, headers={"Retry-After": header}, retry_after=int(header), **extra)


class NodeError(Problem):
    """Another service of the mesh, or a server behind one, answered with a failure."""

    status = 502
    code = "node_error"
    title = "Upstream failed"
    #: Whether the fault lies in what is behind the node, so that another replica of it would fail alike.
    is_behind: ClassVar[bool] = False

    def __init__(self, detail: str, *, node: str, **extra: Any) -> None:
        super().__init__(detail, node=node, **extra)
        self.node = node

    @property
    def message(self) -> str:
        return f"{self.node}: {self.detail}"


class NoAnswer(NodeError):
    """A language model came to its end without a word."""

    code = "no_answer"
    is_behind = True
    title = "No answer"


class ThoughtsOnly(NoAnswer):
    """A language model thought, and did not answer."""

    code = "thoughts_only"


class ToolCallsOnly(NoAnswer):
    """A language model called tools, which it was not given, instead of answering."""

    code = "tool_calls_only"


class KeyRefused(NodeError):
    """A server does not take the key that this service has for it."""

    code = "key_refused"
    is_behind = True
    title = "Key refused upstream"


class ModelNotFound(NodeError):
    """A server does not have the model that this service asks it for."""

    code = "model_not_found"
    is_behind = True
    title = "Model not found upstream"


class QuotaUsedUp(NodeError):
    """The account that this service has at a server is used up."""

    code = "quota_used_up"
    is_behind = True
    title = "Quota used up upstream"


class NodeUnavailable(NodeError):
    status = 503
    code = "node_unavailable"
    title = "Upstream unavailable"


class NodeOverloaded(NodeUnavailable):
    """A server has more to do than it can; ``retry_after`` in seconds."""

    code = "overloaded"
    is_behind = True
    title = "Upstream overloaded"

    def __init__(self, detail: str, *, node: str, retry_after: float = 1.0, **extra: Any) -> None:
        header = retry.header(retry_after)
        super().__init__(detail, node=node, headers={"Retry-After": header}, retry_after=int(header), **extra)


class OutOfMemory(NodeUnavailable):
    """A server has not memory enough for its model or for the request."""

    code = "out_of_memory"
    is_behind = True
    title = "Upstream out of memory"


class NodeTimeout(NodeError):
    status = 504
    code = "node_timeout"
    title = "Upstream timed out"


class RelayedProblem(Problem):
    """A client error (4xx), or a full store (507), that another service of the mesh found: passed on as it was said, with the
    node's name."""

    def __init__(self, document: dict[str, Any], *, node: str, headers: dict[str, str] | None = None) -> None:
        known = {"type", "title", "status", "code", "detail", "error"}
        extra = {key: value for key, value in document.items() if key not in known}
        extra.setdefault("node", node)
        super().__init__(str(document.get("detail", "")), headers=headers, **extra)
        self.status = int(document["status"])
        self.code = str(document["code"])
        self.relayed_title = str(document.get("title", self.code))

    def document(self) -> dict[str, Any]:
        return {**super().document(), "title": self.relayed_title}
