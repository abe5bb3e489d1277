"""The marks that chat templates put around what a model says: a table of what each means, and how they are found in text.

Sources: the templates (``chat_template.jinja``) of the models named below, and the parsers of vLLM, SGLang and llama.cpp.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto


class Kind(Enum):
    """What a mark does."""

    #: Nothing: it is left out.
    DROP = auto()
    #: The turn is over.
    END = auto()
    #: Thoughts begin, and end.
    THINK = auto()
    UNTHINK = auto()
    #: A tool call, or what a tool said, begins and ends.
    CALL = auto()
    UNCALL = auto()
    #: A message begins; the role follows as text.
    HEADER = auto()
    #: The name of a channel follows (gpt-oss, Gemma 4), or of whom the message is for (functionary).
    CHANNEL = auto()
    #: Somebody else's turn begins, or the model's.
    OTHER = auto()
    MODEL = auto()
    #: Surrounds the answer where thoughts stand before it. Elsewhere it is a tag like any other.
    WRAPPER = auto()


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark at ``start`` … ``end`` of a text. ``family``: a block begins and ends with marks of one family."""

    kind: Kind
    start: int
    end: int
    family: str = ""


_END = (
    "im_end eot_id eom_id end endoftext end_of_text eot end_of_turn end_of_turn_token endofturn return call"
    " stop end_of_sentence end_of_document eos eod eom end_of_utterance eos_token end_of_seq"
)
_THINK = (
    "think thinking thought thoughts reasoning reason reflection scratchpad inner_monologue chain_of_thought cot"
    " cot_budget_reflect begin_of_thought start_thinking think_start unused94"
)
_UNTHINK = "end_of_thought end_thinking think_end unused95"
_CALL = (
    "tool_call tool_calls toolcall toolcalls function_call function_calls tool_calls_section tool_outputs tool_output tool"
    " tool_response tool_responses tool_result tool_results action invoke function parameter python_tag plugin interpreter"
)
_HEADER = (
    "start im_start start_header_id header_start start_of_role start_of_turn role_start turn from im_assistant im_user im_system"
)
_OTHER = (
    "user human system developer observation ipython user_token system_token environment inst sys system_prompt available_tools"
)
_MODEL = "assistant chatbot_token model bot"
_WRAPPER = "answer response final final_answer final_response output solution begin_of_solution end_of_solution"
#: Tags, ``<name>``, that stand alone and mean nothing. Any ``<|name|>`` that has no meaning here is one, too.
_DROP = "s bos pad unk mask sop eop cls sep"

_KINDS: dict[str, Kind] = {
    name: kind
    for names, kind in (
        (_DROP, Kind.DROP),
        (_END, Kind.END),
        (_THINK, Kind.THINK),
        (_UNTHINK, Kind.UNTHINK),
        (_CALL, Kind.CALL),
        (_HEADER, Kind.HEADER),
        ("channel recipient", Kind.CHANNEL),
        (_OTHER, Kind.OTHER),
        (_MODEL, Kind.MODEL),
        (_WRAPPER, Kind.WRAPPER),
    )
    for name in names.split()
}
#: What ends when its mark is closed (``</think>``, ``[/INST]``).
_CLOSED = {Kind.THINK: Kind.UNTHINK, Kind.CALL: Kind.UNCALL, Kind.OTHER: Kind.MODEL, Kind.WRAPPER: Kind.WRAPPER}
#: Names that are ordinary words: only ``<|user|>`` is a mark, ``<user>`` is a tag like any other.
_NO_TAGS = frozenset(
    """end call return stop recipient start from turn channel user human system developer assistant model bot observation
    environment tool action plugin interpreter parameter inst sys header_start im_start""".split()  # noqa: SIM905
)
#: In square brackets, as Mistral, Apriel, GLM, Llama 2, EXAONE and MiniMax have them.
_BRACKETED: dict[str, tuple[Kind, str]] = {
    "[INST]": (Kind.OTHER, ""),
    "[/INST]": (Kind.MODEL, ""),
    "[THINK]": (Kind.THINK, "think"),
    "[/THINK]": (Kind.UNTHINK, "think"),
    "[TOOL_CALLS]": (Kind.CALL, "tool_calls"),
    "[/TOOL_CALLS]": (Kind.UNCALL, "tool_calls"),
    "[ARGS]": (Kind.DROP, ""),
    "[CALL_ID]": (Kind.DROP, ""),
    "[AVAILABLE_TOOLS]": (Kind.OTHER, ""),
    "[/AVAILABLE_TOOLS]": (Kind.DROP, ""),
    "[TOOL_RESULTS]": (Kind.OTHER, ""),
    "[/TOOL_RESULTS]": (Kind.MODEL, ""),
    "[SYSTEM_PROMPT]": (Kind.OTHER, ""),
    "[/SYSTEM_PROMPT]": (Kind.MODEL, ""),
    "[BEGIN FINAL RESPONSE]": (Kind.UNTHINK, "steps"),
    "[END FINAL RESPONSE]": (Kind.END, ""),
    "[gMASK]": (Kind.DROP, ""),
    "[|endofturn|]": (Kind.END, ""),
    "[|assistant|]": (Kind.MODEL, ""),
    "[|user|]": (Kind.OTHER, ""),
    "[|system|]": (Kind.OTHER, ""),
    "[e~[": (Kind.END, ""),
    "◁think▷": (Kind.THINK, "think"),
    "◁/think▷": (Kind.UNTHINK, "think"),
    "<<SYS>>": (Kind.OTHER, ""),
    "<</SYS>>": (Kind.DROP, ""),
}
#: Roles as plain text, on a line of their own or with what is said behind them (Alpaca, Vicuna).
_LINES = {"human": Kind.OTHER, "user": Kind.OTHER, "instruction": Kind.OTHER, "assistant": Kind.MODEL, "response": Kind.MODEL}

#: DeepSeek's bars are U+FF5C, its spaces U+2581; some servers write them as ``|``, ``_`` or spaces.
_MARK = re.compile(
    r"""
      (?P<token> </?\| (?P<bars> [^\s<>|]{1,60} ) \|? > )
    | (?P<wide> </?｜ (?P<wides> [^\s<>｜] [^<>｜\n]{0,60} (?: ｜ [a-z_]{1,40} )? ) ｜? > )
    | (?P<left> < (?P<bar> [a-z_]{1,30} ) [|｜] > )
    | (?P<call> < (?:function|invoke|tool_call) (?: = | \s{1,3} name \s?=) [^<>\n]{1,100} > )
    | (?P<tag> < (?P<slash> /? ) (?: [a-zA-Z]{1,12} [:_] )?? (?P<name> [a-zA-Z][a-zA-Z0-9_]{0,30} ) \s? (?P<empty> /? ) > )
    | (?P<word> """
    + "|".join(re.escape(word).replace("\\ ", r"\ ") for word in sorted(_BRACKETED, key=len, reverse=True))
    + r""" )
    | (?P<line> ^\#{3} \  (?: Human | User | Instruction | Assistant | Response ) : )
    | (?P<code> `{1,40} | ^ [ ]{0,3} ~{3,40} )
    """,
    re.VERBOSE | re.MULTILINE,
)
#: Longer than any mark, characters.
LONGEST_MARK = 140
_BEGUN = re.compile(
    r"<[/|｜]?[|｜]?[^\s<>]{0,63}|</?｜[^<>\n]{0,103}|<(?:function|invoke|tool_call)\s{1,3}(?:n|na|nam|name\s?=?[^<>\n]{0,100})?"
    r"|<(?:/?[a-zA-Z_:]{1,31}) |<<|<</?S?Y?S?>?"
)
_LINE_BEGUN = re.compile(r"(?:^|\n)(#{1,3}(?: (?:[A-Z][a-z]{0,11})?)?|[ ]{1,3}|[ ]{0,3}~{1,40})\Z")


def find(text: str, at: int, *, at_line_start: bool) -> tuple[Mark | None, re.Match[str] | None]:
    """The first mark, or run of backticks or tildes, of ``text`` at or after ``at``: one of both, or neither.

    ``at_line_start``: whether the text's first character begins a line.
    """
    while (found := _MARK.search(text, at)) is not None:
        at = found.start() + 1
        if found.start() == 0 and not at_line_start and (found["line"] or (found["code"] or "`")[-1] == "~"):
            continue
        if found["code"]:
            return None, found
        if (mark := _meaning(found)) is not None:
            return mark, None
    return None, None


def _meaning(found: re.Match[str]) -> Mark | None:
    start, end = found.span()
    if found["word"]:
        kind, family = _BRACKETED[found["word"]]
        return Mark(kind, start, end, family)
    if found["call"]:
        return Mark(Kind.CALL, start, end, found["call"][1:].partition("=")[0].split()[0])
    if found["line"]:
        return Mark(_LINES[found["line"].lstrip("# ")[:-1].lower()], start, end)
    if found["token"] or found["wide"]:
        return _token(found[0], found["bars"] or found["wides"], start, end)
    if found["left"]:
        # Gemma 4 ends so what it begins with <|channel> and <|tool_call>.
        name = found["bar"]
        kind = {"channel": Kind.UNTHINK, "turn": Kind.END}.get(name, Kind.UNCALL)
        return Mark(kind, start, end, name)
    return _tag(found)


def _token(token: str, bars: str, start: int, end: int) -> Mark:
    name = bars.replace("▁", "_").replace(" ", "_").replace("｜", "|").strip("_").lower()
    # DeepSeek 3.2 has <｜DSML｜function_calls>.
    name = name.rpartition("|")[2]
    is_closed = token.startswith("</") or name.startswith("/")
    name = name.lstrip("/")
    for ending in ("_begin", "_start", "_end"):
        if name.endswith(ending) and _KINDS.get(name.removesuffix(ending)) in (Kind.CALL, Kind.THINK):
            is_closed, name = is_closed or ending == "_end", name.removesuffix(ending)
    for beginning in ("start_", "end_"):
        if name.startswith(beginning) and _KINDS.get(name.removeprefix(beginning)) is Kind.CALL:
            is_closed, name = is_closed or beginning == "end_", name.removeprefix(beginning)
    kind = _KINDS.get(name, Kind.DROP)
    return Mark(_CLOSED.get(kind, kind) if is_closed else kind, start, end, name)


def _tag(found: re.Match[str]) -> Mark | None:
    name = found["name"].lower()
    if name.startswith("unused") and name[6:].isdigit():
        return Mark(_KINDS.get(name, Kind.DROP), *found.span(), family=name)
    kind = _KINDS.get(name)
    if kind is None:
        # <longcat_think>, <minimax:tool_call>
        family = name.partition("_")[2]
        name, kind = family, _KINDS.get(family)
        kind = kind if kind in (Kind.THINK, Kind.CALL) else None
    if kind is None or name in _NO_TAGS:
        return None
    if found["slash"]:
        # </s> is the end of a text for most models, and <s> its beginning.
        kind = Kind.END if name == "s" else _CLOSED.get(kind, kind)
    if found["empty"]:
        kind = Kind.DROP if kind in (Kind.THINK, Kind.CALL, Kind.DROP) else kind
    return Mark(kind, *found.span(), family=name)


def begun(text: str, *, at_line_start: bool) -> int:
    """Where at the end of ``text`` a mark may have begun; its length where none has."""
    tail_at = max(0, len(text) - LONGEST_MARK)
    for sign in "<[◁":
        at = text.rfind(sign, tail_at)
        if at < 0:
            continue
        starts = (at - 1, at) if at > 0 and text[at - 1] == "<" else (at,)
        for start in starts:
            if (sign == "<" and _BEGUN.fullmatch(text, start)) or any(word.startswith(text[start:]) for word in _BRACKETED):
                return start
    if text.endswith("`"):
        return max(len(text.rstrip("`")), len(text) - 40)
    if (line := _LINE_BEGUN.search(text, tail_at)) and (line.start() or at_line_start or text.startswith("\n")):
        return line.start(1)
    return len(text)
