"""``Retry-After`` as others send it: seconds or a date, sense or none."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comps import MicroService, ServiceType
from comps.cores import retry_after
from comps.cores.errors import Overloaded, RelayedProblem
from comps.cores.mega.client import NodeClient
from comps.cores.proto.api_protocol import ChatCompletionRequest
from tests.llms.conftest import engine_for, misbehaving
from tests.llms.test_openai_compatible import answering, document

pytestmark = pytest.mark.anyio

#: Wed, 21 Oct 2026 07:27:30 GMT
NOW = 1792567650.0


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("7", 7),
        (" 7 ", 7),
        ("1.5", 1.5),
        ("0", 1),
        ("Wed, 21 Oct 2026 07:28:00 GMT", 30),
        ("Wednesday, 21-Oct-26 07:28:00 GMT", 30),
        ("Wed Oct 21 07:28:00 2026", 30),
        ("Wed, 21 Oct 2026 07:28:00 +0000", 30),
        ("Wed, 21 Oct 1926 07:28:00 GMT", 1),
        ("Wed, 21 Oct 9999 07:28:00 GMT", 86_400),
        ("999999999", 86_400),
        ("9" * 400, 1),
        ("9" * 5000, 1),
        ("-5", 1),
        ("nan", 1),
        ("inf", 1),
        ("1e400", 1),
        ("٧", 1),
        ("soon", 1),
        ("Wed, 99 Oct 2026 07:28:00 GMT", 1),
        ("", 1),
        (None, 1),
    ],
)
def test_what_is_read(header: str | None, expected: float) -> None:
    assert retry_after.seconds(header, clock=lambda: NOW) == expected


@given(st.text(max_size=100) | st.from_regex(r"[\w, :+-]{0,64}"))
def test_anything_is_a_sane_wait(header: str) -> None:
    assert 1 <= retry_after.seconds(header) <= 86_400


@pytest.mark.parametrize("wait_s", [-1.0, 0.0, 0.4, 3.0, 1e300, math.inf, -math.inf, math.nan])
def test_what_is_said_is_sane(wait_s: float) -> None:
    assert 1 <= int(Overloaded("is full", retry_after=wait_s).headers["Retry-After"]) <= 86_400


@pytest.mark.parametrize("header", ["Wed, 21 Oct 2026 07:28:00 GMT", "nan", "-1", "9" * 400, "soon"])
@pytest.mark.parametrize("body", [{}, {"status": 429, "code": "overloaded"}, {"status": "x", "code": 1}])
async def test_a_refusal_is_told_on_whatever_it_says(header: str, body: dict[str, object]) -> None:
    refusal = document(429, body, f"Retry-After: {header}\r\n").replace(b"application/json", b"application/problem+json")
    client = NodeClient()
    async with misbehaving(answering(refusal)) as url:
        for how in ({}, {"repeatable": True}, {"repeatable": True, "attempt_timeout": 5.0}):
            node = MicroService.remote("n", url.removesuffix("/v1"), "/x", service_type=ServiceType.UNDEFINED, timeout=5, **how)
            with pytest.raises(RelayedProblem) as caught:
                await client.call(node, {})
            assert caught.value.status == 429
            assert 1 <= int(caught.value.headers["Retry-After"]) <= 86_400
        async with engine_for(url) as engine:
            with pytest.raises(Overloaded):
                await engine.complete(ChatCompletionRequest(messages="hello"))
    await client.stop()
