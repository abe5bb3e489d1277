"""Any server with OpenAI's chat endpoint: TGI, vLLM, SGLang, llama.cpp, Ollama, OpenAI.

What is TGI's own (router/src/server.rs): streams answer 200 even when the request is refused, with an error event and then
``[DONE]``; ``top_p`` 1.0 is refused; ``presence_penalty`` is added to 2 and taken for a repetition penalty.
"""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from functools import partial
from typing import Any, TypeVar

import anyio
import httpx
from pydantic_core import from_json

from comps.cores import retry_after
from comps.cores.common.openai import BodyTooLong, base_url, read_body
from comps.cores.common.settings import LlmSettings
from comps.cores.errors import BadInput, ConversationTooLong, NodeError, NodeTimeout, NodeUnavailable, Overloaded, Problem
from comps.cores.mega.begun import Begun, begun
from comps.cores.mega.resend import may_be_sent_again
from comps.cores.proto import sse
from comps.cores.proto.api_protocol import ChatCompletionRequest, ChatMessage, ModelFinishReason, StreamOptions, UsageInfo
from comps.cores.text.from_model import ModelText, usable
from comps.llms.context_length import of_entry
from comps.llms.engine import NODE, Completion, Delta
from comps.llms.prompt import conversation
from comps.llms.window import Fitting
from comps.llms.windows import Windows

_CONNECT_S = 3.0
#: Below the 5 s of most servers, so that a pooled connection is seldom one that the other side has just closed.
_KEEPALIVE_S = 4.0
#: For servers that list no models: the name that TGI goes by at OPEA.
_NAMELESS_MODEL = "tgi"
_RETRY_AFTER_S = 1.0
#: Characters of a model's name.
_LONGEST_NAME = 500
#: Whether the server is TGI is asked again this long after it did not say, seconds; and waited for no longer than that.
_ASKED_AGAIN_S, _PROBED_FOR_S = 30.0, 3.0
#: Parameters passed on as the client gave them; those that it did not give are the server's to choose.
_PASSED_ON = (
    "temperature",
    "top_k",
    "stop",
    "frequency_penalty",
    "repetition_penalty",
    "seed",
    "user",
    "response_format",
)


Answer = TypeVar("Answer")
#: Told how many tokens the server counted in the messages that it was sent.
Counted = Callable[[int], None]


class OpenAICompatible:
    """Forwards conversations to ``settings.endpoint``; the persona becomes the system message."""

    name = "openai_compatible"

    def __init__(self, settings: LlmSettings) -> None:
        self._settings = settings
        self._base = base_url(settings.endpoint)
        self._client: httpx.AsyncClient | None = None
        self._is_tgi = False
        self._tgi_asked_again = -math.inf
        self._windows = Windows(settings.context_tokens, self._fetch)
        #: Models that want the longest answer under OpenAI's newer name.
        self._wants_new_name: set[str] = set()

    @classmethod
    def unavailable(cls, settings: LlmSettings) -> str | None:
        return None if settings.endpoint else "LLM_ENDPOINT names no server"

    async def start(self) -> None:
        key = self._settings.api_key.get_secret_value()
        self._client = httpx.AsyncClient(
            headers={"Authorization": f"Bearer {key}"} if key else {},
            timeout=httpx.Timeout(self._settings.first_token_timeout_s, connect=_CONNECT_S),
            limits=httpx.Limits(max_connections=None, keepalive_expiry=_KEEPALIVE_S),
            trust_env=False,
        )

    async def stop(self) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def ready(self) -> None:
        try:
            await self.models()
        except Problem as problem:
            raise NodeUnavailable(f"the language model's server is not ready: {problem.detail}", node=NODE) from problem

    async def models(self) -> list[str]:
        response = await self._send("GET", f"{self._base}/models")
        async with aclosing(response):
            if response.status_code == 404:
                return [self._settings.model or _NAMELESS_MODEL]
            entries = _model_entries(_json(await _read(response), response))
        for entry in entries:
            self._windows.learn(str(entry["id"]), of_entry(entry))
        return [str(entry["id"]) for entry in entries]

    async def complete(self, request: ChatCompletionRequest) -> Completion:
        return await self._fitting(request, self._completed)

    async def _completed(self, payload: dict[str, Any], _: Counted) -> Completion:
        response = await self._send("POST", f"{self._base}/chat/completions", payload)
        async with aclosing(response):
            document = _json(await _read(response), response)
        choice = _first_choice(document)
        message = choice.get("message")
        if not isinstance(message, dict):
            raise NodeError("answered without a message", node=NODE)
        answer = ModelText(self._settings.max_reply_chars)
        text = "".join([*answer.take(str(message.get("content") or "")), *answer.rest()])
        return Completion(
            text=text,
            finish_reason="length" if answer.is_cut else _finish_reason(choice) or "stop",
            model=_model_name(document) or str(payload["model"]),
            usage=_usage(document) or UsageInfo(),
        )

    @asynccontextmanager
    async def stream(self, request: ChatCompletionRequest) -> AsyncIterator[AsyncIterator[Delta]]:
        async with AsyncExitStack() as stack:

            async def open_(payload: dict[str, Any], counted: Counted) -> AsyncIterator[Delta]:
                return await stack.enter_async_context(self._streamed(payload, request.stream_options, counted))

            yield await self._fitting(request, open_)

    @asynccontextmanager
    async def _streamed(
        self, payload: dict[str, Any], options: StreamOptions | None, counted: Counted
    ) -> AsyncIterator[AsyncIterator[Delta]]:
        """The stream's deltas, the first of which has come."""
        deadline = anyio.current_time() + self._settings.first_token_timeout_s
        payload = {**payload, "stream": True}
        if options is not None and options.include_usage:
            payload["stream_options"] = options.model_dump()
        response = await self._send("POST", f"{self._base}/chat/completions", payload)
        async with aclosing(response):
            if not response.is_success:
                raise _refusal(response, await _read(response))
            if not response.headers.get("content-type", "").startswith(sse.MEDIA_TYPE):
                raise NodeError("answered a stream with something else", node=NODE)
            answer = ModelText(self._settings.max_reply_chars)
            async with aclosing(_deltas(response, str(payload["model"]), answer)) as deltas:
                yield _counting(await _begun_within(deltas, deadline, self._settings.first_token_timeout_s), counted)

    async def _fitting(
        self, request: ChatCompletionRequest, ask: Callable[[dict[str, Any], Counted], Awaitable[Answer]]
    ) -> Answer:
        """What ``ask`` gives for as much of the conversation as the model reads; it tells how many tokens the server counted.

        Raises ConversationTooLong, with the field that is too long, where the question alone is.
        """
        model = await self._model(request)
        fitting = Fitting(self._windows.of(model), request, conversation(request))
        await self._windows.fit(model, fitting, self.models)
        while True:
            messages = fitting.messages
            payload = await self._payload(request, model, messages)
            if (most := fitting.answer_tokens) is not None:
                payload |= self._longest(model, request, most)
            if request.stream and fitting.is_cut and self._windows.of(model).context.server:
                # Such a server counts what it read, if it is asked to; others may refuse to be asked.
                payload["stream_options"] = {"include_usage": True}
            try:
                return await ask(payload, partial(fitting.counted, messages))
            except ConversationTooLong:
                if not await self._windows.recount(model, fitting):
                    fitting.shorten()
            except _OtherName:
                if model in self._wants_new_name:
                    raise
                self._wants_new_name.add(model)

    def _longest(self, model: str, request: ChatCompletionRequest, tokens: int) -> dict[str, int]:
        """The longest answer, under the name that the client gave it, or the one that the model's server knows."""
        is_new = request.max_completion_tokens is not None or model in self._wants_new_name
        return {"max_completion_tokens" if is_new else "max_tokens": tokens}

    async def _fetch(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """The JSON of an answer of the server's beside OpenAI's interface."""
        response = await self._send(method, self._beside(path), body)
        async with aclosing(response):
            return _any_json(await _read(response), response)

    def _beside(self, path: str) -> str:
        """An address of the server's that is not OpenAI's."""
        return self._base.removesuffix("/v1") + path

    async def _payload(self, request: ChatCompletionRequest, model: str, messages: Sequence[ChatMessage]) -> dict[str, Any]:
        payload: dict[str, Any] = {"model": model, "messages": [message.model_dump() for message in messages], "stream": False}
        given = request.model_dump(include=set(_PASSED_ON), exclude_unset=True, exclude_none=True)
        payload |= given
        # 1.0 keeps every token, which is what a server does by itself; TGI refuses to be told.
        if request.top_p is not None and request.top_p < 1:
            payload["top_p"] = request.top_p
        if request.presence_penalty and not await self._speaks_tgi():
            payload["presence_penalty"] = request.presence_penalty
        return payload

    async def _model(self, request: ChatCompletionRequest) -> str:
        if self._settings.model:
            return self._settings.model
        names = await self.models()
        if request.model in names:
            return request.model
        return names[0] if names else _NAMELESS_MODEL

    async def _speaks_tgi(self) -> bool:
        """Whether the server is TGI. Only its own word decides for good: one that fails, or is hidden by a proxy that does, is
        asked again, and meanwhile taken for none.
        """
        if anyio.current_time() >= self._tgi_asked_again:
            self._tgi_asked_again = anyio.current_time() + _ASKED_AGAIN_S
            with contextlib.suppress(Problem), anyio.move_on_after(_PROBED_FOR_S):
                response = await self._send("GET", self._beside("/info"))
                async with aclosing(response):
                    if response.is_success:
                        self._is_tgi = b"text-generation-router" in await _read(response)
                        self._tgi_asked_again = math.inf
        return self._is_tgi

    async def _send(self, method: str, url: str, payload: dict[str, Any] | None = None) -> httpx.Response:
        """The response with its body unread. Raises NodeUnavailable, NodeTimeout, NodeError."""
        if self._client is None:
            raise NodeUnavailable("is not started", node=NODE)
        request = self._client.build_request(method, url, json=payload)
        try:
            with anyio.fail_after(self._settings.first_token_timeout_s):
                try:
                    return await self._client.send(request, stream=True)
                except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
                    if not may_be_sent_again(method):
                        raise
                    return await self._client.send(request, stream=True)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            raise NodeUnavailable("the language model's server cannot be reached", node=NODE) from error
        except (TimeoutError, httpx.TimeoutException) as error:
            raise self._timeout() from error
        except httpx.HTTPError as error:
            raise NodeError("the language model's server broke the connection", node=NODE) from error

    def _timeout(self) -> NodeTimeout:
        return _slow(self._settings.first_token_timeout_s)


def _slow(seconds: float) -> NodeTimeout:
    return NodeTimeout(f"the language model's server said nothing for {seconds:g} s", node=NODE)


async def _read(response: httpx.Response) -> bytes:
    """The body. Raises NodeError too where it is too long for an answer."""
    try:
        return await read_body(response)
    except BodyTooLong as error:
        raise NodeError("the language model's server sent too long an answer", node=NODE) from error
    except httpx.TimeoutException as error:
        raise NodeTimeout("the language model's server stopped in the middle of its answer", node=NODE) from error
    except httpx.HTTPError as error:
        raise NodeError("the language model's server broke off in the middle of its answer", node=NODE) from error


def _json(body: bytes, response: httpx.Response) -> dict[str, Any]:
    """The body of a successful answer. Raises what a refusal means."""
    if not response.is_success:
        raise _refusal(response, body)
    document = _object(body)
    if document is None:
        raise NodeError("the language model's server answered with broken JSON", node=NODE)
    return document


def _any_json(body: bytes, response: httpx.Response) -> Any:
    """As ``_json``, of any kind. Raises NodeError."""
    if not response.is_success:
        raise _refusal(response, body)
    try:
        return _parsed(body)
    except (ValueError, RecursionError):
        raise NodeError("the language model's server answered with broken JSON", node=NODE) from None


def _object(text: str | bytes) -> dict[str, Any] | None:
    try:
        document = _parsed(text)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _parsed(text: str | bytes) -> Any:
    try:
        return from_json(text)
    except ValueError:
        # A server that cuts its text by UTF-16 units sends halves of surrogate pairs, which only json takes.
        return json.loads(text)


def _model_entries(document: dict[str, Any]) -> list[dict[str, Any]]:
    data = document.get("data")
    entries = data if isinstance(data, list) else []
    return [entry for entry in entries if isinstance(entry, dict) and "id" in entry]


async def _begun_within(deltas: AsyncGenerator[Delta, None], deadline: float, seconds: float) -> Begun[Delta]:
    """``deltas``, the first of which must come before ``deadline``. Raises NodeTimeout."""
    try:
        with anyio.fail_after(deadline - anyio.current_time()):
            return await begun(deltas)
    except TimeoutError as error:
        raise _slow(seconds) from error


async def _counting(deltas: Begun[Delta], counted: Counted) -> AsyncGenerator[Delta, None]:
    async for delta in deltas:
        if delta.usage is not None:
            counted(delta.usage.prompt_tokens)
        yield delta


async def _deltas(response: httpx.Response, model: str, answer: ModelText) -> AsyncGenerator[Delta, None]:
    """The stream's pieces of text, then one with the finish reason. Raises NodeError when it is cut short. Once ``answer`` is
    full the rest is not read.
    """
    finish_reason: ModelFinishReason | None = None
    usage: UsageInfo | None = None
    async for event in _events(response):
        if event.data.strip() == "[DONE]":
            finish_reason = finish_reason or "stop"
            break
        document = _object(event.data)
        if document is None:
            raise NodeError("the language model's server sent a broken event", node=NODE)
        if event.type == "error" or document.get("error"):
            raise _error_event(document)
        model = _model_name(document) or model
        usage = _usage(document) or usage
        if not document.get("choices"):
            continue
        choice = _first_choice(document)
        finish_reason = _finish_reason(choice) or finish_reason
        for piece in answer.take(_content(choice)):
            yield Delta(piece, model=model)
        if answer.is_cut:
            finish_reason = "length"
            break
    for piece in answer.rest():
        yield Delta(piece, model=model)
    if finish_reason is None:
        raise NodeError("the language model's server broke off in the middle of its answer", node=NODE)
    yield Delta(finish_reason=finish_reason, model=model, usage=usage)


async def _events(response: httpx.Response) -> AsyncIterator[sse.Event]:
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


def _first_choice(document: dict[str, Any]) -> dict[str, Any]:
    choices = document.get("choices")
    if not (isinstance(choices, list) and choices and isinstance(choices[0], dict)):
        raise NodeError("the language model's server answered without choices", node=NODE)
    return choices[0]


def _content(choice: dict[str, Any]) -> str:
    """What a chunk adds to the answer."""
    delta = choice.get("delta")
    return str(delta.get("content") or "") if isinstance(delta, dict) else ""


def _model_name(document: dict[str, Any]) -> str:
    return usable(str(document.get("model") or ""), _LONGEST_NAME)


def _finish_reason(choice: dict[str, Any]) -> ModelFinishReason | None:
    """OpenAI's finish reason; TGI has names of its own for "stop" (eos_token, stop_sequence)."""
    given = choice.get("finish_reason")
    if not given:
        return None
    if given == "function_call":
        return "tool_calls"
    return given if given in ("length", "content_filter", "tool_calls") else "stop"


def _usage(document: dict[str, Any]) -> UsageInfo | None:
    given = document.get("usage")
    if not isinstance(given, dict):
        return None
    counts = {name: given[name] for name in UsageInfo.model_fields if _is_count(given.get(name))}
    return UsageInfo(**counts)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and 0 <= value < 1 << 53


def _refusal(response: httpx.Response, body: bytes) -> Problem:
    """What a status other than 2xx means to the one who asked us."""
    status = response.status_code
    if status == 429:
        wait_s = retry_after.seconds(response.headers.get("Retry-After"))
        return Overloaded("the language model's server is overloaded", retry_after=wait_s, node=NODE)
    if status in (400, 413, 422):
        return _rejected(_message(_object(body) or {}))
    if status in (401, 403):
        return NodeError("the language model's server refused our key", node=NODE, upstream_status=status)
    kinds: dict[int, type[NodeError]] = {503: NodeUnavailable, 504: NodeTimeout, 408: NodeTimeout}
    kind = kinds.get(status, NodeError)
    return kind(f"the language model's server answered {status}", node=NODE, upstream_status=status)


def _error_event(document: dict[str, Any]) -> Problem:
    """An error inside a stream that began with 200. TGI always says 422 there, so the message has to tell."""
    message = _message(document).lower()
    if "overloaded" in message:
        return Overloaded("the language model's server is overloaded", retry_after=_RETRY_AFTER_S, node=NODE)
    if "validation" in message:
        return _rejected(message)
    return NodeError("the language model's server failed in the middle of its answer", node=NODE)


class _OtherName(BadInput):
    """OpenAI's newer models know the longest answer by another name, and refuse the old one."""


def _rejected(message: str) -> BadInput:
    """The server's message itself may quote the conversation, so it is not repeated."""
    if "max_completion_tokens" in message and "max_tokens" in message:
        return _OtherName("the language model's server does not accept max_tokens", field="max_tokens", node=NODE)
    if any(word in message.lower() for word in ("context", "too long", "must have less", "tokens")):
        return ConversationTooLong("the conversation is too long for the language model", field="messages", node=NODE)
    return BadInput("the language model's server does not accept the request", node=NODE)


def _message(document: dict[str, Any]) -> str:
    error = document.get("error")
    if isinstance(error, dict):
        return str(error.get("message") or "")
    return str(error or document.get("message") or document.get("detail") or "")
