"""JSON of requests and answers: quick, and not less forgiving than Python's own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi import Request

from comps import MicroService, ServiceRoleType, TextDoc
from tests.serving import serving


@pytest.fixture(scope="module")
def service() -> Iterator[MicroService]:
    made = MicroService("mega", service_role=ServiceRoleType.MEGASERVICE, host="127.0.0.1", port=0)

    async def echo(request: Request) -> Any:
        return await request.json()

    async def twice(request: Request) -> Any:
        return [len(await request.body()), await request.json(), len(await request.body())]

    async def document(text: TextDoc) -> TextDoc:
        return text

    async def nobody(request: Request):  # type: ignore[no-untyped-def]
        return TextDoc(text="said")

    for handler in (echo, twice, document, nobody):
        made.add_route(f"/{handler.__name__}", handler)
    with serving(made):
        yield made


def post(service: MicroService, path: str, body: bytes) -> httpx.Response:
    return httpx.post(f"{service.base_url}/{path}", content=body, headers={"Content-Type": "application/json"})


@pytest.mark.parametrize(
    "body",
    [
        b'{"text": "hi"}',
        b"[1, 2.5, null, true]",
        b'"a"',
        b"123456789012345678",
        '{"é": "你好"}'.encode(),
        b'{"a": 1, "a": 2}',
        b"[1" + b"0" * 400 + b"]",
    ],
)
def test_what_comes_in_goes_out(service: MicroService, body: bytes) -> None:
    answer = post(service, "echo", body)
    assert (answer.status_code, answer.json()) == (200, json.loads(body))
    assert answer.headers["content-type"] == "application/json"


def test_the_body_can_be_read_as_often_as_one_likes(service: MicroService) -> None:
    body = json.dumps({"audio": "A" * 300_000}).encode()
    assert post(service, "twice", body).json() == [len(body), json.loads(body), len(body)]


@pytest.mark.parametrize("path", ["echo", "document"])
@pytest.mark.parametrize("body", [b'{"text": ', b"\xff\xfe\xfa", b"[" * 100_000])
def test_what_is_no_json_is_the_senders_fault(service: MicroService, path: str, body: bytes) -> None:
    answer = post(service, path, body)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")


def test_not_a_number_becomes_null(service: MicroService) -> None:
    assert post(service, "echo", b"[NaN]").json() == [None]


def test_documents_are_answered_too_where_nothing_says_so(service: MicroService) -> None:
    assert post(service, "nobody", b"{}").json()["text"] == "said"


@pytest.mark.parametrize("path", ["echo", "document"])
@pytest.mark.parametrize("body", [b'{"text": "\\ud800"}', b'{"text": "a\\udfffb", "c": 1}'])
def test_half_a_character_is_refused_by_its_field(service: MicroService, path: str, body: bytes) -> None:
    answer = post(service, path, body)
    assert (answer.status_code, answer.json()["field"]) == (422, "text")
