"""What a model says, without its thoughts, its tool calls and the marks of its chat template.

Text is looked at as it comes, and the same text gives the same answer however it is cut into pieces. Nothing waits but what may
be, or may become, a mark: "<", until the next character.

A mark is text where somebody speaks of it: in code, in quotes or brackets, or amid a sentence ("the </s> token").
"""

from __future__ import annotations

import re
from enum import Enum, auto

from pydantic_core import from_json

from comps.llms.answer import markers
from comps.llms.answer.beginnings import beginning_of
from comps.llms.answer.markers import Kind, Mark

#: Characters that marks and code begin with, and those that are looked at together with the next.
_SIGNS = re.compile(r"[<\[◁`]|(?:\A|\n)[ ]{0,3}[#~]|[\s#~]\Z")
_QUOTES = {"`": "`", '"': '"', "'": "'", "(": ")", "“": "”", "„": "“", "«": "»", "‘": "’", "「": "」", "『": "』"}
#: Amid a sentence: a word and a space before, a space and a small letter or a stop after.
_WORD_BEFORE = re.compile(r"(?:[^\W_]|>)[,;:]?[ ]\Z")
_GOES_ON = re.compile(r"[,;:.!?)]|[ ]{1,2}[^\W\d_A-Z]")
#: Who speaks, after a mark that a message begins with, and in gpt-oss the tool that it speaks to.
_ROLE = re.compile(r"\s*([A-Za-z_]{1,20})(?:[ ]to=[^\s<]{1,100})?(?=[^A-Za-z_])\n?")
_ROLES_OF_MODEL = frozenset(["assistant", "model", "ai", "bot", "gpt", "chatbot"])
_OTHER_ROLES = frozenset(["user", "human", "system", "developer", "tool", "ipython", "function", "environment", "observation"])
#: The end of a channel's name.
_CHANNEL_END = re.compile(r"<\|(?:message|content)\|>|\n")
_LONGEST_CHANNEL, _LONGEST_ROLE = 200, 130
_BLANK_LINE = re.compile(r"\n[ \t]*\n")
#: Characters of an answer that may all be thoughts. Longer answers are none.
_LONGEST_HELD = 64_000
_LONGEST_SPACE = 1000
#: Characters that are looked at together.
_SLICE = 2048
_CONTEXT = 48
_JSON_CALL = re.compile(r'[\[{\s]{1,20}"(?:name|function|tool|tool_name)"\s*:\s*["{]')
_JSON_BEGUN = 40


class _State(Enum):
    BEGIN = auto()
    #: What comes may be thoughts whose opening mark the template wrote.
    HELD = auto()
    TEXT = auto()
    THOUGHT = auto()
    CALL = auto()
    ROLE = auto()
    CHANNEL = auto()
    #: Somebody else speaks.
    OTHER = auto()
    OVER = auto()


class Cleaner:
    """``feed`` it what the model writes, then ``end`` it; both return what of it is said.

    ``opens_thoughts``: whether the chat template writes the mark that thoughts begin with, so that the answer has only the one
    that ends them; then nothing is said before that one. None: it is not known, and only an answer that begins as thoughts do
    is held back. Where such a mark comes late, ``is_taken_back`` is set: all that was said so far were thoughts.
    """

    def __init__(self, *, opens_thoughts: bool | None = None) -> None:
        #: What there was beside the answer.
        self.has_thoughts = self.has_calls = False
        #: A mark that ends thoughts came without one that begins them.
        self.has_unopened_thoughts = False
        self.is_taken_back = False
        self._opens_thoughts = opens_thoughts
        self._state = _State.HELD if opens_thoughts else _State.BEGIN
        self._text = ""
        self._out: list[str] = []
        self._said = False
        #: White space at the end of what was said, which is left out before a mark.
        self._space = ""
        self._after_mark = False
        self._context = ""
        #: The length of the run of backticks or tildes that began code; a fence is on lines of its own.
        self._code, self._is_fence = "", False
        self._held: list[str] = []
        self._held_size = 0
        #: What a block ends with, beside marks.
        self._family, self._words = "", ""
        #: A mark that thoughts or calls seemed to begin with, amid a sentence: with what follows, until it is closed.
        self._doubted: list[str] | None = None
        self._is_final = False
        self._struck = 0
        #: Where a mark is of which it is not known yet whether it is quoted.
        self._unsettled = 0

    @property
    def is_over(self) -> bool:
        """Whether the model has ended its answer, whatever it goes on to write."""
        return self._state is _State.OVER

    @property
    def has_said(self) -> bool:
        return self._said

    def feed(self, text: str) -> str:
        if self._state is _State.TEXT and not self._text and not _SIGNS.search(text):
            self._say(text)
        else:
            # What is left of the text is copied after every mark.
            for at in range(0, len(text), _SLICE):
                self._text += text[at : at + _SLICE]
                self._work()
        return self._taken()

    def end(self, *, is_whole: bool = True) -> str:
        """``is_whole``: the model came to its end by itself, and was not cut for its length."""
        self._is_final = True
        self._work()
        if (
            self._state is _State.CALL
            and self._family == "json"
            and self._doubted is not None
            and _is_call("".join(self._doubted))
        ):
            self._doubted, self.has_calls = None, True
        if self._state is _State.HELD or self._doubted is not None:
            if is_whole or (self._doubted is not None and self._said):
                self._release(is_final=True)
            else:
                self.has_thoughts = True
        self._leave_out_space() if self._after_mark else self._say_space()
        return self._taken()

    def _taken(self) -> str:
        out = "".join(self._out)
        self._out.clear()
        return out

    def _work(self) -> None:
        steps = {
            _State.BEGIN: self._begin,
            _State.HELD: self._hold,
            _State.TEXT: self._read,
            _State.THOUGHT: self._think,
            _State.CALL: self._call,
            _State.ROLE: self._role,
            _State.CHANNEL: self._channel,
            _State.OTHER: self._skip,
        }
        while self._state is not _State.OVER and steps[self._state]():
            pass
        if self._state is _State.OVER:
            self._text = ""

    # What is said

    def _say(self, text: str) -> None:
        if self._after_mark:
            if not self._said or self._space:
                text = text.lstrip()
            if not text:
                return
            self._after_mark = False
        body = text.rstrip()
        if not body:
            self._space += text
            if len(self._space) > _LONGEST_SPACE:
                self._say_space()
            return
        said = self._space + body
        if self._code and not self._is_fence and _BLANK_LINE.search(self._context[-2:] + said):
            self._code = ""
        self._out.append(said)
        self._space = text[len(body) :]
        self._said = True
        self._context = (self._context + said)[-_CONTEXT:] if len(said) < _CONTEXT else said[-_CONTEXT:]

    def _say_space(self) -> None:
        if self._space:
            self._out.append(self._space)
            self._context = (self._context + self._space)[-_CONTEXT:]
            self._space = ""

    def _leave_out_space(self) -> None:
        self._space = ""

    def _mark(self) -> None:
        """A mark is left out here."""
        self._after_mark = True
        if not self._said:
            self._leave_out_space()

    @property
    def _before(self) -> str:
        return self._context + self._space

    @property
    def _at_line_start(self) -> bool:
        before = self._before
        line = before.rpartition("\n")
        return not line[2].strip(" ") and (bool(line[1]) or not self._said)

    # The states. Each step returns whether there is more to do.

    def _begin(self) -> bool:
        text = self._text.lstrip()
        if not text:
            if self._is_final or len(self._text) > _LONGEST_SPACE:
                self._state = _State.TEXT
                return True
            return False
        if text[0] in "{[" and not self._is_final and len(text) < _JSON_BEGUN and "\n\n" not in text:
            return False
        if _JSON_CALL.match(text):
            self._enter(_State.CALL, family="json", doubted=True)
            return True
        beginning = beginning_of(text)
        if beginning is None and not self._is_final:
            return False
        if beginning is None:
            self._state = _State.TEXT
        elif beginning.left_out:
            self._text = text[beginning.left_out :]
            self._mark()
            self._state = _State.TEXT
        elif beginning.end:
            self._enter(_State.THOUGHT, words=beginning.end, doubted=True)
        else:
            self._state = _State.HELD if beginning.is_to_itself and self._opens_thoughts is not False else _State.TEXT
        return True

    def _hold(self) -> bool:
        """Text that may be thoughts: until a mark tells."""
        mark = self._next(Kind.UNTHINK, Kind.THINK, Kind.END, Kind.HEADER, Kind.CHANNEL, Kind.OTHER)
        if mark is None:
            self._keep(len(self._text) if self._is_final else self._settled())
            return False
        is_first = not self._held_size and not self._text[: mark.start].strip()
        if mark.kind is Kind.UNTHINK:
            self._held, self._held_size = [], 0
            self._text = self._text[mark.end :]
            self.has_thoughts = self.has_unopened_thoughts = True
            self._mark()
            self._state = _State.TEXT
        elif mark.kind is Kind.THINK and not is_first:
            self._keep(mark.start)
            self._release()
        elif is_first:
            self._state = _State.TEXT
        else:
            self._keep(mark.start)
            self._release()
        return True

    def _keep(self, until: int) -> None:
        if until <= 0:
            return
        kept, self._text = self._text[:until], self._text[until:]
        if self._held_size < _LONGEST_HELD:
            self._held.append(kept)
            self._held_size += len(kept)

    def _release(self, *, is_final: bool = False) -> None:
        """What was held back is the answer after all."""
        held = self._doubted if self._doubted is not None else self._held
        text = "".join(held) + self._text
        was_doubted = self._doubted is not None
        self._held, self._held_size, self._doubted = [], 0, None
        self._state, self._text = _State.TEXT, text
        if was_doubted:
            # The mark is text; others after it are what they are.
            first = markers.find(text, 0, at_line_start=False)[0]
            end = first.end if first is not None and first.start == 0 else 1
            self._say(text[:end])
            self._text = text[end:]
        if is_final:
            self._work()
            if self._doubted is not None:
                self._release(is_final=True)

    def _read(self) -> bool:
        mark, code = markers.find(self._text, 0, at_line_start=self._at_line_start)
        settled = len(self._text) if self._is_final else markers.begun(self._text, at_line_start=self._at_line_start)
        start = code.start("code") if code is not None else mark.start if mark is not None else settled
        if start >= settled or (mark is None and code is None):
            self._say(self._text[:settled])
            self._text = self._text[settled:]
            return False
        if start:
            self._say(self._text[:start])
            self._text = self._text[start:]
            return True
        if code is not None:
            run = code["code"]
            self._note_code(run.strip(" "))
            self._say(run)
            self._text = self._text[len(run) :]
            return True
        assert mark is not None
        is_text = self._is_text(mark)
        if is_text is None:
            return False
        taken, self._text = self._text[: mark.end], self._text[mark.end :]
        if is_text:
            self._say(taken)
        else:
            self._obey(mark, taken)
        return True

    def _note_code(self, run: str) -> None:
        if self._is_fence:
            if run.startswith(self._code) and self._at_line_start:
                self._code, self._is_fence = "", False
        elif self._code:
            if run == self._code:
                self._code = ""
        elif len(run) >= 3 and self._at_line_start:
            self._code, self._is_fence = run, True
        elif run[0] == "`":
            self._code = run

    def _is_text(self, mark: Mark) -> bool | None:
        """Whether somebody speaks of ``mark``, at the beginning of the text; None while what follows is not known."""
        after = self._text[mark.end :]
        if self._code:
            return self._is_text_in_code(mark, after)
        if mark.kind is Kind.WRAPPER and not (self.has_thoughts or not self._said):
            return True
        return self._is_spoken_of(mark, after)

    def _is_spoken_of(self, mark: Mark, after: str) -> bool | None:
        """In quotes, or amid a sentence."""
        before = self._before
        closing = _QUOTES.get(before[-1:], "")
        if not closing and not _WORD_BEFORE.search(before):
            return False
        if len(after.strip(" ")) == 0 and len(after) < 3 and not self._is_final:
            return None
        if closing:
            return after.startswith(closing)
        return mark.kind not in (Kind.THINK, Kind.CALL) and bool(_GOES_ON.match(after))

    def _is_text_in_code(self, mark: Mark, after: str) -> bool | None:
        """In code all marks are text but those with which the model itself ends."""
        if mark.kind is not Kind.END:
            return True
        rest = after.lstrip()
        while rest:
            following, _ = markers.find(rest, 0, at_line_start=False)
            if following is None or following.start:
                is_begun = not self._is_final and markers.begun(rest, at_line_start=False) == 0
                return None if is_begun else True
            if following.kind in (Kind.HEADER, Kind.OTHER, Kind.CHANNEL):
                return False
            if following.kind not in (Kind.END, Kind.DROP):
                return True
            rest = rest[following.end :].lstrip()
        return False if self._is_final else None

    def _obey(self, mark: Mark, taken: str) -> None:
        self._mark()
        match mark.kind:
            case Kind.END:
                self._end_turn(taken)
            case Kind.THINK | Kind.CALL:
                is_thought = mark.kind is Kind.THINK
                is_amid = bool(_WORD_BEFORE.search(self._before)) and bool(re.match(r"[ ,;:.]", self._text or "."))
                self._enter(_State.THOUGHT if is_thought else _State.CALL, family=mark.family, taken=taken, doubted=is_amid)
            case Kind.UNTHINK:
                self._take_back()
            case Kind.HEADER:
                self._state = _State.ROLE
            case Kind.CHANNEL:
                self._state, self._family = _State.CHANNEL, mark.family
            case Kind.OTHER:
                self._state = _State.OVER if self._said else _State.OTHER
            case Kind.DROP if taken.lower() == "<s>" and self._said:
                self._struck += 1

    def _end_turn(self, taken: str) -> None:
        if taken.lower() == "</s>" and self._struck:
            # Struck through, as in HTML.
            self._struck -= 1
            return
        self.has_calls = self.has_calls or taken == "<|call|>"
        self._state = _State.OVER if self._said else _State.TEXT
        self._code = ""

    def _take_back(self) -> None:
        """The end of thoughts that had no beginning: what was said were thoughts."""
        if not self.has_thoughts:
            self.has_thoughts = self.has_unopened_thoughts = True
            self.is_taken_back = self.is_taken_back or self._said
            self._out.clear()
            self._said, self._space, self._context, self._code = False, "", "", ""

    def _enter(self, state: _State, *, family: str = "", words: str = "", taken: str = "", doubted: bool = False) -> None:
        self._state, self._family, self._words = state, family, words
        self._doubted = [taken] if doubted else None
        self._held_size = 0

    def _leave(self, at: int) -> None:
        self._text = self._text[at:]
        self._state, self._doubted = _State.TEXT, None
        self._mark()

    def _think(self) -> bool:
        mark = self._next(Kind.UNTHINK, Kind.END, Kind.HEADER, Kind.CHANNEL)
        if self._words:
            at = self._text.lower().find(self._words)
            if at >= 0 and (mark is None or at <= mark.start):
                self.has_thoughts = True
                self._leave(at + len(self._words))
                return True
        if mark is None:
            self._forget(self._settled())
            return False
        self.has_thoughts = True
        self._leave(mark.end if mark.kind is Kind.UNTHINK else mark.start)
        return True

    def _call(self) -> bool:
        mark = self._next(Kind.UNCALL, Kind.END, Kind.HEADER, Kind.CHANNEL, Kind.OTHER)
        if mark is None:
            self._forget(self._settled())
            return False
        if mark.kind is Kind.UNCALL and mark.family != self._family:
            self._forget(mark.end)
            return True
        self.has_calls = True
        self._leave(mark.end if mark.kind is Kind.UNCALL else mark.start)
        return True

    def _forget(self, until: int) -> None:
        forgotten, self._text = self._text[:until], self._text[until:]
        if self._doubted is not None:
            self._doubted.append(forgotten)
            self._held_size += len(forgotten)
            if self._held_size > _LONGEST_HELD:
                self._doubted = None
        if self._doubted is None:
            if self._state is _State.THOUGHT:
                self.has_thoughts = True
            else:
                self.has_calls = True

    def _settled(self) -> int:
        """Where what may become a mark or the end of a block begins, with the character before it."""
        if self._is_final:
            return len(self._text)
        begun = markers.begun(self._text, at_line_start=False)
        return max(0, min(begun, self._unsettled, len(self._text) - len(self._words)) - 1)

    def _next(self, *kinds: Kind) -> Mark | None:
        """The next mark of these that is no quotation; None where what follows it is not known yet."""
        at, self._unsettled = 0, len(self._text)
        while True:
            mark, code = markers.find(self._text, at, at_line_start=False)
            if code is not None:
                at = code.end()
                continue
            if mark is None:
                return None
            closing = _QUOTES.get(self._text[mark.start - 1 : mark.start], "") if mark.start else ""
            is_quoted = bool(closing) and self._text.startswith(closing, mark.end)
            if closing and mark.end == len(self._text) and not self._is_final:
                self._unsettled = mark.start
                return None
            if mark.kind in kinds and not is_quoted:
                return mark
            at = mark.end

    def _role(self) -> bool:
        found = _ROLE.match(self._text)
        if found is None and len(self._text) < _LONGEST_ROLE and not self._is_final and re.fullmatch(r"\s*[\w =.]*", self._text):
            return False
        role = found[1].lower() if found is not None else ""
        if found is not None and (role in _ROLES_OF_MODEL or role in _OTHER_ROLES):
            self._text = self._text[found.end() :]
            self.has_calls = self.has_calls or " to=" in found[0]
        self._mark()
        if role in _OTHER_ROLES:
            self._state = _State.OVER if self._said else _State.OTHER
        else:
            self._state = _State.TEXT
        return True

    def _channel(self) -> bool:
        found = _CHANNEL_END.search(self._text)
        if found is None and len(self._text) < _LONGEST_CHANNEL and not self._is_final:
            return False
        if found is None or found.start() > _LONGEST_CHANNEL:
            header, self._text = self._text[:_LONGEST_CHANNEL], self._text[_LONGEST_CHANNEL:]
        else:
            header, self._text = self._text[: found.start()], self._text[found.end() :]
        self._mark()
        name = header.strip().partition(" ")[0].partition("<")[0].lower()
        if name in ("final", "all", "user", ""):
            self._state = _State.TEXT
        elif " to=" in header or self._family == "recipient":
            self._enter(_State.CALL)
        else:
            # analysis, thought; commentary is said to tools, or before them.
            self._enter(_State.THOUGHT)
        return True

    def _skip(self) -> bool:
        mark = self._next(Kind.MODEL, Kind.HEADER, Kind.CHANNEL)
        if mark is None:
            self._text = self._text[self._settled() :]
            return False
        self._leave(mark.end if mark.kind is Kind.MODEL else mark.start)
        return True


def _is_call(text: str) -> bool:
    """Whether an answer is a tool call in JSON, as Llama 3 writes them without any mark."""
    try:
        call = from_json(text)
    except ValueError:
        return False
    call = call[0] if isinstance(call, list) and call else call
    return isinstance(call, dict) and bool(call.keys() & {"parameters", "arguments", "function"})
