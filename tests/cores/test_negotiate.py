"""Accept headers (RFC 9110 §12.5.1)."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comps.cores.errors import NotAcceptable
from comps.cores.proto.negotiate import negotiate

JSON, MP4 = "application/json", "video/mp4"


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, JSON),
        ("*/*", JSON),
        ("", JSON),
        ("video/mp4", MP4),
        ("VIDEO/MP4", MP4),
        ("video/*", MP4),
        ("application/json;q=0.5, video/mp4", MP4),
        ("application/json;q=0.5, video/mp4;q=0.4", JSON),
        ("*/*;q=0.1, video/mp4;q=0.2", MP4),
        ("application/json;q=0, */*", MP4),
        ("text/html, video/mp4 ; q=0.8, */*;q=0.1", MP4),
    ],
)
def test_choice(accept: str | None, chosen: str) -> None:
    assert negotiate(accept, (JSON, MP4)) == chosen


@pytest.mark.parametrize("accept", ["text/html", "video/mp4;q=0", "*/*;q=0", "audio/*", ";;;", "video/mp4;q=nonsense"])
def test_none_will_do(accept: str) -> None:
    with pytest.raises(NotAcceptable):
        negotiate(accept, (JSON, MP4))


@given(st.text())
def test_any_header_chooses_or_refuses(accept: str) -> None:
    with contextlib.suppress(NotAcceptable):
        assert negotiate(accept, (JSON, MP4)) in (JSON, MP4)
