"""Every answer says what a browser may do with it: pages, errors, redirects, what is not modified, refusals."""

from __future__ import annotations

import pytest
from fastapi import Response
from fastapi.responses import RedirectResponse
from starlette.types import ASGIApp

from comps import MicroService
from comps.cores.mega.security_headers import POLICY
from tests.asgi import Answer, asked

pytestmark = pytest.mark.anyio

HOST = ("Host", "127.0.0.1")
PAGE = "default-src 'self'"


@pytest.fixture(scope="module")
def service() -> MicroService:
    made = MicroService("headers", host="127.0.0.1", port=0, max_body=100, token="ours")
    made.add_page("/page", PAGE)

    async def fail() -> None:
        raise RuntimeError

    async def own() -> Response:
        return Response(headers={"Content-Security-Policy": "default-src https:", "Referrer-Policy": "origin"})

    made.add_route("/fail", fail, methods=["GET"])
    made.add_route("/own", own, methods=["GET"])
    made.add_route("/page/old", lambda: RedirectResponse("/page"), methods=["GET"])
    made.add_route("/video", lambda: Response(b"x", 206, media_type="video/mp4"), methods=["GET"])
    made.add_route("/same", lambda: Response(status_code=304), methods=["GET"])
    return made


def _is_secured(answer: Answer, policy: str = POLICY) -> bool:
    return (
        answer.headers["x-content-type-options"] == "nosniff"
        and answer.headers["content-security-policy"] == policy
        and answer.headers["referrer-policy"] == "same-origin"
        and answer.headers["cross-origin-resource-policy"] == "same-origin"
    )


@pytest.mark.parametrize(
    ("path", "status", "headers"),
    [
        ("/health/ready", 200, []),
        ("/metrics", 200, []),
        ("/openapi.json", 200, []),
        ("/v1/statistics", 200, []),
        ("/video", 206, []),
        ("/same", 304, []),
        ("/nowhere", 404, []),
        ("/fail", 500, []),
        ("/video", 401, [("Authorization", "Bearer wrong")]),
        ("/video", 403, [("Origin", "null")]),
        ("/video", 421, [("Host", "evil.example")]),
        ("/video", 400, [("X-Deadline-Ms", "soon")]),
        ("/video", 413, [("Content-Length", "1000")]),
    ],
)
async def test_answers_are_nothing_that_a_page_can_use(
    service: MicroService, path: str, status: int, headers: list[tuple[str, str]]
) -> None:
    given = dict([HOST, ("Authorization", "Bearer ours"), *headers])
    answer = await asked(service.app, path, list(given.items()))
    assert answer.status == status
    assert _is_secured(answer), answer.headers


async def test_even_what_fails_outside_of_all_that_is_ours_has_them() -> None:
    class Broken:
        def __init__(self, app: ASGIApp) -> None: ...

        async def __call__(self, *_: object) -> None:
            raise RuntimeError

    broken = MicroService("broken", host="127.0.0.1", port=0)
    broken.app.add_middleware(Broken)
    answer = Answer()
    with pytest.raises(RuntimeError):
        await asked(broken.app, "/", [HOST], answer=answer)
    assert answer.status == 500
    assert _is_secured(answer)


async def test_sockets_are_refused_with_them(service: MicroService) -> None:
    assert _is_secured(await asked(service.app, "/socket", [("Host", "evil.example")], kind="websocket"))


async def test_a_page_has_its_policy_whatever_is_answered_below_it(service: MicroService) -> None:
    for path, status in (("/page/old", 307), ("/page/nowhere", 404), ("/page", 404)):
        answer = await asked(service.app, path, [HOST, ("Authorization", "Bearer ours")])
        assert answer.status == status
        assert _is_secured(answer, PAGE)
    assert _is_secured(await asked(service.app, "/pages", [HOST]))


async def test_what_a_handler_says_itself_stays(service: MicroService) -> None:
    answer = await asked(service.app, "/own", [HOST, ("Authorization", "Bearer ours")])
    assert answer.headers["content-security-policy"] == "default-src https:"
    assert answer.headers["referrer-policy"] == "origin"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_the_interface_runs_its_own_scripts_alone(service: MicroService) -> None:
    headers = [HOST, ("Authorization", "Bearer ours")]
    page = await asked(service.app, "/docs", headers)
    assert page.status == 200
    policy = page.headers["content-security-policy"]
    assert "script-src 'self' 'sha256-" in policy
    assert "default-src 'none'" in policy
    assert "'unsafe-inline'" not in policy.partition("script-src")[2].partition(";")[0]
    style = await asked(service.app, "/docs/files/swagger-ui.css", headers)
    assert (style.status, style.headers["content-security-policy"]) == (200, policy)
    again = await asked(service.app, "/docs/files/swagger-ui.css", [*headers, ("If-None-Match", style.headers["etag"])])
    assert (again.status, again.headers["content-security-policy"]) == (304, policy)
