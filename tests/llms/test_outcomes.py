"""What becomes of whatever a model's server sends: through the llm service over HTTP, and on through the gateway's node.

Sources of the scripts: ../shared/cases/{think-block,control-tokens,content-parts,surrogate-halves,answer-not-streamed,
context-too-long-llamacpp}/README.md.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import anyio
import httpx
import pytest

from AvatarChatbot.held_back import held_back
from AvatarChatbot.nodes import AvatarOrchestrator
from AvatarChatbot.request import AvatarChatRequest
from AvatarChatbot.turn import Turn
from comps import MicroService, ServiceType
from comps.cores.common.settings import LlmSettings
from comps.cores.errors import NodeError, Problem, ThoughtsOnly, ToolCallsOnly
from comps.cores.mega.attempts import is_its_own
from comps.cores.mega.client import NodeClient
from comps.cores.proto.api_protocol import ChatCompletionRequest
from comps.llms import service
from tests.llms.conftest import engine_for
from tests.llms.scripted import PARIS, ScriptedServer, scripted
from tests.llms.test_openai_compatible import HELLO, streamed
from tests.llms.test_service import CHAT, events
from tests.serving import serving

pytestmark = pytest.mark.anyio

#: Scripts whose answer is PARIS.
OF_PARIS = [
    "think",
    "thinksplit",
    "thinkclose",
    "reasoning",
    "harmony",
    "eos",
    "imend",
    "usage",
    "comments",
    "nodone",
    "text",
    "nochoice",
    "contentlist",
    "json200",
    "jsonthink",
    "streamasjson",
    "streamastext",
    "runson",
]
#: Scripts → the answer, and why it ended.
ANSWERS = {
    **dict.fromkeys(OF_PARIS, (PARIS, "stop")),
    "plain": ("Hello, I am a plain answer. All is well.", "stop"),
    "tooltext": ("Let me look.", "stop"),
    "surrogate": ("Hello 🙂 world.", "stop"),
    "refusal": ("I'm sorry, I can't help with that.", "stop"),
    "emoji": ("👍🙂", "stop"),
}
#: Scripts → status and code of the llm service's problem.
PROBLEMS = {
    "thinkonly": (502, "thoughts_only"),
    "reasoningonly": (502, "thoughts_only"),
    "errstream": (422, "conversation_too_long"),
    "tgierr": (422, "conversation_too_long"),
    "errllama": (503, "node_unavailable"),
    "err200": (503, "overloaded"),
    "html200": (503, "node_unavailable"),
}


@pytest.fixture
async def upstream() -> AsyncIterator[ScriptedServer]:
    async with scripted() as server:
        yield server


@pytest.fixture
def llm(upstream: ScriptedServer) -> Iterator[MicroService]:
    built = service.build(LlmSettings(port=0, endpoint=upstream.url))
    with serving(built):
        yield built


async def _asked(llm: MicroService, name: str, **how: Any) -> httpx.Response:
    async with httpx.AsyncClient(base_url=llm.base_url, trust_env=False, timeout=30) as client:
        return await client.post(CHAT, json={"messages": f"SCN:{name} x", **how})


async def _at_the_gateway(url: str, name: str, **how: Any) -> Turn:
    """A turn whose llm node has ended."""
    turn = Turn(AvatarChatRequest(text=f"SCN:{name} x"), avatar_media=b"", persona=None, history=[], seed=0, **how)
    orchestrator, client = AvatarOrchestrator(32_000), NodeClient()
    node = MicroService.remote("llm", url, CHAT, service_type=ServiceType.LLM, streams=True)
    try:
        async with client.stream(node, {"messages": [{"role": "user", "content": turn.question}], "stream": True}) as answers:
            async for _ in orchestrator.align_generator(answers, cur_node="llm/MicroService", turn=turn):
                pass
    finally:
        await client.stop()
    return turn


@pytest.mark.parametrize("name", ANSWERS)
async def test_what_is_said(name: str, upstream: ScriptedServer, llm: MicroService) -> None:
    response = await _asked(llm, name, stream=True)
    assert response.status_code == 200
    *chunks, done = events(response.content)
    assert done == "[DONE]"
    text = "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks)
    assert (text, chunks[-1]["choices"][0]["finish_reason"]) == ANSWERS[name]
    for url in (llm.base_url, upstream.url.removesuffix("/v1")):
        if url == llm.base_url or name not in ("json200", "jsonthink", "streamasjson", "streamastext", "nochoice", "comments"):
            turn = await _at_the_gateway(url, name)
            assert (turn.reply, turn.finish_reason) == ANSWERS[name]


@pytest.mark.parametrize("name", PROBLEMS)
async def test_what_is_a_problem(name: str, upstream: ScriptedServer, llm: MicroService) -> None:
    response = await _asked(llm, name, stream=True)
    document = response.json()
    assert (response.status_code, document["code"]) == PROBLEMS[name]
    assert "zebra" not in response.text
    if name in ("errllama", "err200"):
        assert int(response.headers["retry-after"]) >= 1
    with pytest.raises(Problem) as failure:
        await _at_the_gateway(llm.base_url, name)
    assert (failure.value.status, failure.value.code) == PROBLEMS[name]


async def test_a_content_filter_is_told_in_the_language_of_the_question(upstream: ScriptedServer, llm: MicroService) -> None:
    for name in ("filter", "filtererror"):
        response = await _asked(llm, name, stream=True)
        *chunks, _ = events(response.content)
        assert [chunk["choices"][0].get("finish_reason") for chunk in chunks][-1] == "content_filter"
        assert not "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks)
        turn = await _at_the_gateway(llm.base_url, name)
        assert (turn.reply, turn.finish_reason) == (held_back("en"), "content_filter")
        turn = await _at_the_gateway(llm.base_url, f"{name} und wie ist das Wetter bei euch heute, wenn ich fragen darf?")
        assert turn.reply == held_back("de")


def test_a_sentence_in_a_language_that_the_table_has_not_is_english() -> None:
    assert held_back("tlh") == held_back("") == held_back("en-GB")
    assert held_back("pt-BR") == held_back("pt") != held_back("en")


async def test_tool_calls_only(llm: MicroService) -> None:
    whole = events((await _asked(llm, "tool", stream=True)).content)
    assert whole[-2]["choices"][0]["finish_reason"] == "tool_calls"
    with pytest.raises(ToolCallsOnly):
        await _at_the_gateway(llm.base_url, "tool")


async def test_thoughts_only_and_nothing_at_all(upstream: ScriptedServer, llm: MicroService) -> None:
    for url in (llm.base_url, upstream.url.removesuffix("/v1")):
        with pytest.raises(ThoughtsOnly):
            await _at_the_gateway(url, "thinkonly")
        with pytest.raises(Problem) as nothing:
            await _at_the_gateway(url, "empty")
        assert nothing.value.code == "no_answer"


@pytest.mark.parametrize(
    ("name", "code"), [("errmid", "out_of_memory"), ("errmidllama", "node_error"), ("nodonecut", "node_error")]
)
async def test_failures_in_the_middle_keep_their_code(name: str, code: str, llm: MicroService) -> None:
    with pytest.raises(NodeError) as failure:
        await _at_the_gateway(llm.base_url, name)
    assert failure.value.code == code


async def test_thoughts_that_only_their_end_tells_are_taken_back(upstream: ScriptedServer, llm: MicroService) -> None:
    for url in (upstream.url.removesuffix("/v1"), llm.base_url):
        turn = await _at_the_gateway(url, "late")
        assert turn.reply == PARIS
    # From then on the model is known: nothing is said before that mark.
    response = await _asked(llm, "late", stream=True)
    assert "fine day" not in response.text
    assert "taken_back" not in response.text


async def test_ordinary_answers_are_not_held_up(upstream: ScriptedServer, llm: MicroService) -> None:
    """Each word is there before the server sends the next but one."""
    said: list[str] = []
    sent = anyio.Event()

    async def wait(number: int) -> None:
        # The step before the last was asked for only once its words had arrived.
        with anyio.fail_after(5):
            while len("".join(said).split()) < number - 3:
                await anyio.sleep(0.001)
        sent.set()

    upstream.before_step = wait
    async with engine_for(upstream.url) as engine, engine.stream(ChatCompletionRequest(messages="SCN:plain x")) as deltas:
        async for delta in deltas:
            said.append(delta.text)
    assert "".join(said) == "Hello, I am a plain answer. All is well."


async def test_thoughts_are_no_silence() -> None:
    """The wait for the first token ends with the first thought."""
    async with scripted() as server:

        async def wait(number: int) -> None:
            await anyio.sleep(0.1 if number in (1, 2, 3) else 0)

        server.before_step = wait
        async with engine_for(server.url, first_token_timeout_s=0.25) as engine:
            request = HELLO.model_copy(update={"messages": ChatCompletionRequest(messages="SCN:reasoning x").messages})
            assert await streamed(engine, request) == (PARIS, "stop")


async def test_an_answer_without_words_is_no_fault_of_the_service(llm: MicroService) -> None:
    """Other replicas have the same model behind them."""
    client = NodeClient()
    node = MicroService.remote("llm", llm.base_url, CHAT, service_type=ServiceType.LLM, streams=True)
    for name in ("thinkonly", "err200"):
        with pytest.raises(NodeError) as failure:
            async with client.stream(node, {"messages": f"SCN:{name}", "stream": True}) as answers:
                [item async for item in answers]
        assert not is_its_own(failure.value, node)
    await client.stop()
