"""What of a long conversation a language model is sent: system prompt and question always, the newest turns that fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from AvatarChatbot import history
from AvatarChatbot.nodes import AvatarOrchestrator
from AvatarChatbot.request import AvatarChatRequest
from AvatarChatbot.turn import Turn
from comps import MicroService, ServiceType
from comps.cores.common.settings import LlmSettings
from comps.cores.errors import ConversationTooLong
from comps.cores.mega.client import NodeClient
from comps.cores.mega.dag import DAG
from comps.cores.proto.api_protocol import ChatCompletionRequest
from comps.cores.proto.avatar import Persona
from comps.llms import context_length, service
from comps.llms.context_length import ContextLength
from comps.llms.prompt import system_prompt
from comps.llms.token_count import TokenCount
from comps.storage.conversations import Conversations, TurnStatus
from comps.storage.records import Records
from tests.llms.conftest import LlamaServer, engine_for, misbehaving
from tests.llms.counting import CountingServer, count, counting, llama_refusal, openai_refusal, tgi_refusal
from tests.llms.test_openai_compatible import document
from tests.serving import serving

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]

ANA = Persona(name="Ana", background=["She keeps bees by the sea."], likes=["honey", "wind"])
PROMPT = system_prompt(ANA)
ENGLISH = "Tell me more about the bees, the hives and what you did last summer, please, number {}"
CHINESE = "请你再给我讲讲蜜蜂和蜂箱的故事，还有你去年夏天在海边做了什么事情，第{}个问题"


def conversation(turns: int, words: str = ENGLISH, persona: Persona | None = ANA, **fields: Any) -> ChatCompletionRequest:
    said = [{"role": role, "content": words.format(n)} for n in range(turns) for role in ("user", "assistant")]
    return ChatCompletionRequest(messages=[*said, {"role": "user", "content": "And now?"}], persona=persona, **fields)


def check_sent(request: dict[str, Any], question: str = "And now?") -> None:
    """The system prompt is whole, the question is there, and turns are whole."""
    system, *turns = request["messages"]
    assert system == {"role": "system", "content": PROMPT}
    assert turns[-1] == {"role": "user", "content": question}
    assert [turn["role"] for turn in turns] == (["user", "assistant"] * len(turns))[: len(turns)]


# A conversation of 300 turns, through the llm service and what the gateway sends it.


class Talk:
    """A conversation as the gateway has it: read from the database, asked, written down."""

    def __init__(self, llm_url: str, folder: Path, persona: Persona) -> None:
        self._node = MicroService.remote("llm", llm_url, "/v1/chat/completions", service_type=ServiceType.LLM, streams=True)
        self._orchestrator, self._client = AvatarOrchestrator(32_000), NodeClient()
        self._records = Records(f"sqlite+aiosqlite:///{folder}/records.db")
        self._conversations = Conversations(self._records)
        self._persona = persona
        self._id = ""

    async def ask(self, question: str, **fields: Any) -> str:
        """Raises what the llm service raises."""
        self._id = self._id or (await self._conversations.create()).id
        earlier = history.of_turns((await self._conversations.recent(self._id, history.MAX_TURNS)).turns)
        request = AvatarChatRequest(text=question, **fields)
        turn = Turn(request, avatar_media=b"", persona=self._persona, history=earlier, seed=0)
        asked = self._orchestrator.align_inputs({}, "llm/MicroService", DAG(), {}, turn=turn)
        record = await self._conversations.add_turn(self._id, question)
        async with self._client.stream(self._node, asked) as answers:
            async for _ in self._orchestrator.align_generator(answers, cur_node="llm/MicroService", turn=turn):
                pass
        await self._conversations.end_turn(record.id, TurnStatus.DONE, reply=turn.reply)
        return turn.reply

    async def close(self) -> None:
        await self._client.stop()
        await self._records.close()


@pytest.mark.parametrize(
    ("refusal", "words"),
    [(openai_refusal, ENGLISH), (llama_refusal, ENGLISH), (tgi_refusal, ENGLISH), (openai_refusal, CHINESE)],
    ids=["openai", "llama.cpp", "tgi", "chinese"],
)
async def test_300_turns_with_a_server_of_4096_tokens(refusal: Any, words: str, tmp_path: Path) -> None:
    async with counting(refusal=refusal, says=words.format("x") * 3) as server:
        built = service.build(LlmSettings(port=0, engine="openai_compatible", endpoint=server.url))
        with serving(built):
            talk = Talk(built.base_url, tmp_path, ANA)
            for n in range(300):
                await talk.ask(words.format(n))
            await talk.close()
    assert len(server.answered) == 300
    for n, request in enumerate(server.answered):
        check_sent(request, words.format(n))
    # It was learnt how much fits, and that is made use of.
    assert server.refused <= 2
    assert count(server.answered[-1]["messages"]) > 1500


async def test_a_window_begins_with_the_same_messages_for_a_while() -> None:
    """So that a server need not read them all again."""
    begins = []
    async with (
        counting(tells={"/v1/models": {"data": [{"id": "m", "max_model_len": 4096}]}}) as server,
        engine_for(server.url) as engine,
    ):
        for turns in range(100, 160):
            await engine.complete(conversation(turns))
            begins.append(server.answered[-1]["messages"][1]["content"])
    assert len(set(begins)) < 30


# What the server tells.

TOLD = {
    "vllm": {"/v1/models": {"data": [{"id": "m", "max_model_len": 2000}]}},
    "llama.cpp": {"/props": {"default_generation_settings": {"n_ctx": 2000}}},
    "tgi": {"/info": {"router": "text-generation-router", "max_input_tokens": 1500, "max_total_tokens": 2000}},
    "ollama": {"/api/ps": {"models": [{"name": "m", "context_length": 2000}]}},
    "old ollama": {"/api/ps": {"models": [{"name": "m:latest"}]}},
    "lmstudio": {"/api/v0/models": {"data": [{"id": "m", "loaded_context_length": 2000}]}},
    "openrouter": {"/v1/models": {"data": [{"id": "m", "context_length": 2000}]}},
}


@pytest.mark.parametrize("server_kind", TOLD)
@pytest.mark.parametrize("words", [ENGLISH, CHINESE], ids=["english", "chinese"])
async def test_a_server_that_tells_its_context_refuses_nothing(server_kind: str, words: str) -> None:
    async with counting(context=2048, tells=TOLD[server_kind]) as server, engine_for(server.url) as engine:
        for turns in (5, 40, 41, 400):
            await engine.complete(conversation(turns, words, max_tokens=500))
    assert server.refused == 0
    for request in server.answered:
        check_sent(request)
    assert count(server.answered[-1]["messages"]) > 700


async def test_a_short_conversation_asks_the_server_for_nothing_more() -> None:
    seen: list[str] = []
    async with counting() as server, engine_for(server.url) as engine:
        fetch = engine._send

        async def noted(method: str, url: str, *rest: Any) -> Any:
            seen.append(url.removeprefix(server.url))
            return await fetch(method, url, *rest)

        engine._send = noted  # type: ignore[method-assign, assignment]
        await engine.complete(conversation(5))
    assert seen == ["/models", "/chat/completions"]


async def test_a_longest_answer_shrinks_to_what_is_left() -> None:
    async with counting(context=2000, tells=TOLD["vllm"]) as server, engine_for(server.url) as engine:
        await engine.complete(conversation(40, max_tokens=1800))
    (request,) = server.answered
    assert 400 < request["max_tokens"] < 1800
    assert len(request["messages"]) > 10


async def test_the_window_can_be_set() -> None:
    async with counting() as server, engine_for(server.url, context_tokens=1200) as engine:
        await engine.complete(conversation(200))
    assert server.refused == 0
    assert 400 < count(server.answered[-1]["messages"]) < 1200


async def test_servers_count_for_us_where_they_can() -> None:
    async with counting(context=3000, tells=TOLD["llama.cpp"]) as server, engine_for(server.url) as engine:
        for _ in range(3):
            await engine.complete(conversation(100, CHINESE))
    assert server.tokenized == 1


async def test_what_is_learnt_holds_for_the_next_question() -> None:
    async with counting(context=900) as server, engine_for(server.url) as engine:
        await engine.complete(conversation(300))
        first = server.refused
        await engine.complete(conversation(301))
    assert 0 < first <= 4
    assert server.refused == first


@pytest.mark.parametrize("server_kind", ["vllm", "tgi", "nobody"])
@pytest.mark.parametrize("refusal", [openai_refusal, tgi_refusal])
async def test_a_longest_answer_that_is_more_than_a_server_reads_shrinks(server_kind: str, refusal: Any) -> None:
    async with (
        counting(context=2000, refusal=refusal, tells=TOLD.get(server_kind, {})) as server,
        engine_for(server.url) as engine,
    ):
        for _ in range(3):
            assert await _streamed(engine, conversation(1, max_tokens=2048)) == server.says
    assert server.refused <= 3
    assert server.answered[-1]["max_tokens"] > 200
    check_sent(server.answered[-1])


# What cannot be sent.


@pytest.mark.parametrize("refusal", [openai_refusal, llama_refusal, tgi_refusal])
async def test_a_question_alone_that_is_too_long_is_the_clients(refusal: Any) -> None:
    long = ChatCompletionRequest(
        messages=[*conversation(20).messages[:-1], {"role": "user", "content": "word " * 5000}], persona=ANA
    )
    async with counting(refusal=refusal) as server, engine_for(server.url) as engine:
        for asking in (engine.complete(long), _streamed(engine, long)):
            with pytest.raises(ConversationTooLong, match="the question alone") as failure:
                await asking
            assert (failure.value.status, failure.value.extra["field"]) == (422, "messages")
        refused = server.refused
        # Other conversations keep their window.
        await engine.complete(conversation(30))
        assert len(server.answered[-1]["messages"]) == 62
    assert server.refused == refused


async def test_a_persona_alone_that_is_too_long_is_named() -> None:
    long = Persona(system_prompt="You know a lot. " * 1200)
    async with counting(context=2000) as server, engine_for(server.url) as engine:
        with pytest.raises(ConversationTooLong, match="the persona alone") as failure:
            await engine.complete(conversation(20, persona=long))
        assert failure.value.extra["field"] == "persona"
        system = {"role": "system", "content": long.system_prompt}
        with pytest.raises(ConversationTooLong, match="the system message alone") as failure:
            await engine.complete(ChatCompletionRequest(messages=[system, {"role": "user", "content": "Hi"}]))
    assert failure.value.extra["field"] == "messages"


async def _streamed(engine: Any, request: ChatCompletionRequest) -> str:
    async with engine.stream(request) as deltas:
        return "".join([delta.text async for delta in deltas])


async def test_a_stream_is_asked_for_again_before_anything_was_said() -> None:
    async with counting(refusal=tgi_refusal, context=1500) as server, engine_for(server.url) as engine:
        assert await _streamed(engine, conversation(200)) == server.says
    assert server.refused


async def test_a_model_that_wants_the_newer_name_gets_it() -> None:
    words = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
    server = CountingServer()

    async def answer(request: bytes, writer: Any) -> None:
        if b'"max_tokens"' in request:
            writer.write(document(400, {"error": {"message": words, "code": "unsupported_parameter", "param": "max_tokens"}}))
        else:
            await server.answer(request, writer)

    async with misbehaving(answer) as url, engine_for(url) as engine:
        for _ in range(2):
            await engine.complete(conversation(1, max_tokens=7))
    assert [request["max_completion_tokens"] for request in server.answered] == [7, 7]


# Counting


@pytest.mark.parametrize(
    ("text", "tokens"),
    [("How are you today, my friend? " * 20, 160), ("今天天气很好，我们去公园吧。" * 20, 200), ("Привет, как дела? " * 20, 120)],
)
def test_a_first_estimate_is_careful(text: str, tokens: int) -> None:
    """``tokens``: of a usual vocabulary of 100,000."""
    assert tokens <= TokenCount().of(text) <= 3.5 * tokens


def test_counts_are_learnt_for_each_script() -> None:
    tokens = TokenCount()
    before = tokens.of("今天天气很好" * 10)
    tokens.learn(["How are you today? " * 50], 2000)
    assert tokens.of("How are you today? " * 50) == pytest.approx(2000, rel=0.02)
    assert tokens.of("今天天气很好" * 10) == pytest.approx(before, rel=0.3)
    assert tokens.is_known(["hello"])
    assert not tokens.is_known(["今天天气"])
    # One count that is far too low, as of a server that tells only what it read anew, changes little.
    tokens.learn(["How are you today? " * 50], 30)
    assert tokens.of("How are you today? " * 50) > 1200
    tokens.learn([], 7)
    tokens.learn([""], 7)


def test_what_tells_nothing_is_nothing() -> None:
    documents: list[Any] = [None, [], "x", {}, {"models": [{}]}, {"data": "x"}, {"default_generation_settings": {"n_ctx": -1}}]
    for told in documents:
        for read in context_length.ASKED.values():
            assert read(told, "m") == ContextLength()
        assert context_length.tokenized(told) == 0


# A real server


async def test_20_turns_on_llama(llama: LlamaServer) -> None:
    """Its tokens are bytes, so that turns fill its context of 8192 soon."""
    said: list[dict[str, str]] = []
    async with engine_for(llama.url) as engine:
        for n in range(20):
            said.append({"role": "user", "content": f"question {n} " + "and so on " * 60})
            request = ChatCompletionRequest(messages=said, persona=ANA, max_tokens=40)
            async with engine.stream(request) as deltas:
                answer = "".join([delta.text async for delta in deltas])
            said.append({"role": "assistant", "content": f"{answer} " + "so it is " * 60})
        read = (await engine.complete(ChatCompletionRequest(messages=[*said, said[0]], persona=ANA, max_tokens=1))).usage
    # What was said is twice what it can read.
    assert sum(len(message["content"]) for message in said) > 2 * 8192
    assert 4000 < read.prompt_tokens < 8192
