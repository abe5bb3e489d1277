"""A hub like Hugging Face's, on loopback: addresses of a repository's files redirect to where their content lies."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

from comps.models.checkpoints import Checkpoint, Licence

REVISION = "0123456789abcdef0123456789abcdef01234567"
LICENCE = Licence("toy licence", "Play with it, and do not sell it.", "https://example.org/licence", commercial=False)


class Hub(ThreadingHTTPServer):
    """``files``: path → content. ``requests``: method, path and range of each request."""

    def __init__(self, files: dict[str, bytes]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files = files
        self.requests: list[tuple[str, str, str]] = []
        #: The next answers with content end after as many bytes.
        self.breaks: list[int] = []
        self.knows_ranges = True
        self.status = 200
        #: The Authorization header that the file's address was last asked with, and the content's.
        self.authorization: dict[str, str] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        hub = cast(Hub, self.server)
        hub.requests.append((self.command, self.path, self.headers.get("Range", "")))
        place = "content" if self.path.startswith("/content/") else "file"
        hub.authorization[place] = self.headers.get("Authorization", "")
        if hub.status != 200:
            self._say(hub.status, {})
        elif place == "file" and (found := re.fullmatch(r"/toys/bear/resolve/(\w+)/(.+)", self.path)) and found[2] in hub.files:
            content = hub.files[found[2]]
            sha256 = hashlib.sha256(content).hexdigest()
            # Another name of this host: tokens must not follow there.
            there = f"http://localhost:{hub.server_address[1]}/content/{found[2]}"
            linked = {"X-Linked-Etag": f'"{sha256}"', "X-Linked-Size": str(len(content))}
            self._say(302, {"Location": there, "X-Repo-Commit": found[1], **linked})
        elif place == "content":
            self._content(hub, hub.files[self.path.removeprefix("/content/")])
        else:
            self._say(404, {})

    def _content(self, hub: Hub, content: bytes) -> None:
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        begin = int(wanted[1]) if wanted and hub.knows_ranges else 0
        if begin >= len(content):
            self._say(416, {"Content-Range": f"bytes */{len(content)}"})
            return
        self.send_response(206 if begin else 200)
        if begin:
            self.send_header("Content-Range", f"bytes {begin}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - begin))
        self.end_headers()
        if self.command == "HEAD":
            return
        end = begin + hub.breaks.pop(0) if hub.breaks else len(content)
        self.wfile.write(content[begin:end])
        self.close_connection = end < len(content)

    def _say(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": "0"}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@contextmanager
def hub(files: dict[str, bytes]) -> Iterator[Hub]:
    with Hub(files) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def entry(content: bytes, name: str = "toy", path: str = "weights/toy.pth", network: str = "toys") -> Checkpoint:
    """The catalogue's entry of a file of the hub."""
    return Checkpoint(
        name=name,
        network=network,
        purpose="plays",
        repository="toys/bear",
        revision=REVISION,
        path=path,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        licence=LICENCE,
    )
