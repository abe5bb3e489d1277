"""The web page without a mesh: files from the disk, the gateway's answers from a table, a socket that a test speaks for.

Every state that the page can be in is reached in milliseconds, also those that a mesh is in for a moment only.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, Route, WebSocketRoute

from AvatarChatbot import avatars
from AvatarChatbot.live.framing import Frame
from AvatarChatbot.ui import page as served
from comps.cores.proto.avatar import VideoProfile
from comps.media.mux import AnswerMuxer, Fragment
from tests.media.make import chunk

#: Browsers give the microphone to pages of this machine without TLS. Nothing listens there: every request is answered here.
URL = "http://localhost:9/"
_STATIC = Path(served.__file__).parent / "static"
_TYPES = {".js": "text/javascript", ".css": "text/css", ".html": "text/html", ".svg": "image/svg+xml", ".png": "image/png"}
_MEDIA_S = 5
#: The gateway's answers, by method and path.
ANSWERS: dict[str, Any] = {
    "GET /voices": {"voices": [{"name": "en-us", "description": "American English"}, {"name": "de", "description": "German"}]},
    "GET /engines": {
        "engine": "warp",
        "restore": "none",
        "engines": ["warp", "wav2lip"],
        "restores": {"warp": ["none"], "wav2lip": ["none", "gfpgan"]},
    },
    "GET /languages": {"languages": [{"language": "en", "name": "English"}], "detects": False, "any": False},
}


@functools.cache
def _media() -> tuple[str, list[Fragment]]:
    """Content type and fragments of a small silent video of some seconds."""
    profile, rate = VideoProfile(size=128), 24_000
    muxer = AnswerMuxer(profile, rate)
    muxer.add_speech(bytes(2 * rate * _MEDIA_S))
    muxer.end_speech()
    fragments = muxer.add_chunk(chunk(0, profile.fps * _MEDIA_S, profile)) + muxer.finish()
    return muxer.content_type, fragments


class ScriptedPage:
    """A page, and the gateway's side of it.

    ``answers`` are the JSON bodies of the gateway's routes, by method and path, which a test may change.
    """

    #: Whether nobody answers the socket; whether it is open, and nobody answers pings.
    is_away = is_silent = False
    #: How often the page has connected.
    connections = 0

    def __init__(self, page: Page) -> None:
        self.page = page
        self.answers = dict(ANSWERS)
        #: What the page has sent: the method and path of each request to the gateway, and each JSON message of its socket.
        self.asked: list[str] = []
        self.messages: list[dict[str, Any]] = []
        self._socket: WebSocketRoute | None = None
        self._sequence = 0
        page.route("**/*", self._answer)
        page.route_web_socket(re.compile("/v1/avatarchatbot$"), self._connect)

    def open(self) -> None:
        self.page.goto(URL)
        self.page.wait_for_selector("#faces img")

    def send(self, type_: str, **fields: Any) -> None:
        """A numbered message of the gateway's socket (docs/protocol.md)."""
        assert self._socket
        self._sequence += 1
        self._socket.send(json.dumps({"type": type_, "sequence": self._sequence, **fields}))

    def tell(self, type_: str, **fields: Any) -> None:
        """A message without a number: of no session, or the answer to a message."""
        assert self._socket
        self._socket.send(json.dumps({"type": type_, **fields}))

    def ready(self, *, resumed: bool = False, is_shown: bool = True, to: str = "ready") -> None:
        """Let the conversation that the page has asked for begin, or go on. Its face moves for a while, where it ``is_shown``.
        ``to``: the state that the page is in then.
        """
        content_type, fragments = _media()
        self.heard("start")
        self.send(
            "ready",
            session="s",
            conversation_id="c1",
            content_type=content_type,
            resume_s=30,
            resumed=resumed,
        )
        for fragment in fragments if is_shown and not resumed else []:
            self._sequence += 1
            frame = Frame(fragment.kind, 0, self._sequence, fragment.pts_s, fragment.duration_s, fragment.data)
            assert self._socket
            self._socket.send(frame.pack())
        self.page.wait_for_selector(f'#face[data-state="{to}"]')

    def heard(self, type_: str) -> dict[str, Any]:
        """The first message of this type that the page has sent, and no test has looked at; waits for it."""
        while not (found := [message for message in self.messages if message["type"] == type_]):
            self.page.wait_for_timeout(5)
        self.messages.remove(found[0])
        return found[0]

    def drop(self, code: int = 3000) -> None:
        """Break the socket, or close it with a code of docs/protocol.md."""
        assert self._socket
        self._socket.close(code=code)

    def _connect(self, socket: WebSocketRoute) -> None:
        self.connections += 1
        if self.is_away:
            socket.close(code=3000)
            return
        self._socket = socket
        socket.on_message(self._hear)

    def _hear(self, message: str | bytes) -> None:
        if isinstance(message, str):
            self.messages.append(json.loads(message))
            if self.messages[-1]["type"] == "ping" and not self.is_silent:
                self.tell("pong", id=0)

    def _answer(self, route: Route) -> None:
        path = route.request.url.removeprefix(URL).partition("?")[0]
        if path == "ui/faces.json":
            names = sorted(avatars.names(), key=lambda name: name != "aria")
            route.fulfill(json=[served._face(name) for name in names])
        elif path == "ui/limits.json":
            route.fulfill(json={"max_body_mb": 64})
        elif path.startswith("ui/faces/") and path.endswith(".json"):
            route.fulfill(json=json.loads(avatars.persona_path(Path(path).stem).read_text()))
        elif path.startswith("ui/faces/"):
            route.fulfill(path=avatars.path(Path(path).stem))
        elif path.startswith("v1/avatarchatbot/"):
            asked = f"{route.request.method} {path.removeprefix('v1/avatarchatbot')}"
            self.asked.append(asked)
            answer = self.answers.get(asked)
            status = answer.get("status", 200) if isinstance(answer, dict) else 404
            route.fulfill(status=status, json=answer or {"status": 404, "title": "not found", "code": "not_found"})
        else:
            file = _STATIC / (path.removeprefix("ui/") or "index.html")
            if not file.is_file():
                route.fulfill(status=404)
                return
            headers = {"content-type": _TYPES[file.suffix], "content-security-policy": served._POLICY}
            route.fulfill(body=file.read_bytes(), headers=headers)


@contextmanager
def scripted(browser: Browser, **context: Any) -> Iterator[ScriptedPage]:
    """A page in a context of its own (Playwright's ``new_context``): nothing kept from the one before."""
    opened: BrowserContext = browser.new_context(**context)
    try:
        page = opened.new_page()
        page.set_default_timeout(30_000)
        yield ScriptedPage(page)
    finally:
        opened.close()
