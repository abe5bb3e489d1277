"""The earlier messages of a conversation that a question is sent with: the newest ones, as many as any model would read."""

from __future__ import annotations

from collections.abc import Sequence

from comps.storage.conversations import Turn

#: Turns, and characters of all messages together, about 50,000 tokens. The llm service cuts them to what its model can read.
MAX_TURNS, MAX_CHARS = 200, 200_000

Messages = list[dict[str, str]]


def newest(messages: Sequence[dict[str, str]]) -> Messages:
    """The newest ``messages`` within both limits, beginning with a user's. System messages are all kept, in front."""
    system = [message for message in messages if message["role"] == "system"]
    others = [message for message in messages if message["role"] != "system"]
    kept, left = 0, MAX_CHARS
    for message in reversed(others[-2 * MAX_TURNS :]):
        left -= len(message["content"])
        if left < 0:
            break
        kept += 1
    begin = len(others) - kept
    while 0 < begin < len(others) and others[begin]["role"] != "user":
        begin += 1
    return [*system, *others[begin:]]


def of_turns(turns: Sequence[Turn]) -> Messages:
    """Chat messages of the turns that were answered, or cut: what was said in them."""
    messages: Messages = []
    for turn in turns:
        if turn.is_said:
            messages += [{"role": "user", "content": turn.question}, {"role": "assistant", "content": turn.reply}]
    return newest(messages)
