"""An answer of nothing but emoji is shown, in silence."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from AvatarChatbot.nodes import AvatarOrchestrator, _speech_requests
from AvatarChatbot.request import AvatarChatRequest
from AvatarChatbot.turn import Clause, Turn
from comps.cores.errors import NothingToSpeak, RelayedProblem
from comps.cores.proto.avatar import SpeechRequest

pytestmark = pytest.mark.anyio
NODE = "tts/MicroService"


async def _requests(turn: Turn, *pieces: str) -> list[SpeechRequest]:
    async def feed() -> AsyncIterator[str]:
        for piece in pieces:
            turn.reply += piece
            yield piece

    return [request async for request in _speech_requests(feed(), turn, 300.0)]


@pytest.fixture
def turn() -> Turn:
    return Turn(AvatarChatRequest(text="Hi"), avatar_media=b"", persona=None, history=[], seed=0)


async def test_emoji_are_a_clause_of_silence(turn: Turn) -> None:
    (request,) = await _requests(turn, "👍", "🙂")
    assert request.text == "👍🙂"
    refused = RelayedProblem(NothingToSpeak("text: holds nothing that can be spoken", field="text").document(), node="tts")
    orchestrator = AvatarOrchestrator(1000)
    silence = orchestrator.align_failure(refused, NODE, request, turn=turn)
    clause = orchestrator.align_outputs(silence.model_dump(), NODE, None, None, {}, turn=turn)
    assert isinstance(clause, Clause)
    assert (clause.text, clause.words) == ("👍🙂", [])
    assert 1 < clause.end_s - clause.start_s < 3


async def test_emoji_beside_words_are_not_asked_for(turn: Turn) -> None:
    assert [request.text.strip() for request in await _requests(turn, "👍 All is well. ", "🙂")] == ["👍 All is well."]


async def test_of_nothing_nothing_is_asked_for(turn: Turn) -> None:
    assert await _requests(turn, " \n") == []
