"""Recognition while somebody speaks, over the service's socket."""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import numpy as np
import pytest
from websockets.asyncio.client import connect

from AvatarChatbot.live.recogniser import Utterance, utterance
from benchmarks.word_errors import spoken, word_errors
from comps import MicroService
from comps.cores.common.settings import AsrSettings
from comps.cores.errors import NodeUnavailable, RelayedProblem
from comps.cores.proto.avatar import Transcript
from comps.media.audio import decode_audio
from tests.asr.flite import QUESTIONS, VOICES, say
from tests.e2e.mesh import free_port

pytestmark = pytest.mark.anyio


def _spoken(text: str, voice: str, folder: Path) -> bytes:
    """With the silence before and after that a microphone hears."""
    silence = np.random.default_rng(1).normal(0, 8, 4800).astype("<i2").tobytes()
    return silence + decode_audio(say(text, voice, folder), rate=16_000).samples.astype("<i2").tobytes() + silence


async def _answers(speech: Utterance) -> AsyncIterator[str | Transcript]:
    while True:
        answer = await speech.answer()
        yield answer
        if isinstance(answer, Transcript):
            return


async def _recognised(url: str, pieces: list[bytes]) -> tuple[str, list[str]]:
    """The final text, and the partial ones before it."""
    async with utterance(url) as speech:
        for piece in pieces:
            await speech.feed(piece)
        await speech.finish()
        texts = [answer if isinstance(answer, str) else answer.asr_result async for answer in _answers(speech)]
    return texts[-1], texts[:-1]


def _pieces(pcm: bytes, size: int = 1920) -> list[bytes]:
    return [pcm[at : at + size] for at in range(0, len(pcm), size)]


async def test_questions_are_understood_nearly_as_well_as_from_recordings(service: MicroService, tmp_path: Path) -> None:
    errors = 0
    asked = QUESTIONS[::3]
    for number, question in enumerate(asked):
        pcm = _spoken(question, VOICES[number % len(VOICES)], tmp_path)
        text, _ = await _recognised(service.base_url, _pieces(pcm))
        errors += word_errors(question, text)
    assert errors / sum(len(question.split()) for question in asked) <= 0.15


async def test_words_come_while_somebody_speaks(service: MicroService, tmp_path: Path) -> None:
    pcm = _spoken("what do you want to be when you grow up", "rms", tmp_path)
    async with utterance(service.base_url) as speech:
        for piece in _pieces(pcm):
            await speech.feed(piece)
            await anyio.sleep(0.02)
        await speech.finish()
        texts = [answer if isinstance(answer, str) else answer.asr_result async for answer in _answers(speech)]
    assert len(texts) > 1
    assert any(len({*spoken(partial)} & {*spoken(texts[-1])}) >= 3 for partial in texts[:-1])


async def test_a_pause_that_was_the_end_and_one_that_was_not(service: MicroService, tmp_path: Path) -> None:
    first, second = (_spoken(text, "rms", tmp_path) for text in ("what is your name", "and where do you live"))
    async with utterance(service.base_url) as speech:
        await speech.feed(first)
        await speech.pause()
        await speech.feed(second)
        await speech.pause()
        await speech.finish()
        texts = [answer.asr_result async for answer in _answers(speech) if isinstance(answer, Transcript)]
    assert len(texts) == 1
    assert word_errors("what is your name and where do you live", texts[0]) <= 1


async def test_how_messages_are_cut_does_not_matter(service: MicroService, tmp_path: Path) -> None:
    pcm = _spoken("how far is the moon from the earth", "slt", tmp_path)
    whole, _ = await _recognised(service.base_url, _pieces(pcm))
    for seed in range(2):
        rng = random.Random(seed)
        pieces, at = [], 0
        while at < len(pcm):
            size = rng.choice([1, 333, 640, 2001, 6400])
            pieces.append(pcm[at : at + size])
            at += size
        text, _ = await _recognised(service.base_url, pieces)
        assert word_errors(whole, text) <= 2


async def test_silence_is_said_to_be_silence_and_the_socket_goes_on(service: MicroService) -> None:
    async with connect(service.base_url.replace("http", "ws") + "/v1/asr/stream", proxy=None) as socket:
        for _ in range(2):
            await socket.send(json.dumps({"type": "start"}))
            await socket.send(bytes(32_000))
            await socket.send(json.dumps({"type": "finish"}))
            answer = json.loads(await socket.recv())
            assert (answer["type"], answer["problem"]["code"]) == ("error", "no_speech")


async def test_more_speakers_than_workers_are_all_understood(service: MicroService, tmp_path: Path) -> None:
    pcm = _spoken("do you like cats or dogs better", "rms", tmp_path)
    texts: list[str] = []

    async def one() -> None:
        texts.append((await _recognised(service.base_url, _pieces(pcm)))[0])

    async with anyio.create_task_group() as tasks:
        for _ in range(4):
            tasks.start_soon(one)
    assert len(texts) == 4
    assert len(set(texts)) == 1
    assert word_errors("do you like cats or dogs better", texts[0]) <= 1


async def test_who_leaves_leaves_nothing_behind(service: MicroService, tmp_path: Path) -> None:
    pcm = _spoken("have you ever been to japan", "rms", tmp_path)
    rng = random.Random(2)
    for _ in range(12):
        with anyio.move_on_after(rng.uniform(0, 0.08)):
            await _recognised(service.base_url, _pieces(pcm))
    text, _ = await _recognised(service.base_url, _pieces(pcm))
    assert "japan" in spoken(text)


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        (["hello"], "invalid_request"),
        ([b"\0\0"], "invalid_request"),
        (['{"type": "finish"}'], "invalid_request"),
        (['{"type": "start", "language": "fr"}', '{"type": "finish"}'], "invalid_request"),
        (['{"type": "start"}', '{"type": "start"}'], "invalid_request"),
        (['{"type": "start"}', bytes(3_900_000), '{"type": "finish"}'], "too_large"),
    ],
)
async def test_mistakes_are_explained(service: MicroService, messages: list[str | bytes], code: str) -> None:
    async with connect(service.base_url.replace("http", "ws") + "/v1/asr/stream", proxy=None) as socket:
        for message in messages:
            await socket.send(message)
        answer = json.loads(await socket.recv())
        assert (answer["type"], answer["problem"]["code"]) == ("error", code)


async def test_a_service_that_is_not_there_is_named() -> None:
    with pytest.raises(NodeUnavailable) as caught:
        async with utterance(f"http://127.0.0.1:{free_port()}"):
            pass
    assert caught.value.node == "asr"


async def test_no_speech_is_relayed(service: MicroService) -> None:
    with pytest.raises(RelayedProblem) as caught:
        await _recognised(service.base_url, [bytes(32_000)])
    assert caught.value.code == "no_speech"


async def test_engines_that_take_recordings_only_listen_too(service: MicroService, tmp_path: Path) -> None:
    """Our own service is an OpenAI-compatible server as well."""
    settings = AsrSettings(engine="openai_compatible", endpoint=f"{service.base_url}/v1")
    from comps.asr.engines.openai_compatible import OpenAICompatibleEngine

    engine = OpenAICompatibleEngine(settings)
    await engine.start()
    try:
        async with engine.listen("en") as recognition:
            for piece in _pieces(_spoken("what is your name", "rms", tmp_path)):
                assert await recognition.feed(piece) == ""
            assert spoken((await recognition.result()).asr_result) == ["what", "is", "your", "name"]
    finally:
        await engine.stop()
