"""A language model's server that sends what a script says, as servers were seen to in the trackers of other projects.

The script is picked by ``SCN:<name>`` in the last message; names and scripts are those of ``../shared/cases/_tools/fake_llm.py``.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from tests.llms.conftest import misbehaving
from tests.llms.test_openai_compatible import document

PARIS = "The capital of France is Paris."
_HEAD = "HTTP/1.1 200 OK\r\nContent-Type: {}\r\nConnection: close\r\n\r\n"
#: A stream's events: a delta, a whole event as text, or bytes as they are.
Step = dict[str, Any] | str | bytes
DONE = "data: [DONE]\n\n"


def event(document: Any) -> str:
    return f"data: {json.dumps(document)}\n\n"


def choice(delta: Any, finish: str | None = None) -> str:
    return event({"model": "fake", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})


def end(finish: str) -> str:
    return choice({}, finish)


def words(text: str) -> list[Step]:
    return [{"content": word} for word in re.findall(r"\S+\s*|\s+", text)]


def said(text: str, finish: str = "stop") -> list[Step]:
    return [{"role": "assistant", "content": ""}, *words(text), end(finish), DONE]


def _error(**members: Any) -> str:
    return event({"error": members})


STREAMS: dict[str, list[Step]] = {
    "plain": said("Hello, I am a plain answer. All is well."),
    "think": said(f"<think>\nThe user wants zebra information. Let me plan secretly.\n</think>\n\n{PARIS}"),
    "thinksplit": [
        {"content": part}
        for part in (
            "<thi",
            "nk>\nsecret zebra plan. It is long.",
            "\nMore.</th",
            "ink>",
            "\n\nThe capital of",
            " France is Paris.",
        )
    ]
    + [DONE],
    "thinkclose": said(f"Okay, the user asked about zebra things. I need to answer shortly.\n</think>\n\n{PARIS}"),
    "thinkonly": said("<think>\nI keep thinking about zebra and never stop because max tokens", "length"),
    "reasoning": [
        {"role": "assistant", "content": None},
        {"reasoning_content": "Secret zebra reasoning.", "content": None},
        {"reasoning": "Other zebra reasoning.", "content": ""},
        *said(PARIS),
    ],
    "reasoningonly": [{"reasoning_content": "Secret zebra reasoning."}, end("length"), DONE],
    "harmony": said(
        "<|channel|>analysis<|message|>User asks zebra.<|end|><|start|>assistant<|channel|>final<|message|>"
        + PARIS
        + "<|return|>"
    ),
    "eos": said(PARIS + "</s>"),
    "imend": said(PARIS + "<|im_end|>\n<|endoftext|>"),
    "tooltext": said('Let me look. <tool_call>\n{"name": "get_weather", "arguments": {"city": "Paris"}}\n</tool_call>'),
    "usage": [
        *words(PARIS),
        end("stop"),
        event({"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}}),
        DONE,
    ],
    "comments": [
        ": OPENROUTER PROCESSING\n\n:\n\n",
        "event: ping\ndata: {}\n\n",
        "retry: 3000\n\n",
        *words(PARIS),
        ": keep-alive\n\n",
        "data: [DONE]\r\n\r\n",
    ],
    "nodone": [*words(PARIS), end("stop")],
    "nodonecut": words("The capital of France is Paris. And the capital of"),
    "surrogate": [
        {"content": "Hello "},
        'data: {"choices":[{"index":0,"delta":{"content":"\\ud83d"}}]}\n\n',
        'data: {"choices":[{"index":0,"delta":{"content":"\\ude42 world."}}]}\n\n',
        DONE,
    ],
    "errstream": [
        _error(message="the request exceeds the available context size", type="exceed_context", code=400),
        DONE,
    ],
    "errmid": [
        *words("The capital of France is Paris. And "),
        _error(message="CUDA out of memory", type="server_error", code=500),
    ],
    "errmidllama": [
        *words("The capital of France is Paris. And "),
        'error: {"code":500,"message":"slot failed","type":"server_error"}\n\n',
    ],
    "errllama": ['error: {"code":503,"message":"Loading model","type":"unavailable_error"}\n\n'],
    "tgierr": [
        event({"error": "Input validation error: inputs must have less than 4096 tokens", "error_type": "validation"}),
    ],
    "empty": [{"role": "assistant", "content": ""}, end("stop"), DONE],
    "filter": [{"role": "assistant", "content": ""}, end("content_filter"), DONE],
    "filtererror": [_error(code="content_filter", message="The response was filtered", status=400)],
    "refusal": [{"role": "assistant", "refusal": "I'm sorry, I can't help with that."}, end("stop"), DONE],
    "tool": [
        {"content": None, "tool_calls": [{"index": 0, "id": "t1", "function": {"name": "get_weather", "arguments": ""}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": '{"city": "Paris"}'}}]},
        end("tool_calls"),
        DONE,
    ],
    "emoji": said("👍🙂"),
    "text": [event({"choices": [{"index": 0, "text": PARIS}]}), DONE],
    "nochoice": [
        event({"id": "x", "choices": None}),
        "data: null\n\n",
        "data:\n\n",
        event({"choices": [{"index": 0}]}),
        event({"choices": [{"index": 0, "delta": None}]}),
        *said(PARIS),
    ],
    "contentlist": [
        {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "zebra thoughts"}]}]},
        {"content": [{"type": "text", "text": "The capital of "}, {"type": "text", "text": "France is Paris."}]},
        DONE,
    ],
    "late": [*words("It is a fine day. Zebra thoughts, and nobody can know it yet."), *said(f"\n</think>\n\n{PARIS}")],
    "runson": said(PARIS + "<|im_end|>\n<|im_start|>user\nAnd zebra?<|im_end|>\n<|im_start|>assistant\nZebra."),
}
#: What is no stream: media type and body.
BODIES: dict[str, tuple[str, str]] = {
    "err200": ("application/json", json.dumps({"error": {"message": "model overloaded", "type": "server_error", "code": 503}})),
    "html200": ("text/html", "<html><body><h1>502 Bad Gateway</h1></body></html>"),
    "json200": (
        "application/json",
        json.dumps({"choices": [{"index": 0, "message": {"role": "assistant", "content": PARIS}, "finish_reason": "stop"}]}),
    ),
    "jsonthink": (
        "application/json; charset=utf-8",
        json.dumps({"choices": [{"message": {"content": "Long zebra thoughts.\n</think>\n" + PARIS}, "finish_reason": "stop"}]}),
    ),
    "streamasjson": ("application/json", choice({"content": PARIS}) + DONE),
    "streamastext": ("text/plain", choice({"content": PARIS}) + DONE),
}


def _bytes(step: Step) -> bytes:
    if isinstance(step, bytes):
        return step
    return (choice(step) if isinstance(step, dict) else step).encode()


class ScriptedServer:
    """``asked``: the bodies of the requests for an answer."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.url = ""
        #: Called before each step of a stream.
        self.before_step: Callable[[int], Any] | None = None

    async def answer(self, request: bytes, writer: asyncio.StreamWriter) -> None:
        if request.startswith(b"GET"):
            is_models = request.startswith(b"GET /v1/models")
            writer.write(document(200, {"data": [{"id": "fake"}]}) if is_models else document(404, {}))
            return
        asked = json.loads(request.partition(b"\r\n\r\n")[2])
        self.asked.append(asked)
        found = re.search(r"SCN:(\w+)", asked["messages"][-1]["content"])
        name = found[1] if found else "plain"
        if name in BODIES:
            media_type, body = BODIES[name]
            writer.write((_HEAD.format(media_type) + body).encode())
            return
        writer.write(_HEAD.format("text/event-stream").encode())
        for number, step in enumerate(STREAMS[name]):
            if self.before_step is not None:
                await self.before_step(number)
            writer.write(_bytes(step))
            await writer.drain()


@asynccontextmanager
async def scripted() -> AsyncIterator[ScriptedServer]:
    server = ScriptedServer()
    async with misbehaving(server.answer) as server.url:
        yield server
