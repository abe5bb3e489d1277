"""The web page at ``/``: files of ``static/``, which need no build and fetch nothing from anywhere else.

They tell nothing about anybody, so they are served to those who have no key too; the page asks for one.
"""

from __future__ import annotations

from os import PathLike, stat_result
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.types import Scope

from AvatarChatbot import avatars
from AvatarChatbot.faces import card
from comps.cores.errors import NotFound
from comps.cores.mega.micro_service import MicroService
from comps.cores.proto.avatar import Persona

_STATIC = Path(__file__).parent / "static"
_PREFIX = "/ui"
#: What the gateway itself serves runs, is shown and is asked, nothing else (https://www.w3.org/TR/CSP3/). blob: is the video as
#: it comes, data: the small pictures of one's own faces.
_POLICY = (
    "default-src 'self'; img-src 'self' data:; media-src 'self' blob:; connect-src 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Permissions-Policy": "microphone=(self)",
    # Asked for anew each time, by its ETag: an upgrade is seen at once.
    "Cache-Control": "no-cache",
}


class _Files(StaticFiles):
    def file_response(
        self, full_path: str | PathLike[str], stat_result: stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers.update(_HEADERS)
        return response


def is_open(path: str) -> bool:
    """Whether ``path`` is the page's: no key is asked for."""
    return path == "/" or path.startswith(f"{_PREFIX}/")


def serve(service: MicroService, max_body_mb: float) -> None:
    """Serve the page. ``max_body_mb``: the largest request body that the gateway takes, MiB."""
    routes = APIRouter(include_in_schema=False)

    @routes.api_route("/", methods=["GET", "HEAD"])
    async def index() -> FileResponse:
        return FileResponse(_STATIC / "index.html", headers=_HEADERS)

    @routes.get(f"{_PREFIX}/faces.json")
    def faces() -> list[dict[str, str]]:
        """The program's own characters, the default one first: what the page calls a face."""
        first = avatars.default_avatar().stem
        return [_face(name) for name in sorted(avatars.names(), key=lambda name: (name != first, name))]

    @routes.get(f"{_PREFIX}/limits.json")
    def limits() -> dict[str, float]:
        """What the page says before it sends anything."""
        return {"max_body_mb": max_body_mb}

    @routes.get(f"{_PREFIX}/faces/{{name}}.json")
    def persona(name: str) -> Persona:
        """The card that a character of the program's own answers by."""
        if name not in avatars.names():
            raise NotFound("there is no such character", field="name")
        return card(name)

    @routes.get(f"{_PREFIX}/faces/{{name}}.png")
    async def picture(name: str) -> FileResponse:
        if name not in avatars.names():
            raise NotFound("there is no such character", field="name")
        return FileResponse(avatars.path(name), headers=_HEADERS)

    service.app.include_router(routes)
    service.app.mount(_PREFIX, _Files(directory=_STATIC))
    for path in ("/", _PREFIX):
        service.add_page(path, _POLICY)


def _face(name: str) -> dict[str, str]:
    return {"title": card(name).name, "picture": f"ui/faces/{name}.png", "avatar": name}
