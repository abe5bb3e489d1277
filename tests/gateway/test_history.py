"""What of a conversation a question is sent with: its newest messages, however long it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from AvatarChatbot import history
from comps.cores.proto.api_protocol import MAX_MESSAGES, ChatCompletionRequest
from comps.storage.conversations import Conversations, Turn, TurnStatus
from comps.storage.records import Records


def _turns(count: int, reply: str = "answer", status: TurnStatus = TurnStatus.DONE) -> list[Turn]:
    return [
        Turn(
            id=str(n), conversation_id="c", created_at=0, question=f"question {n}", reply=reply and f"{reply} {n}", status=status
        )
        for n in range(count)
    ]


def test_a_short_conversation_is_sent_whole() -> None:
    assert [message["content"] for message in history.of_turns(_turns(2))] == ["question 0", "answer 0", "question 1", "answer 1"]


def test_of_a_long_one_the_newest_turns_are_sent() -> None:
    messages = history.of_turns(_turns(5000))
    assert len(messages) == 2 * history.MAX_TURNS
    assert messages[0] == {"role": "user", "content": f"question {5000 - history.MAX_TURNS}"}
    assert messages[-1]["content"] == "answer 4999"


def test_of_long_messages_fewer_are_sent_and_whole_turns() -> None:
    messages = history.of_turns(_turns(100, reply="x" * 15_000))
    assert sum(len(message["content"]) for message in messages) <= history.MAX_CHARS
    assert messages[0]["role"] == "user"
    assert 20 < len(messages) < 30


def test_what_nobody_heard_is_not_sent() -> None:
    assert history.of_turns([*_turns(1, reply=""), *_turns(1, status=TurnStatus.FAILED)]) == []
    assert len(history.of_turns(_turns(1, status=TurnStatus.CUT))) == 2


def test_a_clients_own_system_message_is_kept() -> None:
    system = {"role": "system", "content": "Be brief."}
    said = [{"role": "user" if n % 2 == 0 else "assistant", "content": str(n)} for n in range(3000)]
    kept = history.newest([system, *said])
    assert kept[0] == system
    assert kept[1]["role"] == "user"
    assert kept[-1]["content"] == "2999"
    # A conversation that the other side began keeps its beginning while it is short.
    assert history.newest(said[1:4]) == said[1:4]


@pytest.mark.anyio
async def test_of_a_stored_conversation_only_the_last_turns_are_read(tmp_path: Path) -> None:
    records = Records(f"sqlite+aiosqlite:///{tmp_path}/records.db")
    conversations = Conversations(records)
    begun = await conversations.create()
    for n in range(12):
        turn = await conversations.add_turn(begun.id, f"question {n}")
        failed = n % 3 == 0
        await conversations.end_turn(turn.id, TurnStatus.FAILED if failed else TurnStatus.DONE, reply=f"answer {n}")
    found = await conversations.recent(begun.id, 4)
    assert [turn.question for turn in found.turns] == [f"question {n}" for n in (7, 8, 10, 11)]
    assert found.id == begun.id
    await records.close()


def test_a_request_of_any_length_is_read() -> None:
    system = {"role": "system", "content": "Be brief."}
    said = [{"role": "user" if n % 2 == 0 else "assistant", "content": str(n)} for n in range(20_001)]
    request = ChatCompletionRequest(messages=[system, *said])
    assert len(request.messages) == MAX_MESSAGES + 1
    assert (request.messages[0].content, request.messages[-1].content) == ("Be brief.", "20000")
