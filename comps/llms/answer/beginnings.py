"""How answers begin that are not meant to be read: thoughts whose opening mark the chat template wrote, or that have none."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from itertools import product

#: Before "the user" and the like, in thoughts.
_STARTS = (
    *("", "okay, ", "okay, so ", "ok, ", "ok, so ", "alright, ", "alright, so ", "hmm, "),
    *("so, ", "so ", "well, ", "first, ", "now, "),
)
#: What a model writes of the one that it will answer, and of its work, when it writes to itself. Nobody who answers begins so.
_OF_THE_USER = tuple(
    f"the user{verb}"
    for verb in (" ask", " want", " is ", " said", " say", " just", " has ", " wrote", " greet", " would", "'s ", "’s ", " need")
)
_OF_THE_WORK = (
    "i need to answer",
    "i need to respond",
    "i need to figure",
    "i need to think",
    "i need to explain",
    "i should answer",
    "i should respond",
    "i have to answer",
    "we need to answer",
    "we need to respond",
    "we need to produce",
    "we need to figure",
    "we should answer",
    "we should respond",
    "we are asked",
    "we're asked",
    "let me think",
    "let's think",
    "let me figure",
    "let me break",
    "let's break",
    "let's tackle",
    "let me tackle",
    "let me analyze",
    "let's analyze",
    "this is a question about",
    "the question is",
    "the question asks",
    "they're asking",
    "they are asking",
    "someone is asking",
    "they want to know",
    "they want me to",
)
_OTHERS = (
    "thinking process:",
    "thought process:",
    "here's a thinking process",
    "here is a thinking process",
    "好的，用户",
    "好的,用户",
    "好，用户",
    "嗯，用户",
    "嗯，",
    "用户问",
    "用户想",
    "用户在",
    "用户希望",
    "用户要求",
    "首先，用户",
    "首先，我需要",
    "我需要回答",
)
_TO_ITSELF = sorted({*(a + b for a, b in product(_STARTS, (*_OF_THE_USER, *_OF_THE_WORK))), *_OTHERS})
#: Beginnings of thoughts that have an end of their own, and that end: Granite 3.2, Apriel, gpt-oss where the server leaves its
#: special tokens out.
_WITH_ENDS = {
    "here is my thought process:": "here is my response:",
    "here's my thought process:": "here's my response:",
    "here are my reasoning steps:": "[begin final response]",
    "analysis": "assistantfinal",
}
#: functionary's addresses; a role, where the template is another model's.
_LEFT_OUT = (">>>all\n", "assistant:\n", "assistant\n")
_ALL = sorted({*_TO_ITSELF, *_WITH_ENDS, *_LEFT_OUT})
LONGEST = max(map(len, _ALL)) + 1


@dataclass(frozen=True)
class Beginning:
    """``is_to_itself``: the model thinks, or seems to. ``end``: what its thoughts end with. ``left_out``: characters of a
    mark.
    """

    is_to_itself: bool = False
    end: str = ""
    left_out: int = 0


def beginning_of(text: str) -> Beginning | None:
    """How an answer begins of which ``text`` is known; None while that may yet become one of the above."""
    known = text.lower()
    if known in _ALL or _is_begun(known):
        return None
    for mark in _LEFT_OUT:
        if known.startswith(mark):
            return Beginning(left_out=len(mark))
    for begin, end in _WITH_ENDS.items():
        # "analysisThe user asks", not "analysis of blood".
        if known.startswith(begin) and (begin != "analysis" or text[len(begin)].isupper()):
            return Beginning(is_to_itself=True, end=end)
    return Beginning(is_to_itself=known.startswith(tuple(_TO_ITSELF)))


def _is_begun(known: str) -> bool:
    """Whether a beginning begins with all of ``known``."""
    at = bisect_left(_ALL, known)
    return at < len(_ALL) and _ALL[at].startswith(known)
