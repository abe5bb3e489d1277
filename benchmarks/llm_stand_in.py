"""A language model's server that says what it is told, at 20 tokens a second, over OpenAI's chat endpoint.

``python -m benchmarks.llm_stand_in PORT``. A question with "one" in it gets the first sentence, any other all fifteen.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import AsyncIterator
from typing import Any

import anyio
from fastapi import Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from comps import MicroService
from comps.cores.proto import sse

TOKENS_A_SECOND = 20.0
SENTENCES = (
    "Well, the harbour was already awake when I came down to the water this morning.",
    "The fishermen were mending their nets and telling each other old stories.",
    "A small boat with a red sail came in, slowly, against the wind.",
    "I bought bread from the baker, who asked after my brother.",
    "Then I walked along the wall to the lighthouse, as I do every day.",
    "From up there you can see three islands, and on clear days a fourth.",
    "My grandfather used to say that the fourth one moves.",
    "Nobody believed him, of course, but everybody looked for it.",
    "At noon the bells rang, and the market began to close.",
    "I helped an old woman carry her basket up the hill.",
    "She gave me two oranges and a piece of advice.",
    "Never sail on a day that begins without birds, she said.",
    "In the afternoon it rained a little, so I stayed in and read.",
    "By evening the sky was clear again, and the sea was like glass.",
    "That is how a good day goes here, and most of them are good.",
)


def text(question: str) -> str:
    return SENTENCES[0] if "one" in question.lower() else " ".join(SENTENCES)


def tokens(said: str) -> list[str]:
    """About four characters each, as language models have them."""
    return re.findall(r"\s*\S{1,4}", said)


async def chat(request: Request) -> Response:
    asked = await request.json()
    said = text(asked["messages"][-1]["content"])
    if not asked.get("stream"):
        await anyio.sleep(len(tokens(said)) / TOKENS_A_SECOND)
        return JSONResponse({"model": "stand-in", "choices": [{"message": {"content": said}, "finish_reason": "stop"}]})
    return StreamingResponse(_streamed(said), media_type=sse.MEDIA_TYPE)


async def _streamed(said: str) -> AsyncIterator[bytes]:
    begun = anyio.current_time()
    for number, token in enumerate(tokens(said), 1):
        await anyio.sleep_until(begun + number / TOKENS_A_SECOND)
        yield _event({"delta": {"content": token}})
    yield _event({"delta": {}, "finish_reason": "stop"})
    yield sse.format_event("[DONE]")


def _event(choice: dict[str, Any]) -> bytes:
    return sse.format_event(json.dumps({"model": "stand-in", "choices": [choice]}))


async def models() -> dict[str, Any]:
    return {"object": "list", "data": [{"id": "stand-in"}]}


def main() -> None:
    service = MicroService("llm stand-in", host="127.0.0.1", port=int(sys.argv[1]))
    service.add_route("/v1/chat/completions", chat)
    service.add_route("/v1/models", models, methods=["GET"])
    service.start()


if __name__ == "__main__":
    main()
