"""The windows of a server's models, and what the server is asked about them: only once a conversation is long."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, Protocol

import anyio

from comps.cores.errors import Problem
from comps.llms.context_length import ASKED, UNKNOWN, ContextLength, tokenize_request, tokenized
from comps.llms.window import Fitting, Window

#: A conversation of so many tokens is sent without asking how many the model reads.
_SHORT = 1500
#: What a server told holds so long, and it is waited for no longer than that, seconds.
_TOLD_S, _PROBED_FOR_S = 300.0, 3.0
#: Characters that the server is asked to count.
_COUNTED_CHARS = 8000


class Fetch(Protocol):
    """Asks the server at a path beside ``/v1``: the JSON of its answer. Raises Problem."""

    async def __call__(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any: ...


class Windows:
    """``limit``: tokens that every model reads, whatever the server tells; 0: what it tells. ``clock``: seconds."""

    def __init__(self, limit: int, fetch: Fetch, clock: Callable[[], float] = anyio.current_time) -> None:
        self._limit = limit
        self._fetch = fetch
        self._clock = clock
        self._windows: dict[str, Window] = {}
        self._asked_again: dict[str, float] = {}

    def of(self, model: str) -> Window:
        if model not in self._windows:
            self._windows[model] = Window(ContextLength(self._limit))
        return self._windows[model]

    def learn(self, model: str, context: ContextLength) -> None:
        """The server says this of a model. What it says beside OpenAI's interface, of the model as it is loaded, goes before its
        list of models.
        """
        known = self.of(model).context
        if known.tokens and known.server and context.server != known.server:
            return
        if self._limit:
            context = ContextLength(self._limit, server=context.server or self.of(model).context.server)
        elif not context.server:
            context = replace(context, server=self.of(model).context.server)
        self.of(model).learn(context)

    async def fit(self, model: str, fitting: Fitting, list_models: Callable[[], Awaitable[Any]]) -> None:
        """Learn of a model what decides how much of a long conversation fits. What the server does not tell stays unknown.

        ``list_models`` learns what the server's list of models says.
        """
        if fitting.tokens > _SHORT:
            with contextlib.suppress(Problem), anyio.move_on_after(_PROBED_FOR_S):
                await self._learn_context(model, list_models)
                if fitting.is_cut:
                    await self._learn_count(model, fitting)

    async def recount(self, model: str, fitting: Fitting, context_tokens: int) -> bool:
        """The server refused what was sent, and said that the model reads ``context_tokens`` (0: it did not): let it count, where
        it has not yet. Whether it is known now that less fits.
        """
        sent = fitting.sent
        with contextlib.suppress(Problem), anyio.move_on_after(_PROBED_FOR_S):
            await self._learn_context(model, _nothing)
            await self._learn_count(model, fitting)
        known = self.of(model).context
        if context_tokens and not known.tokens:
            self.learn(model, replace(known, tokens=context_tokens))
        return fitting.sent < sent

    async def _learn_context(self, model: str, list_models: Callable[[], Awaitable[Any]]) -> None:
        if self._clock() < self._asked_again.get(model, -math.inf):
            return
        self._asked_again[model] = self._clock() + _TOLD_S
        told: list[ContextLength] = []

        async def ask(path: str) -> None:
            with contextlib.suppress(Problem):
                told.append(ASKED[path](await self._fetch("GET", path), model))

        with contextlib.suppress(Problem):
            await list_models()
        with anyio.move_on_after(_PROBED_FOR_S / 2):
            async with anyio.create_task_group() as tasks:
                for path in ASKED:
                    tasks.start_soon(ask, path)
        self.learn(model, next((context for context in told if context.tokens), UNKNOWN))

    async def _learn_count(self, model: str, fitting: Fitting) -> None:
        window = self.of(model)
        text = "\n".join(fitting.texts)[-_COUNTED_CHARS:]
        body = None if window.count.is_known([text]) else tokenize_request(window.context.server, model, text)
        if body is not None:
            window.count.learn([text], tokenized(await self._fetch("POST", "/tokenize", body)))


async def _nothing() -> None:
    """What its list of models says is known already."""
