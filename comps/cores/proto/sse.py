"""Server-sent events, read and written (WHATWG HTML, §9.2 "Server-sent events")."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

MEDIA_TYPE = "text/event-stream"
#: Characters of an event that a parser takes where its reader says nothing else.
LONGEST = 16 << 20
#: Bytes of an event that a relay keeps until it is whole.
_HELD_BYTES = LONGEST
#: An empty line: a line's end, and another.
_EVENT_END = re.compile(rb"(?:\r\n|\n|\r(?!\n))(?:\r\n|\n|\r)")
#: A line of data has begun; or may have, where the bytes end.
_LINE_BEGINS = rb"(?:\A(?:\xef\xbb\xbf)?|[\r\n])"
_HAS_DATA = re.compile(_LINE_BEGINS + b"data:")
_MAY_HAVE_DATA = re.compile(_LINE_BEGINS + rb"(?:data:|(?:d|da|dat|data)\Z)|\A\xef(?:\xbb\xbf?)?\Z")


@dataclass(frozen=True)
class Event:
    """One event: its data (lines joined by newlines) and its type."""

    data: str
    type: str = "message"


def format_event(data: str, event: str | None = None, id: int | None = None) -> bytes:
    """An event as bytes; line breaks in ``data`` are kept."""
    head = (f"id: {id}\n" if id is not None else "") + (f"event: {event}\n" if event else "")
    # str.splitlines would also break at U+2028 and the like, which are no line ends here.
    lines = data.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return (head + "".join(f"data: {line}\n" for line in lines) + "\n").encode()


class EventTooLong(ValueError):
    """A line or an event has more characters than its reader allows."""


class Parser:
    """Bytes in any pieces → events. The pieces may split characters, line ends and events anywhere."""

    def __init__(self, longest: int = LONGEST) -> None:
        """``longest``: characters of an event."""
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._longest = longest
        self._line: list[str] = []
        self._after_cr = False
        self._data: list[str] = []
        self._type = ""
        #: Characters of the event's data, and of the line that has not ended.
        self._size = self._held = 0

    def feed(self, piece: bytes) -> list[Event]:
        """The events that ``piece`` completes. Raises EventTooLong."""
        text = self._decoder.decode(piece)
        if self._after_cr and text.startswith("\n"):
            text = text[1:]
            self._after_cr = False
        if not text:
            return []
        self._after_cr = text.endswith("\r")
        first, *others = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        self._hold(first)
        if not others:
            return []
        *lines, rest = "".join(self._line), *others
        self._line, self._held = [], 0
        events = [self._take(line) for line in lines]
        self._hold(rest)
        return [event for event in events if event is not None]

    def _hold(self, part: str) -> None:
        """Keep the beginning of a line. Parts are joined once, so that a line in many pieces takes no longer than one in one."""
        if part:
            self._line.append(part)
            self._held += len(part)
            self._check()

    def _check(self) -> None:
        if self._size + self._held > self._longest:
            raise EventTooLong(f"an event is longer than {self._longest} characters")

    def _take(self, line: str) -> Event | None:
        if not line:
            return self._dispatch()
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            self._data.append(value)
            self._size += len(value) + 1
            self._check()
        elif field == "event":
            self._type = value
        elif field == "error":
            # No field of the standard's: llama.cpp told so of errors until 2025 (tools/server/server.cpp).
            self._data.append(value)
            self._size += len(value) + 1
            self._check()
            self._type = "error"
        return None

    def _dispatch(self) -> Event | None:
        event = Event("\n".join(self._data), self._type or "message") if self._data else None
        self._data, self._type, self._size = [], "", 0
        return event


class Cutter:
    """Bytes in any pieces → the same bytes, cut after each event. What is no event with data is passed on as it comes."""

    def __init__(self, *, is_events: bool) -> None:
        """``is_events``: the bytes are said to be events, so half a line is waited for that may become data."""
        self._begun = _MAY_HAVE_DATA if is_events else _HAS_DATA
        self._held = bytearray()

    def feed(self, piece: bytes) -> list[bytes]:
        """The events that ``piece`` completes, and what need not be waited for."""
        # An end may have begun in what is held: with two line ends of two bytes, at most three of its bytes.
        looked_at = max(0, len(self._held) - 3)
        self._held += piece
        cut, parts = 0, []
        for end in _EVENT_END.finditer(self._held, looked_at):
            parts.append(bytes(self._held[cut : end.end()]))
            cut = end.end()
        del self._held[:cut]
        if self._held and (len(self._held) > _HELD_BYTES or not self._begun.search(self._held)):
            parts.append(self.rest())
        return parts

    def rest(self) -> bytes:
        """What is held, as it is."""
        held = bytes(self._held)
        self._held.clear()
        return held
