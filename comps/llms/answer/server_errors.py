"""What the errors of language models' servers mean to the one who asked us.

They are told by status, by ``code`` and ``type``, and by their words, since servers agree on none of these:

* OpenAI: ``code`` context_length_exceeded, insufficient_quota, model_not_found, invalid_api_key, content_filter (Azure).
* vLLM, SGLang: 400 and "This model's maximum context length is 8192 tokens. However, you requested …".
* llama.cpp: ``type`` exceed_context_size_error, unavailable_error ("Loading model"); ``error: {…}`` within a stream.
* TGI: ``error_type`` validation, overloaded; 200 with an event where the answer was to be streamed.
* Ollama: "model 'x' not found, try pulling it first", "server busy, please try again", "model requires more system memory".
* LM Studio: "Trying to keep the first 15857 tokens when context the overflows", "No models loaded".

A server's message may quote the conversation, so none is repeated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from comps.cores import retry_after
from comps.cores.errors import (
    BadInput,
    ConversationTooLong,
    KeyRefused,
    ModelNotFound,
    NodeError,
    NodeOverloaded,
    NodeTimeout,
    NodeUnavailable,
    OutOfMemory,
    Overloaded,
    Problem,
    QuotaUsedUp,
)
from comps.llms.engine import NODE

_SERVER = "the language model's server"
#: Words of a kind of error, in the order in which they are looked for.
_WORDS: dict[str, re.Pattern[str]] = {
    kind: re.compile(words, re.IGNORECASE | re.VERBOSE)
    for kind, words in {
        "filtered": r"content[ _]filter | responsible_?ai | content[ _](?:management[ _])?policy | content_policy_violation"
        r" | moderation_blocked | flagged\ by | prohibited_content | safety\ system",
        "memory": r"out\ of\ memory | \boom\b | requires\ more\ (?:system\ |gpu\ )?memory | insufficient\ memory | cuda\ error"
        r" | bad_alloc | failed\ to\ allocate | cudamalloc | not\ enough\ memory",
        "quota": r"insufficient_(?:quota|balance|credits) | exceeded\ your\ current\ quota | billing | insufficient\ balance"
        r" | payment\ required | credit\ balance",
        "busy": r"overloaded | rate[ _-]?limit | too\ many\ requests | server[ ]busy | pending\ requests | queue\ (?:is\ )?full"
        r" | at\ capacity | no\ (?:free|available)\ slots? | slots?\ (?:is|are)\ busy | engine_overloaded | tokens\ per\ min",
        "loading": r"loading\ model | model\ is\ (?:currently\ |still\ )?loading | no\ models?\ (?:is\ |are\ )?loaded"
        r" | not\ ready | is\ (?:still\ )?starting | no\ healthy\ upstream | service\ unavailable",
        "too long": r"context[ _]length | context[ _]size | context[ _]window | exceed_context | maximum\ context | too\ long\b"
        r" | must\ have\ less\ than | max_new_tokens.{0,5}\ must\ be | (?:prompt|input|inputs|request|messages?)\ .{0,40}exceed"
        r" | reduce\ the\ length | context\ (?:the\ )?overflows | too\ many\ (?:input\ )?tokens | max(?:imum)?[ _]model[ _]len"
        r" | string_above_max_length | max_tokens\ must\ be\ at\ least\ 1 | n_ctx | n_keep | longer\ than\ the\ model"
        r" | token\ limit",
        "no model": r"model_not_found | model_not_supported | no\ such\ model | unknown\ model | invalid\ model"
        r" | not\ a\ valid\ model | model\b.{0,300}?(?:not\ found|does\ not\ exist|not\ exist|is\ not\ available) | try\ pulling",
        "key": r"invalid_api_key | incorrect\ api\ key | invalid\ api\ key | api\ key\ not | unauthorized | authentication"
        r" | invalid_authentication | no\ auth\ credentials",
        "refused": r"validation",
        "slow": r"timed\ out | time-?out | deadline\ exceeded",
    }.items()
}
_LONGEST = 4000
#: OpenAI and vLLM, llama.cpp, TGI.
_CONTEXT_TOKENS = re.compile(
    r"(?:maximum context length is |available context size \(|must have less than |max_new_tokens`? must be <= )(\d{1,8})\b",
    re.IGNORECASE,
)
#: A proxy's page: "502 Bad Gateway".
_PAGE_STATUS = re.compile(rb"<(?:title|h1)[^>]{0,200}>[^<]{0,40}?\b([45]\d\d)\b", re.IGNORECASE)
_STATUSES = range(400, 600)
#: The words' kind and the status → what it is; the first that fits counts. Empty: any. 0: no status is known.
_RULES: tuple[tuple[str, frozenset[int], str], ...] = tuple(
    (kind, frozenset(statuses), meaning)
    for kind, statuses, meaning in (
        ("filtered", (), "filtered"),
        ("too long", (0, 400, 413, 422, 500, 502), "too long"),
        ("quota", (), "quota"),
        ("", (402,), "quota"),
        ("busy", (0, 400, 413, 422, 429, 500, 502, 503, 529), "busy"),
        ("", (429, 529), "busy"),
        ("memory", (), "memory"),
        ("", (401, 403), "key"),
        ("key", (0, 400, 404, 422), "key"),
        ("no model", (0, 400, 404, 422, 500), "no model"),
        ("loading", (0, 400, 404, 500, 503), "unavailable"),
        ("", (503,), "unavailable"),
        ("", (408, 504, 524), "slow"),
        ("slow", (), "slow"),
        ("refused", (0,), "refused"),
        ("", (400, 413, 422), "refused"),
    )
)


class OtherTokenName(BadInput):
    """OpenAI's newer models know the longest answer by another name, and refuse the old one."""


class ContentFiltered(NodeError):
    """The server held the answer back, or did not take the question: an outcome, which is no failure of the mesh."""

    code = "content_filter"
    title = "Held back by a content filter"


#: What a meaning is, where that takes no more than words.
_PROBLEMS: dict[str, tuple[type[NodeError], str]] = {
    "filtered": (ContentFiltered, "held the answer back"),
    "quota": (QuotaUsedUp, "has no credit left for our account"),
    "memory": (OutOfMemory, "is out of memory"),
    "key": (KeyRefused, "refused our key"),
    "no model": (ModelNotFound, "does not have the model that it was asked for"),
    "slow": (NodeTimeout, "took too long"),
}


def problem_of(document: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Problem:
    """What an error means. ``document``: the body, or an event's data, as JSON where it is such. ``status`` of the response; 200
    for an error within a stream, or one that was sent as an answer: then the error's own code counts.
    """
    words = " ".join(_words(document))[:_LONGEST]
    if "max_completion_tokens" in words and "max_tokens" in words:
        return OtherTokenName(f"{_SERVER} does not accept max_tokens", field="max_tokens", node=NODE)
    kind = next((kind for kind, pattern in _WORDS.items() if pattern.search(words)), "")
    status = status if status >= 400 else _status(document)
    wait_s = retry_after.seconds((headers or {}).get("Retry-After"))
    meaning = next((meaning for of, at, meaning in _RULES if of in ("", kind) and (not at or status in at)), "failed")
    if meaning in _PROBLEMS:
        problem, detail = _PROBLEMS[meaning]
        return problem(f"{_SERVER} {detail}", node=NODE, **({"upstream_status": status} if status else {}))
    told = f"{_SERVER} answered {status}" if status else f"{_SERVER} failed in its answer"
    match meaning:
        case "too long":
            detail = "the conversation is too long for the language model"
            return ConversationTooLong(detail, field="messages", node=NODE, context_tokens=_context_tokens(words, document))
        case "refused":
            return BadInput(f"{_SERVER} does not accept the request", node=NODE)
        case "busy" if status != 503:
            return Overloaded(f"{_SERVER} is overloaded", retry_after=wait_s, node=NODE)
    return _failure(meaning, kind, told, status, wait_s)


def _failure(meaning: str, kind: str, told: str, status: int, wait_s: float) -> NodeError:
    if meaning == "busy":
        return NodeOverloaded(f"{_SERVER} is overloaded", retry_after=wait_s, node=NODE)
    if meaning == "unavailable":
        told = f"{_SERVER} has no model ready" if kind == "loading" else told
        return NodeUnavailable(told, node=NODE, headers={"Retry-After": retry_after.header(wait_s)})
    return NodeError(told, node=NODE, upstream_status=status or None)


def problem_of_page(page: bytes, *, status: int = 200) -> Problem:
    """What stands in front of the server answered with a page for people."""
    found = _PAGE_STATUS.search(page[:_LONGEST])
    status = status if status >= 400 else int(found[1]) if found else 0
    detail = f"a page of HTML came instead of {_SERVER}'s answer; LLM_ENDPOINT may name something else"
    if status in (502, 503, 520, 521, 522, 523):
        return NodeUnavailable(f"{_SERVER} cannot be reached by the proxy before it", node=NODE, upstream_status=status)
    if status in (504, 524):
        return NodeTimeout(f"{_SERVER} did not answer the proxy before it", node=NODE, upstream_status=status)
    return NodeError(detail, node=NODE, upstream_status=status or None)


def is_error(document: Mapping[str, Any]) -> bool:
    """Whether a document that came as an answer is an error."""
    if document.get("error") or document.get("object") == "error" or document.get("type") == "error":
        return True
    return not document.get("choices") and any(document.get(name) for name in ("detail", "errors", "error_type", "message"))


def _words(document: Any, depth: int = 0) -> Iterator[str]:
    """All that tells what an error is: codes, types, messages, wherever they are."""
    if isinstance(document, str):
        yield document
    elif isinstance(document, int) or document is None or depth > 5:
        return
    elif isinstance(document, Mapping):
        for name, value in document.items():
            # n_ctx, n_prompt_tokens: llama.cpp has them beside the message; Azure lists what its filter found.
            if name in ("n_prompt_tokens", "n_ctx", "n_keep"):
                yield "exceed_context"
            elif not (name == "content_filter_result" and depth > 2):
                yield from _words(value, depth + 1)
    elif isinstance(document, list):
        for entry in document[:20]:
            yield from _words(entry, depth + 1)


def _status(document: Any) -> int:
    """The HTTP status that an error document speaks of; 0 for none."""
    if not isinstance(document, Mapping):
        return 0
    for name in ("http_status_code", "status", "status_code", "code"):
        value = document.get(name)
        if isinstance(value, str) and value.isdecimal() and len(value) == 3:
            value = int(value)
        # TGI says 422 of everything within a stream.
        if isinstance(value, int) and value in _STATUSES and not (name == "http_status_code" and value == 422):
            return value
    return _status(document.get("error"))


def _context_tokens(words: str, document: Any) -> int | None:
    """How many tokens the model reads, where the error says so."""
    error = document.get("error") if isinstance(document, Mapping) else None
    told = error.get("n_ctx") if isinstance(error, Mapping) else None
    if not isinstance(told, int):
        found = _CONTEXT_TOKENS.search(words)
        told = int(found[1]) if found else 0
    # No model reads less, or more.
    return told if 256 <= told < 1 << 24 else None
