"""A clause in which nothing can be spoken does not fail the answer that it is in."""

from __future__ import annotations

import pytest

from AvatarChatbot.nodes import AvatarOrchestrator
from AvatarChatbot.request import AvatarChatRequest
from AvatarChatbot.turn import Clause, Turn
from comps.cores.errors import BadInput, NodeError, NothingToSpeak, Problem, RelayedProblem, UnknownVoice
from comps.cores.proto.avatar import Speech, SpeechRequest

NODE = "tts/MicroService"


@pytest.fixture
def turn() -> Turn:
    return Turn(AvatarChatRequest(text="Hi"), avatar_media=b"", persona=None, history=[], seed=0)


def place(turn: Turn, text: str, speech: Speech) -> Clause:
    turn.asked_clauses.append(text)
    placed = AvatarOrchestrator(1000).align_outputs(speech.model_dump(), NODE, None, None, {}, turn=turn)
    assert isinstance(placed, Clause)
    return placed


def test_a_clause_with_nothing_to_be_spoken_is_a_moment_of_silence(turn: Turn) -> None:
    refused = RelayedProblem(NothingToSpeak("text: holds nothing that can be spoken", field="text").document(), node="tts")
    silence = AvatarOrchestrator(1000).align_failure(refused, NODE, SpeechRequest(text="<!-- a -->"), turn=turn)
    clause = place(turn, "<!-- a -->", silence)
    assert 0 < clause.end_s - clause.start_s < 0.3
    assert clause.is_spoken
    spoken = Speech(pcm=bytes(48_000), sample_rate=24_000, phonemes=[(0.0, 1.0, "a")], voice="heart", engine="hibari")
    assert place(turn, "Hello.", spoken).start_s == clause.end_s
    assert (turn.engines["tts"], turn.spoken_voice) == ("hibari", "heart")


@pytest.mark.parametrize(
    "error",
    [
        RelayedProblem(UnknownVoice("voice: there is none", field="voice").document(), node="tts"),
        RelayedProblem(BadInput("text: no voice here speaks Klingon", field="text").document(), node="tts"),
        NodeError("is broken", node="tts"),
    ],
)
def test_what_is_wrong_with_the_request_or_the_service_still_fails_it(turn: Turn, error: Problem) -> None:
    with pytest.raises(type(error)):
        AvatarOrchestrator(1000).align_failure(error, NODE, SpeechRequest(text="Hello."), turn=turn)
