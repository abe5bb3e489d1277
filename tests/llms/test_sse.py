"""The parser of server-sent events: any cut of the bytes gives the same events."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comps.cores.proto.sse import Cutter, Event, EventTooLong, Parser, format_event

TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=30)
LINE = TEXT.map(lambda text: text.replace("\r", "").replace("\n", "").replace("\0", ""))


def parse(body: bytes, cuts: list[int] | None = None) -> list[Event]:
    parser = Parser()
    edges = [0, *sorted(cut % (len(body) + 1) for cut in cuts or []), len(body)]
    return [event for start, end in pairwise(edges) for event in parser.feed(body[start:end])]


@given(
    st.lists(st.lists(LINE, min_size=1, max_size=3), max_size=5),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.lists(st.integers(0, 10_000)),
)
def test_any_cut_gives_the_same_events(events: list[list[str]], end: str, cuts: list[int]) -> None:
    body = "".join("".join(f"data: {line}{end}" for line in lines) + f": comment{end}{end}" for lines in events).encode()
    expected = [Event("\n".join(lines)) for lines in events]
    assert parse(body, cuts) == expected
    assert parse(body, list(range(len(body)))) == expected


@given(st.binary(max_size=200), st.lists(st.integers(0, 200)))
def test_garbage_is_survived_alike(body: bytes, cuts: list[int]) -> None:
    assert parse(body, cuts) == parse(body)


@given(TEXT, st.none() | st.just("done"))
def test_what_is_written_is_read(data: str, kind: str | None) -> None:
    expected = data.replace("\r\n", "\n").replace("\r", "\n")
    assert parse(format_event(data, kind)) == [Event(expected, kind or "message")]


def test_the_standard_by_example() -> None:
    assert parse(b"\xef\xbb\xbfdata: YHOO\ndata: +2\ndata: 10\n\n") == [Event("YHOO\n+2\n10")]
    assert parse(b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n") == [
        Event("first event"),
        Event("second event"),
        Event(" third event"),
    ]
    assert parse(b"data\n\ndata\ndata\n\ndata:") == [Event(""), Event("\n")]
    assert parse(b"event: error\ndata: x\n\ndata: y\n\n") == [Event("x", "error"), Event("y")]
    assert parse(b"event: only\n\n") == []


def _cut(body: bytes, cuts: list[int]) -> list[bytes]:
    cutter = Cutter(is_events=True)
    edges = [0, *sorted(cut % (len(body) + 1) for cut in cuts), len(body)]
    return [part for start, end in pairwise(edges) for part in cutter.feed(body[start:end])] + [cutter.rest()]


@given(
    st.lists(st.lists(LINE, min_size=1, max_size=3), max_size=5),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from([b"", b"\xef\xbb\xbf"]),
    st.lists(st.integers(0, 10_000)),
)
def test_a_relay_gives_the_same_bytes_an_event_at_a_time(events: list[list[str]], end: str, mark: bytes, cuts: list[int]) -> None:
    whole = ["".join(f"data: {line}{end}" for line in lines) + end for lines in events]
    body = mark + "".join(whole).encode()
    for places in (cuts, list(range(len(body))), []):
        parts = _cut(body, places)
        assert b"".join(parts) == body
        # Each part holds an event or, where a line end was cut in two, its second half.
        expected = [Event("\n".join(lines)) for lines in events]
        assert [event for part in parts for event in parse(part.lstrip(b"\n"))] == expected


@given(st.binary(max_size=200), st.lists(st.integers(0, 200)))
def test_a_relay_loses_nothing_of_garbage(body: bytes, cuts: list[int]) -> None:
    assert b"".join(_cut(body, cuts)) == body


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_an_event_is_relayed_when_it_is_whole(end: bytes) -> None:
    cutter = Cutter(is_events=True)
    for event in (b"data: a" + end + end, b"event: x" + end + b"data: b" + end + end):
        assert cutter.feed(event) == [event]
    assert cutter.feed(b"plain text: at once") == [b"plain text: at once"]
    assert cutter.feed(b"data: half") == []
    assert cutter.rest() == b"data: half"


def test_a_line_of_ten_megabytes_is_refused_or_read_in_linear_time() -> None:
    line = b"data: " + b"x" * (10 << 20)
    parser = Parser()
    assert [event for at in range(0, len(line), 100) for event in parser.feed(line[at : at + 100])] == []
    assert [len(event.data) for event in parser.feed(b"\n\n")] == [10 << 20]
    bounded = Parser(longest=1 << 20)
    with pytest.raises(EventTooLong):
        bounded.feed(line)
    with pytest.raises(EventTooLong):
        bounded.feed(b"data: many lines\n" * (1 << 20))
