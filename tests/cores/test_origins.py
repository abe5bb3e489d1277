"""Which pages may ask a service through a browser, whatever the method; programs, which say nothing, may."""

from __future__ import annotations

import itertools

import pytest
from fastapi import Request, WebSocket

from comps import MicroService
from comps.cores.mega.origins import parse_origins
from tests.asgi import asked

pytestmark = pytest.mark.anyio

HOST = "127.0.0.1:8888"
OWN = f"http://{HOST}"
FRIEND = "https://friend.example"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND")
NAVIGATION = [("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")]


class Kept:
    """A service that counts what reached its handlers."""

    def __init__(self) -> None:
        self.reached = 0
        self.service = MicroService("kept", host="127.0.0.1", port=0, hosts=["kept.example"], origins=[FRIEND])
        self.service.app.add_api_route("/things", self.things, methods=list(METHODS))
        self.service.app.add_api_websocket_route("/socket", self.socket)
        self.service.add_page("/", "default-src 'self'")
        self.service.app.add_api_route("/", self.things, methods=["GET", "POST"])

    async def things(self, request: Request) -> dict[str, int]:
        await request.body()
        self.reached += 1
        return {"things": 1}

    async def socket(self, websocket: WebSocket) -> None:
        self.reached += 1
        await websocket.accept()
        await websocket.close()


@pytest.fixture(scope="module")
def kept() -> Kept:
    return Kept()


FOREIGN = [
    [("Origin", "https://evil.example")],
    [("Origin", "null")],
    [("Origin", "")],
    [("Origin", "file://")],
    [("Origin", "chrome-extension://abcdefgh")],
    [("Origin", "http://127.0.0.1")],
    [("Origin", "http://127.0.0.1:3000")],
    [("Origin", "http://localhost:8888")],
    [("Origin", f"{OWN}.evil.example")],
    [("Origin", f"http://evil@{HOST}")],
    [("Origin", f"{OWN}/")],
    [("Origin", f"{OWN} https://evil.example")],
    [("Origin", OWN), ("Origin", "https://evil.example")],
    [("Origin", FRIEND), ("Origin", FRIEND)],
    [("Origin", "http://friend.example")],
    [("Origin", "https://friend.example:8443")],
    [("Origin", "https://friend.example.evil.example")],
    [("Origin", OWN), ("Sec-Fetch-Site", "cross-site")],
    [("Sec-Fetch-Site", "cross-site")],
    [("Sec-Fetch-Site", "same-site")],
    [("Sec-Fetch-Site", "anything")],
    [("Sec-Fetch-Site", "none"), ("Sec-Fetch-Site", "cross-site")],
    [("Sec-Fetch-Site", "cross-site"), *NAVIGATION],
]
OURS = [
    [],
    [("Origin", OWN)],
    [("Origin", OWN.upper())],
    [("Origin", OWN), ("Sec-Fetch-Site", "same-origin")],
    [("Origin", FRIEND), ("Sec-Fetch-Site", "cross-site")],
    [("Origin", f"https://{HOST}")],
    [("Sec-Fetch-Site", "same-origin")],
    [("Sec-Fetch-Site", "none"), *NAVIGATION],
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
async def test_pages_of_others_reach_nothing_by_any_method(kept: Kept, headers: list[tuple[str, str]]) -> None:
    before = kept.reached
    for method, path in itertools.product(METHODS, ("/things", "/health/ready", "/metrics", "/nowhere")):
        answer = await asked(kept.service.app, path, [("Host", HOST), *headers], method=method)
        assert (answer.status, answer.problem["code"]) == (403, "foreign_origin"), (method, path)
        assert not [name for name in answer.headers if name.startswith("access-control")]
    answer = await asked(kept.service.app, "/socket", [("Host", HOST), *headers], kind="websocket", scheme="ws")
    assert (answer.status, answer.problem["code"]) == (403, "foreign_origin")
    assert kept.reached == before


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\nhi\r\n--x--\r\n'),
        ("text/plain", b'{"text": "hi"}'),
        ("application/x-www-form-urlencoded", b"text=hi"),
    ],
)
async def test_simple_requests_of_others_reach_nothing(kept: Kept, content_type: str, body: bytes) -> None:
    """What a form or ``no-cors`` sends without asking first."""
    before = kept.reached
    headers = [("Host", HOST), ("Content-Type", content_type), ("Origin", "null"), ("Sec-Fetch-Site", "cross-site")]
    assert (await asked(kept.service.app, "/things", headers, method="POST", body=body)).status == 403
    assert kept.reached == before


@pytest.mark.parametrize("headers", OURS, ids=str)
async def test_our_own_pages_allowed_ones_and_programs_are_answered(kept: Kept, headers: list[tuple[str, str]]) -> None:
    for method in ("GET", "POST", "DELETE"):
        assert (await asked(kept.service.app, "/things", [("Host", HOST), *headers], method=method)).status == 200
    answer = await asked(kept.service.app, "/socket", [("Host", HOST), *headers], kind="websocket", scheme="ws")
    assert answer.status == 101


async def test_the_origin_is_that_of_the_host_that_was_asked(kept: Kept) -> None:
    for host, origin, scheme, status in (
        ("kept.example", "http://kept.example", "http", 200),
        ("kept.example", "http://kept.example:80", "http", 200),
        ("kept.example:80", "http://kept.example", "http", 200),
        ("Kept.Example.", "http://kept.example", "http", 200),
        ("[::1]:8888", "http://[::1]:8888", "http", 200),
        # A proxy ends TLS; but a page of HTTP is not one of a service that speaks TLS itself.
        ("kept.example", "https://kept.example", "http", 200),
        ("kept.example", "https://kept.example", "https", 200),
        ("kept.example", "http://kept.example", "https", 403),
        ("kept.example:443", "http://kept.example", "http", 403),
        ("kept.example", "https://kept.example:8443", "http", 403),
        ("127.0.0.1:8888", "http://kept.example:8888", "http", 403),
    ):
        answer = await asked(kept.service.app, "/things", [("Host", host), ("Origin", origin)], scheme=scheme)
        assert answer.status == status, (host, origin, scheme)


async def test_a_link_opens_a_page_and_nothing_else(kept: Kept) -> None:
    """From a page of another site, in a window of its own: the other page cannot read what is shown there."""
    link = [("Host", HOST), ("Sec-Fetch-Site", "cross-site"), *NAVIGATION]
    for path, method, status in (
        ("/", "GET", 200),
        ("/docs", "GET", 200),
        ("/", "POST", 403),
        ("/things", "GET", 403),
        ("/openapi.json", "GET", 403),
        ("/docs/files/swagger-ui.css", "GET", 403),
    ):
        assert (await asked(kept.service.app, path, link, method=method)).status == status, (method, path)
    framed = [("Host", HOST), ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "iframe")]
    assert (await asked(kept.service.app, "/", framed)).status == 403


async def test_allowed_origins_alone_are_answered_with_cors(kept: Kept) -> None:
    preflight = [("Host", HOST), ("Access-Control-Request-Method", "DELETE"), ("Access-Control-Request-Headers", "authorization")]
    allowed = await asked(kept.service.app, "/things", [*preflight, ("Origin", FRIEND)], method="OPTIONS")
    assert (allowed.status, allowed.headers["access-control-allow-origin"]) == (200, FRIEND)
    assert "DELETE" in allowed.headers["access-control-allow-methods"]
    assert allowed.headers["access-control-allow-headers"] == "authorization"
    assert "access-control-allow-credentials" not in allowed.headers
    assert "Origin" in allowed.headers["vary"]
    answer = await asked(kept.service.app, "/things", [("Host", HOST), ("Origin", FRIEND)])
    assert (answer.headers["access-control-allow-origin"], answer.headers["vary"]) == (FRIEND, "Origin")
    assert "X-Turn-Id" in answer.headers["access-control-expose-headers"]
    problem = await asked(kept.service.app, "/nowhere", [("Host", HOST), ("Origin", FRIEND)])
    assert (problem.status, problem.headers["access-control-allow-origin"]) == (404, FRIEND)
    for headers in ([], [("Origin", OWN)]):
        own = await asked(kept.service.app, "/things", [("Host", HOST), *headers])
        assert "access-control-allow-origin" not in own.headers
        assert own.headers["vary"] == "Origin"


async def test_without_other_origins_nobody_is_answered_with_cors() -> None:
    service = MicroService("alone", host="127.0.0.1", port=0, origins=[])
    for headers in ([], [("Origin", OWN)]):
        answer = await asked(service.app, "/health/live", [("Host", HOST), *headers])
        assert answer.status == 200
        assert not [name for name in answer.headers if name.startswith("access-control")]


def test_what_is_no_origin_is_refused_at_the_start() -> None:
    for text in ("*", "null", "", "friend.example", "https://*.example", "https://friend.example/path", "ftp://friend.example"):
        with pytest.raises(ValueError, match="is not an origin"):
            parse_origins([text])
    assert [str(origin) for origin in parse_origins(["HTTPS://Friend.example:443/"])] == [FRIEND]
    assert [str(origin) for origin in parse_origins(["http://[::1]:3000"])] == ["http://[::1]:3000"]
