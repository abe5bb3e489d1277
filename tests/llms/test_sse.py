"""The parser of server-sent events: any cut of the bytes gives the same events."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from comps.cores.proto.sse import Event, Parser, format_event

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
