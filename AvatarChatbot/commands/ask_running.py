"""Ask one question of a mesh that runs already, at its gateway's address."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any, cast

import httpx

from AvatarChatbot.answer_stream import Progress
from AvatarChatbot.commands.output_file import OutputFile
from AvatarChatbot.request import AvatarChatRequest
from comps.cores.errors import BadInput, NodeError, NodeTimeout, NodeUnavailable, RelayedProblem
from comps.cores.proto import sse
from comps.cores.proto.media import decode_base64

_PATH = "/v1/avatarchatbot"
_NODE = "gateway"
#: Longest wait for the connection, and for the next piece of an answer, seconds.
_CONNECT_S, _READ_S = 5.0, 120.0
#: Event type → the stage whose first output it shows.
_STAGES = {"transcript": "asr", "reply": "llm", "caption": "tts", "fragment": "animation"}


async def ask(request: AvatarChatRequest, output: OutputFile, progress: Progress, *, url: str, key: str = "") -> dict[str, Any]:
    """Write the answer's video to ``output`` as it is made; return what JSON says of the answer (the ``done`` event's).

    ``url``: the gateway's, with or without its path. Raises BadInput for one that is none, the gateway's own problem as
    RelayedProblem, NodeUnavailable, NodeTimeout and NodeError.
    """
    headers = {"Accept": sse.MEDIA_TYPE, "Content-Type": "application/json"}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    body = request.model_dump_json(exclude_unset=True, exclude={"id"})
    timeout = httpx.Timeout(_READ_S, connect=_CONNECT_S)
    try:
        async with (
            httpx.AsyncClient(timeout=timeout, trust_env=False) as client,
            client.stream("POST", _endpoint(url), content=body, headers=headers) as response,
        ):
            await _check(response)
            async with aclosing(_events(response)) as events:
                return await _answer(events, output, progress)
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise BadInput(f"url: {url} is no address of a gateway", field="url") from error
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise NodeUnavailable(f"nobody answers at {url}", node=_NODE) from error
    except httpx.TimeoutException as error:
        raise NodeTimeout(f"said nothing for {_READ_S:g} s", node=_NODE) from error
    except httpx.HTTPError as error:
        raise NodeError("broke off in the middle of the answer", node=_NODE) from error


def _endpoint(url: str) -> str:
    base = url if "://" in url else f"http://{url}"
    return base.rstrip("/").removesuffix(_PATH) + _PATH


async def _check(response: httpx.Response) -> None:
    """Raise what a refusal says."""
    if response.is_success:
        if not response.headers.get("content-type", "").startswith(sse.MEDIA_TYPE):
            raise NodeError("answers, but is no gateway of this project", node=_NODE)
        return
    await response.aread()
    try:
        document = response.json()
    except ValueError:
        document = None
    if not isinstance(document, dict) or "code" not in document:
        raise NodeError(f"answers with status {response.status_code}, and is no gateway of this project", node=_NODE)
    raise RelayedProblem(document, node=_NODE)


async def _events(response: httpx.Response) -> AsyncGenerator[tuple[str, dict[str, Any]], None]:
    parser = sse.Parser()
    async for piece in response.aiter_bytes():
        for event in parser.feed(piece):
            yield event.type, json.loads(event.data)


async def _answer(events: AsyncIterator[tuple[str, dict[str, Any]]], output: OutputFile, progress: Progress) -> dict[str, Any]:
    begun: dict[str, int] = {}
    async for kind, told in events:
        match kind:
            case "fragment":
                output.write(decode_base64(told["data"]))
            case "error":
                raise RelayedProblem(told["problem"], node=_NODE)
            case "done":
                for name, pieces in begun.items():
                    progress(name, pieces, pieces)
                return cast("dict[str, Any]", told["answer"])
        stage = _STAGES.get(kind)
        if stage is not None:
            begun[stage] = begun.get(stage, 0) + 1
            progress(stage, begun[stage], begun[stage] + 1)
    raise NodeError("broke off in the middle of the answer", node=_NODE)
