"""Whether a model's template opens its thoughts: asked of servers that can tell, and learnt from answers."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from comps.cores.errors import ThoughtsOnly
from comps.llms.answer.template import Templates
from tests.llms.conftest import LlamaServer, engine_for, misbehaving
from tests.llms.scripted import PARIS
from tests.llms.test_openai_compatible import HELLO, chunk, document, stream_of, streamed

pytestmark = pytest.mark.anyio

OPENED = "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n<think>\n"
CLOSED = "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"
#: Owner → path → the answer for a prompt.
SERVERS = {
    "llamacpp": ("/apply-template", lambda prompt: {"prompt": prompt}),
    "vllm": ("/tokenize", lambda prompt: {"token_strs": [*prompt.replace("\n", "Ċ")]}),
}


@pytest.mark.parametrize("owner", SERVERS)
@pytest.mark.parametrize("prompt", [OPENED, CLOSED])
async def test_servers_are_asked(owner: str, prompt: str) -> None:
    path, told = SERVERS[owner]
    asked: list[str] = []

    async def answer(request: bytes, writer: asyncio.StreamWriter) -> None:
        where = request.split(b" ", 2)[1].decode()
        asked.append(where)
        if where == "/v1/models":
            writer.write(document(200, {"data": [{"id": "m", "owned_by": owner}]}))
        elif where == path:
            assert json.loads(request.partition(b"\r\n\r\n")[2])["messages"] == [{"role": "user", "content": "Hi"}]
            writer.write(document(200, told(prompt)))
        else:
            writer.write(
                stream_of(chunk("It is a fine day, so "), chunk(f"zebras.\n</think>\n\n{PARIS}"), chunk("", "stop"), "[DONE]")
            )

    async with misbehaving(answer) as url, engine_for(url) as engine:
        if prompt == OPENED:
            assert await streamed(engine) == (PARIS, "stop")
            assert await streamed(engine) == (PARIS, "stop")
            assert asked.count(path) == 1
        else:
            async with engine.stream(HELLO) as deltas:
                first = await anext(deltas)
            # Nothing is held back that may be an answer.
            assert first.text.startswith("It is a fine day")


async def test_a_real_llama_tells(llama: LlamaServer, llama_folder: Path) -> None:
    """Random weights never write the mark that ends thoughts: of an answer that is cut nothing is said."""
    thinking = LlamaServer(llama_folder, "--thinking")
    try:
        async with engine_for(thinking.url) as engine:
            await engine.ready()
            with pytest.raises(ThoughtsOnly):
                await streamed(engine, HELLO)
    finally:
        thinking.kill()
    async with engine_for(llama.url) as engine:
        text, finish = await streamed(engine, HELLO)
        assert text
        assert finish == "length"


async def test_others_are_not_asked() -> None:
    templates, asked = Templates(), []

    async def ask(path: str, document: dict[str, Any]) -> None:
        asked.append(path)

    for owner in ("", "openai", "library"):
        templates.note_owner("m", owner)
        await templates.learn("m", ask)
    assert asked == []
    assert templates.opens_thoughts("m") is None
    templates.note_owner("m", "llamacpp")
    await templates.learn("m", ask)
    await templates.learn("m", ask)
    assert asked == ["/apply-template"]
    assert templates.opens_thoughts("m") is None


def test_it_is_learnt_from_answers_and_forgotten_again() -> None:
    templates = Templates()
    plain = {"is_unopened": False, "is_separate": False, "is_plain": True}
    templates.note("m", is_unopened=True, is_separate=False, is_plain=False)
    assert templates.opens_thoughts("m")
    for _ in range(2):
        templates.note("m", **plain)
    assert templates.opens_thoughts("m")
    templates.note("m", **plain)
    assert templates.opens_thoughts("m") is None
    templates.note("m", is_unopened=False, is_separate=True, is_plain=False)
    assert templates.opens_thoughts("m") is False


@pytest.mark.parametrize("name", ["deepseek-ai/DeepSeek-R1", "Qwen/QwQ-32B", "qwen3-30b-a3b-thinking-2507", "deepseek-r1:8b"])
def test_names_tell_before_anything_else_does(name: str) -> None:
    assert Templates().opens_thoughts(name)
    assert Templates().opens_thoughts("llama-3.1-8b-instruct") is None


def test_no_more_models_are_remembered_than_a_server_has() -> None:
    templates = Templates()
    for number in range(1000):
        templates.note_owner(f"m{number}", "vllm")
    assert len(templates._models) <= 100
