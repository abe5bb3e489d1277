"""What is read of the responses of servers with OpenAI's chat endpoint: JSON, or a stream of events, and what they mean."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from typing import Any

import anyio
import anyio.lowlevel
import httpx
from anyio import to_thread
from pydantic_core import from_json

from comps.cores.common.openai import BodyTooLong, read_body
from comps.cores.errors import NodeError, NodeTimeout, Problem, ThoughtsOnly
from comps.cores.proto import sse
from comps.cores.proto.api_protocol import UsageInfo
from comps.cores.text.from_model import usable
from comps.llms.answer.model_answer import ModelAnswer
from comps.llms.answer.server_errors import ContentFiltered, is_error, problem_of, problem_of_page
from comps.llms.engine import NODE, Delta

#: Characters of a model's name.
_LONGEST_NAME = 500
#: Characters of an answer that is taken apart within the event loop.
_LONG = 50_000
_DONE = "[DONE]"


async def body_of(response: httpx.Response) -> bytes:
    """The body. Raises NodeError too where it is too long for an answer."""
    try:
        return await read_body(response)
    except BodyTooLong as error:
        raise NodeError("the language model's server sent too long an answer", node=NODE) from error
    except httpx.TimeoutException as error:
        raise NodeTimeout("the language model's server stopped in the middle of its answer", node=NODE) from error
    except httpx.HTTPError as error:
        raise NodeError("the language model's server broke off in the middle of its answer", node=NODE) from error


def document_of(body: bytes, response: httpx.Response) -> dict[str, Any]:
    """The body of an answer. Raises what a refusal means, also of one that came as an answer."""
    document = any_json_of(body, response)
    if not isinstance(document, dict):
        raise NodeError("the language model's server answered with broken JSON", node=NODE)
    if is_error(document):
        raise problem_of(document, headers=response.headers)
    return document


def any_json_of(body: bytes, response: httpx.Response) -> Any:
    """As ``document_of``, of any kind."""
    if not response.is_success:
        raise refusal(response, body)
    if is_page(body):
        raise problem_of_page(body)
    try:
        return parsed(body)
    except (ValueError, RecursionError):
        raise NodeError("the language model's server answered with broken JSON", node=NODE) from None


def refusal(response: httpx.Response, body: bytes) -> Problem:
    """What a status other than 2xx means to the one who asked us."""
    if is_page(body):
        return problem_of_page(body, status=response.status_code)
    try:
        document = parsed(body)
    except (ValueError, RecursionError):
        document = body[:4000].decode(errors="replace")
    return problem_of(document, status=response.status_code, headers=response.headers)


def is_page(body: bytes) -> bool:
    """HTML, which only a proxy sends."""
    return body[:200].lstrip().lower().startswith((b"<!doctype", b"<html", b"<head", b"<body"))


def parsed(text: str | bytes) -> Any:
    """JSON. Raises ValueError."""
    try:
        return from_json(text)
    except ValueError:
        # A server that cuts its text by UTF-16 units sends halves of surrogate pairs, which only json takes.
        return json.loads(text)


def first_choice(document: dict[str, Any]) -> dict[str, Any]:
    choices = document.get("choices")
    if not (isinstance(choices, list) and choices and isinstance(choices[0], dict)):
        raise NodeError("the language model's server answered without choices", node=NODE)
    return choices[0]


def model_of(document: dict[str, Any]) -> str:
    return usable(str(document.get("model") or ""), _LONGEST_NAME)


def usage_of(document: dict[str, Any]) -> UsageInfo | None:
    given = document.get("usage")
    if not isinstance(given, dict):
        return None
    counts = {name: given[name] for name in UsageInfo.model_fields if _is_count(given.get(name))}
    return UsageInfo(**counts)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and 0 <= value < 1 << 53


async def whole_text(answer: ModelAnswer, choice: dict[str, Any]) -> str:
    """What is said of an answer that came at once."""
    size = len(str(choice)) if len(choice) < 50 else _LONG
    if size < _LONG:
        return "".join(answer.take_whole(choice))
    return "".join(await to_thread.run_sync(answer.take_whole, choice))


def refuse_silence(answer: ModelAnswer, document: dict[str, Any]) -> None:
    """Raises ThoughtsOnly for an answer that held nothing else. ``document`` may tell of thoughts that the server kept."""
    usage = document.get("usage")
    details = usage.get("completion_tokens_details") if isinstance(usage, dict) else None
    kept = details.get("reasoning_tokens") if isinstance(details, dict) else None
    if answer.finish_reason not in ("stop", "length") or not (answer.has_thoughts or kept):
        return
    if answer.finish_reason == "length":
        raise ThoughtsOnly("the language model thought until its tokens were used up, and did not answer", node=NODE)
    raise ThoughtsOnly("the language model thought, and did not answer", node=NODE)


async def deltas_of(response: httpx.Response, model: str, answer: ModelAnswer, deadline: float) -> AsyncGenerator[Delta, None]:
    """The stream's pieces of text, then one with the finish reason. Once ``answer`` is over the rest is not read.

    The server must have said something before ``deadline``; thoughts are something. Raises TimeoutError where it has not,
    NodeError where the stream is cut short, and what the server's errors mean.
    """
    usage: UsageInfo | None = None
    last: dict[str, Any] = {}
    is_finished = False
    documents = _documents(response)
    try:
        with anyio.fail_after(max(0.0, deadline - anyio.current_time())):
            document = await anext(documents, None)
        while document is not None:
            if document is _FINISHED:
                is_finished = True
                break
            model, usage = model_of(document) or model, usage_of(document) or usage
            last = document if document.get("usage") else last
            if document.get("choices"):
                async for delta in _of_choice(first_choice(document), model, answer):
                    yield delta
            if answer.is_over:
                break
            document = await anext(documents, None)
        is_finished = is_finished or answer.has_ended or answer.is_over
        for piece in answer.end() if is_finished else ():
            yield Delta(piece, model=model)
    except ContentFiltered:
        yield Delta(finish_reason="content_filter", model=model, usage=usage)
        return
    finally:
        await documents.aclose()
    if not is_finished:
        raise NodeError("the language model's server broke off in the middle of its answer", node=NODE)
    if not answer.has_said:
        refuse_silence(answer, last)
    yield Delta(finish_reason=answer.finish_reason, model=model, usage=usage)


async def _of_choice(choice: dict[str, Any], model: str, answer: ModelAnswer) -> AsyncGenerator[Delta, None]:
    if "delta" not in choice and ("message" in choice or choice.get("finish_reason")):
        # It was asked for a stream, and answers at once.
        text = await whole_text(answer, choice)
        if text:
            yield Delta(text, model=model)
        return
    for piece in answer.take(choice):
        if answer.take_back():
            yield Delta(model=model, takes_back=True)
        if piece:
            yield Delta(piece, model=model)
        else:
            await anyio.lowlevel.checkpoint()
    if answer.take_back():
        yield Delta(model=model, takes_back=True)


#: Stands for the end that a stream tells.
_FINISHED: dict[str, Any] = {}


def _whole(body: bytes, response: httpx.Response) -> dict[str, Any]:
    """An answer that came at once."""
    document = any_json_of(body, response)
    if isinstance(document, dict):
        if is_error(document):
            raise problem_of(document, headers=response.headers)
        choices = document.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices else None
        if isinstance(choice, dict) and (isinstance(choice.get("message"), dict) or "text" in choice):
            return document
    raise NodeError("the language model's server answered a stream with something else", node=NODE)


async def _documents(response: httpx.Response) -> AsyncGenerator[dict[str, Any], None]:
    """The JSON objects of a response, whether streamed as it was asked to be or not; ``_FINISHED`` at the end of a stream that
    says so. Raises what the server's errors mean.
    """
    if not response.is_success:
        raise refusal(response, await body_of(response))
    media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type.endswith(("json", "html")):
        body = await body_of(response)
        if not body.lstrip().startswith((b"data:", b":", b"event:")):
            yield _whole(body, response)
            return
        events = _events_of(body)
    else:
        events = _events(response)
    is_any = False
    async for event in events:
        is_any = True
        data = event.data.strip()
        if data == _DONE:
            yield _FINISHED
            return
        if not data:
            continue
        document = _event_document(event, data)
        if document is not None:
            yield document
    if not is_any and media_type != sse.MEDIA_TYPE:
        raise NodeError("the language model's server answered a stream with something else", node=NODE)


def _event_document(event: sse.Event, data: str) -> dict[str, Any] | None:
    try:
        document = parsed(data)
    except (ValueError, RecursionError):
        if event.type == "error":
            raise problem_of(data) from None
        raise NodeError("the language model's server sent a broken event", node=NODE) from None
    if document is None:
        return None
    if event.type == "error":
        raise problem_of(document)
    if not isinstance(document, dict):
        raise NodeError("the language model's server sent a broken event", node=NODE)
    if is_error(document):
        raise problem_of(document)
    return document


async def _events_of(body: bytes) -> AsyncGenerator[sse.Event, None]:
    for event in sse.Parser().feed(body + b"\n\n"):
        yield event


async def _events(response: httpx.Response) -> AsyncGenerator[sse.Event, None]:
    """The response's events up to its end; a connection that breaks is an end too, and the caller knows if it came early."""
    parser = sse.Parser()
    try:
        async for piece in response.aiter_bytes():
            for event in parser.feed(piece):
                yield event
    except httpx.TimeoutException as error:
        raise NodeTimeout("the language model's server stopped in the middle of its answer", node=NODE) from error
    except sse.EventTooLong as error:
        raise NodeError("the language model's server sent too long an event", node=NODE) from error
    except httpx.HTTPError:
        return
