"""The longest answer: in speech, bytes, tokens and time. Whatever ends it, what there is ends well and is kept."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import av
import httpx
import pytest

from comps.cores.errors import ConversationTooLong, NodeTimeout, Overloaded
from comps.cores.proto.sse import Parser
from tests.gateway.toy_mesh import PATH, ToyMesh, toy_mesh

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(60)]

Mesh = Callable[..., AbstractAsyncContextManager[ToyMesh]]
#: 6 words, 1.8 s of the toy voice.
SENTENCE = "This is sentence number {} here. "
RUNAWAY = [SENTENCE.format(n) for n in range(1000)]


@pytest.fixture
def mesh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mesh:
    return partial(toy_mesh, tmp_path, monkeypatch)


async def slowly(_: int) -> None:
    """Drawn at about seven times the speed of playing."""
    await anyio.sleep(0.25)


def check_video(data: bytes, duration_s: float) -> None:
    """A whole MP4 whose sound is as long as its pictures."""
    with av.open(io.BytesIO(data)) as container:
        frames = sum(1 for _ in container.decode(video=0))
    with av.open(io.BytesIO(data)) as container:
        samples = sum(frame.samples for frame in container.decode(audio=0))
        rate = container.streams.audio[0].rate
    assert frames / 25 == pytest.approx(duration_s, abs=0.3)
    assert samples / rate == pytest.approx(duration_s, abs=0.15)


def check_reply(said: dict[str, Any], *, whole_sentences: bool = True) -> None:
    """The reply is the beginning of what the model said, as far as it was spoken."""
    whole = "".join(RUNAWAY)
    assert whole.startswith(said["reply"])
    assert said["words"][-1][1] <= said["duration"] + 0.01
    assert said["reply"].rstrip(".").endswith(said["words"][-1][2])
    if whole_sentences:
        assert said["reply"].endswith("here.")


async def kept(mesh: ToyMesh, said: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """The turn that was written down, and its video."""
    async with mesh.client() as client:
        turn = (await client.get(f"{PATH}/turns/{said['id']}")).json()
        video = (await client.get(said["video_path"])).content
    assert (turn["status"], turn["reply"]) == ("done", said["reply"])
    return turn, video


def events(answer: httpx.Response) -> list[dict[str, Any]]:
    return [json.loads(event.data) for event in Parser().feed(answer.content)]


async def test_a_runaway_answer_ends_after_the_longest_speech(mesh: Mesh) -> None:
    async with mesh(max_speech_s=20) as made:
        made.says = RUNAWAY
        answer = await made.answer()
        with anyio.fail_after(5):
            await made.left.wait()
        assert answer.status_code == 200
        said = answer.json()
        assert said["finish_reason"] == "length"
        assert 18 < said["duration"] < 24
        check_reply(said)
        _, video = await kept(made, said)
    check_video(video, said["duration"])
    assert made.sent < 1000


async def test_a_sentence_without_end_is_cut_a_little_later(mesh: Mesh) -> None:
    async with mesh(max_speech_s=20) as made:
        made.says = ["and so on, " for _ in range(1000)]
        said = (await made.answer()).json()
    assert said["finish_reason"] == "length"
    assert 18 < said["duration"] < 30


async def test_an_answer_within_all_limits_is_whole(mesh: Mesh) -> None:
    async with mesh(max_speech_s=20) as made:
        made.says = RUNAWAY[:5]
        said = (await made.answer()).json()
    assert (said["finish_reason"], said["reply"]) == ("stop", "".join(RUNAWAY[:5]))


async def test_a_video_that_is_too_large_ends(mesh: Mesh) -> None:
    async with mesh() as made:
        made.says = RUNAWAY[:3]
        three_sentences = len((await kept(made, (await made.answer()).json()))[1])
    async with mesh(max_video_mb=3 * three_sentences / 2**20) as made:
        made.says = RUNAWAY[:300]
        answer = await made.answer()
        said = answer.json()
        assert (answer.status_code, said["finish_reason"]) == (200, "length")
        check_reply(said)
        _, video = await kept(made, said)
    assert 2 * three_sentences < len(video) < 7 * three_sentences
    check_video(video, said["duration"])


async def test_an_answer_that_takes_too_long_keeps_what_it_has(mesh: Mesh) -> None:
    """900 words as JSON."""
    async with mesh(timeout_s=5) as made:
        made.says, made.before_drawing = RUNAWAY[:150], slowly
        answer = await made.answer()
        said = answer.json()
        assert (answer.status_code, said["finish_reason"]) == (200, "timeout")
        check_reply(said)
        assert 5 < said["duration"] < 200
        _, video = await kept(made, said)
    check_video(video, said["duration"])


async def test_a_face_that_stops_being_drawn_leaves_what_there_is(mesh: Mesh) -> None:
    async def until_the_tenth(number: int) -> None:
        if number > 10:
            await anyio.sleep(60)

    async with mesh(timeout_s=3) as made:
        made.says, made.before_drawing = RUNAWAY[:150], until_the_tenth
        answer = await made.answer()
        said = answer.json()
        assert (answer.status_code, said["finish_reason"]) == (200, "timeout")
        check_reply(said, whole_sentences=False)
        assert 3 < said["duration"] < 6
        _, video = await kept(made, said)
    check_video(video, said["duration"])


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream", "video/mp4"])
async def test_a_model_that_stops_in_the_middle(accept: str, mesh: Mesh) -> None:
    async with mesh(timeout_s=3) as made:
        made.says, made.stalls = [*RUNAWAY[:2], "And now "], True
        answer = await made.answer(accept)
        assert answer.status_code == 200
        if accept == "video/mp4":
            async with made.client() as client:
                turn = (await client.get(f"{PATH}/turns/{answer.headers['X-Turn-Id']}")).json()
            assert (turn["status"], turn["reply"]) == ("done", "".join(RUNAWAY[:2]).strip())
            check_video(answer.content, 3.6)
            return
        said = events(answer)[-1]["answer"] if accept == "text/event-stream" else answer.json()
        assert (said["finish_reason"], said["reply"]) == ("timeout", "".join(RUNAWAY[:2]).strip())
        check_video((await kept(made, said))[1], said["duration"])


async def test_a_voice_that_stops_in_the_middle(mesh: Mesh) -> None:
    async def until_the_fifth(number: int) -> None:
        if number > 5:
            await anyio.sleep(60)

    async with mesh(timeout_s=3) as made:
        made.says, made.before_speaking = RUNAWAY[:150], until_the_fifth
        said = (await made.answer()).json()
        assert said["finish_reason"] == "timeout"
        check_reply(said)
        check_video((await kept(made, said))[1], said["duration"])


async def test_an_answer_of_which_nothing_was_made_in_time_is_504(mesh: Mesh) -> None:
    async def never(_: int) -> None:
        await anyio.sleep(60)

    async with mesh(timeout_s=1) as made:
        made.before_drawing = never
        answer = await made.answer()
        assert (answer.status_code, answer.json()["code"]) == (504, "node_timeout")
        made.says, made.stalls = [], True
        answer = await made.answer()
        assert (answer.status_code, answer.json()["code"]) == (504, "node_timeout")


async def test_what_is_refused_in_the_middle_is_asked_for_again(mesh: Mesh) -> None:
    async def busy(number: int) -> None:
        if number == 8:
            raise Overloaded("there is too much to draw already", retry_after=1, node="animation")

    async with mesh() as made:
        made.says, made.before_drawing = RUNAWAY[:5], busy
        answer = await made.answer()
        assert (answer.status_code, answer.json()["reply"]) == (200, "".join(RUNAWAY[:5]))

    async def full(_: int) -> None:
        raise Overloaded("there is too much to draw already", retry_after=1, node="animation")

    async with mesh() as made:
        made.before_drawing = full
        assert (await made.answer()).status_code == 429


async def test_a_question_that_is_too_long_for_the_model_is_named(mesh: Mesh) -> None:
    problem = ConversationTooLong("the question alone is too long for the language model", field="messages", node="llm")
    earlier = [{"role": "system", "content": "Be brief."}]
    async with mesh() as made:
        made.refusal = problem.document()
        for fields, field in (({}, "text"), ({"messages": earlier}, "messages")):
            answer = await made.answer(**fields)
            told = answer.json()
            assert (answer.status_code, told["code"], told["field"]) == (422, "conversation_too_long", field)


@pytest.mark.parametrize(("fields", "tokens"), [({}, 2048), ({"max_tokens": 7}, 7)])
async def test_the_longest_answer_is_told_to_the_model(fields: dict[str, Any], tokens: int, mesh: Mesh) -> None:
    async with mesh() as made:
        await made.answer(**fields)
        body = json.loads(made.asked[-1].partition(b"\r\n\r\n")[2])
    assert body["max_tokens"] == tokens


async def test_a_model_whose_server_gives_up_keeps_what_was_said(mesh: Mesh, monkeypatch: pytest.MonkeyPatch) -> None:
    from AvatarChatbot import nodes

    until_cut = nodes._until_cut

    async def gives_up(completions: AsyncIterator[Any], turn: Any) -> AsyncIterator[Any]:
        async def broken() -> AsyncIterator[Any]:
            async for completion in completions:
                yield completion
                if len(turn.reply) > 60:
                    raise NodeTimeout("said nothing for 60 s", node="llm")

        async for completion in until_cut(broken(), turn):
            yield completion

    monkeypatch.setattr(nodes, "_until_cut", gives_up)
    async with mesh() as made:
        made.says = RUNAWAY[:9]
        said = (await made.answer()).json()
    assert said["finish_reason"] == "timeout"
    assert "".join(RUNAWAY).startswith(said["reply"])
