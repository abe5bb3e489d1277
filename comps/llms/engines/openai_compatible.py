"""Any server with OpenAI's chat endpoint: TGI, vLLM, SGLang, llama.cpp, Ollama, OpenAI.

What is TGI's own (router/src/server.rs): streams answer 200 even when the request is refused, with an error event and then
``[DONE]``; ``top_p`` 1.0 is refused; ``presence_penalty`` is added to 2 and taken for a repetition penalty.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from functools import partial
from typing import Any, TypeVar

import anyio
import httpx

from comps.cores.common.openai import base_url
from comps.cores.common.settings import LlmSettings
from comps.cores.errors import ConversationTooLong, NodeError, NodeTimeout, NodeUnavailable, Problem
from comps.cores.mega.begun import Begun, begun
from comps.cores.mega.resend import may_be_sent_again
from comps.cores.proto.api_protocol import ChatCompletionRequest, ChatMessage, StreamOptions, UsageInfo
from comps.llms.answer.model_answer import ModelAnswer
from comps.llms.answer.server_errors import ContentFiltered, OtherTokenName
from comps.llms.answer.template import Templates
from comps.llms.context_length import of_entry
from comps.llms.engine import NODE, Completion, Delta
from comps.llms.engines.openai_responses import (
    any_json_of,
    body_of,
    deltas_of,
    document_of,
    first_choice,
    model_of,
    refuse_silence,
    usage_of,
    whole_text,
)
from comps.llms.prompt import conversation
from comps.llms.window import Fitting
from comps.llms.windows import Windows

_CONNECT_S = 3.0
#: Below the 5 s of most servers, so that a pooled connection is seldom one that the other side has just closed.
_KEEPALIVE_S = 4.0
#: For servers that list no models: the name that TGI goes by at OPEA.
_NAMELESS_MODEL = "tgi"
#: How its template begins an answer is waited for, once, before the first is streamed, seconds.
_TEMPLATE_ASKED_S = 1.0
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
        self._templates = Templates()
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
            entries = _model_entries(document_of(await body_of(response), response))
        for entry in entries:
            self._windows.learn(str(entry["id"]), of_entry(entry))
            self._templates.note_owner(str(entry["id"]), str(entry.get("owned_by") or ""))
        return [str(entry["id"]) for entry in entries]

    async def complete(self, request: ChatCompletionRequest) -> Completion:
        return await self._fitting(request, self._completed)

    async def _completed(self, payload: dict[str, Any], _: Counted) -> Completion:
        model = str(payload["model"])
        try:
            response = await self._send("POST", f"{self._base}/chat/completions", payload)
            async with aclosing(response):
                document = document_of(await body_of(response), response)
            choice = first_choice(document)
        except ContentFiltered:
            return Completion("", "content_filter", model, UsageInfo())
        if not (isinstance(choice.get("message"), dict) or "text" in choice):
            raise NodeError("answered without a message", node=NODE)
        answer = self._answer(model)
        text = await whole_text(answer, choice)
        usage = usage_of(document) or UsageInfo()
        self._note(model, answer)
        if not answer.has_said:
            refuse_silence(answer, document)
        return Completion(text, answer.finish_reason, model_of(document) or model, usage)

    def _answer(self, model: str) -> ModelAnswer:
        return ModelAnswer(self._settings.max_reply_chars, opens_thoughts=self._templates.opens_thoughts(model))

    def _note(self, model: str, answer: ModelAnswer) -> None:
        is_plain = answer.has_said and not answer.has_thoughts and answer.finish_reason == "stop"
        self._templates.note(
            model, is_unopened=answer.has_unopened_thoughts, is_separate=answer.has_separate_thoughts, is_plain=is_plain
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
        model = str(payload["model"])
        await self._learn_template(model)
        deadline = anyio.current_time() + self._settings.first_token_timeout_s
        payload = {**payload, "stream": True}
        if options is not None and options.include_usage:
            payload["stream_options"] = options.model_dump()
        response = await self._send("POST", f"{self._base}/chat/completions", payload)
        async with aclosing(response):
            answer = self._answer(model)
            async with aclosing(deltas_of(response, model, answer, deadline)) as deltas:
                try:
                    first = await begun(deltas)
                except TimeoutError as error:
                    raise self._timeout() from error
                yield _counting(first, counted)
            self._note(model, answer)

    async def _learn_template(self, model: str) -> None:
        async def ask(path: str, document: dict[str, Any]) -> dict[str, Any] | None:
            with contextlib.suppress(Problem):
                answer = await self._fetch("POST", path, document)
                return answer if isinstance(answer, dict) else None
            return None

        if self._is_tgi:
            self._templates.note_owner(model, "tgi")
        with anyio.move_on_after(_TEMPLATE_ASKED_S):
            await self._templates.learn(model, ask)

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
            except ConversationTooLong as refusal:
                if not await self._windows.recount(model, fitting, refusal.extra.get("context_tokens", 0)):
                    fitting.shorten()
            except OtherTokenName:
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
            return any_json_of(await body_of(response), response)

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
                        self._is_tgi = b"text-generation-router" in await body_of(response)
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
        seconds = self._settings.first_token_timeout_s
        return NodeTimeout(f"the language model's server said nothing for {seconds:g} s", node=NODE)


def _model_entries(document: dict[str, Any]) -> list[dict[str, Any]]:
    data = document.get("data")
    entries = data if isinstance(data, list) else []
    return [entry for entry in entries if isinstance(entry, dict) and "id" in entry]


async def _counting(deltas: Begun[Delta], counted: Counted) -> AsyncGenerator[Delta, None]:
    async for delta in deltas:
        if delta.usage is not None:
            counted(delta.usage.prompt_tokens)
        yield delta
