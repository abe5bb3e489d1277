"""What a client may ask, as a document."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from AvatarChatbot.request import AvatarChatRequest, is_id, is_url
from AvatarChatbot.routes.videos import RangeNotSatisfiable, parse_range
from comps.cores.errors import BadInput
from comps.cores.proto.wire import validate


def test_opeas_fields_are_taken() -> None:
    audio = base64.b64encode(b"sound").decode()
    request = validate(
        AvatarChatRequest, {"audio": audio, "max_tokens": 64, "model": "any", "n": 1, "user": "me", "stream": False}
    )
    assert request.audio == b"sound"
    assert request.sampling == {"max_tokens": 64}


def test_the_last_user_message_is_the_question() -> None:
    messages = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello"},
        {"role": "user", "content": "Who are you?"},
    ]
    request = validate(AvatarChatRequest, {"messages": messages})
    assert request.text == "Who are you?"
    assert isinstance(request.messages, list)
    assert [message.content for message in request.messages] == ["Hi", "Hello"]
    assert validate(AvatarChatRequest, {"messages": "Who are you?"}).text == "Who are you?"
    spoken = validate(AvatarChatRequest, {"messages": messages, "audio": "AAAA"})
    assert spoken.text is None


def test_problems_name_the_field_and_never_repeat_the_value() -> None:
    with pytest.raises(BadInput) as caught:
        validate(AvatarChatRequest, {"text": "secret " * 2000})
    document = caught.value.document()
    assert document["field"] == "text"
    assert "secret" not in str(document)


def test_ids_and_urls() -> None:
    assert is_id("0" * 32)
    assert not is_id("../../etc/passwd")
    assert is_url("HTTPS://example.org/me.jpg")
    assert not is_url("file:///etc/passwd")


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        ("bytes=0-", (0, 100)),
        ("bytes=0-0", (0, 1)),
        ("bytes=10-19", (10, 20)),
        ("bytes=90-200", (90, 100)),
        ("bytes=-5", (95, 100)),
        ("bytes=-500", (0, 100)),
        ("bytes=5-2", None),
        ("bytes=-", None),
        ("bytes=0-1,5-6", None),
        ("lines=1-2", None),
    ],
)
def test_ranges(header: str | None, expected: tuple[int, int] | None) -> None:
    assert parse_range(header, 100) == expected


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=500-600", "bytes=-0"])
def test_ranges_past_the_end(header: str) -> None:
    with pytest.raises(RangeNotSatisfiable) as caught:
        parse_range(header, 100)
    assert caught.value.headers == {"Content-Range": "bytes */100"}


@given(st.text(), st.integers(0, 1000))
def test_any_range_header_gives_a_part_of_the_video_or_none(header: str, size: int) -> None:
    try:
        part = parse_range(header, size)
    except RangeNotSatisfiable:
        return
    assert part is None or 0 <= part[0] < part[1] <= size
