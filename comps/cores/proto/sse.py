"""Server-sent events, read and written (WHATWG HTML, §9.2 "Server-sent events")."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

MEDIA_TYPE = "text/event-stream"


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


class Parser:
    """Bytes in any pieces → events. The pieces may split characters, line ends and events anywhere."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._line = ""
        self._after_cr = False
        self._data: list[str] = []
        self._type = ""

    def feed(self, piece: bytes) -> list[Event]:
        """The events that ``piece`` completes."""
        text = self._decoder.decode(piece)
        if self._after_cr and text.startswith("\n"):
            text = text[1:]
            self._after_cr = False
        if not text:
            return []
        self._after_cr = text.endswith("\r")
        *lines, self._line = (self._line + text).replace("\r\n", "\n").replace("\r", "\n").split("\n")
        events = [self._take(line) for line in lines]
        return [event for event in events if event is not None]

    def _take(self, line: str) -> Event | None:
        if not line:
            return self._dispatch()
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            self._data.append(value)
        elif field == "event":
            self._type = value
        return None

    def _dispatch(self) -> Event | None:
        event = Event("\n".join(self._data), self._type or "message") if self._data else None
        self._data, self._type = [], ""
        return event
