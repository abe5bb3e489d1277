"""What a real browser makes of fragments: headless Chromium, Media Source Extensions."""

from __future__ import annotations

import http.server
import json
import queue
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from typing import Any

import pytest

_PAGE = """<!doctype html><video id=v muted></video><script>
const done = result => fetch('/result', {method: 'POST', body: JSON.stringify(result)});
const video = document.getElementById('v'), source = new MediaSource();
const ranges = b => Array.from({length: b.length}, (_, i) => [b.start(i), b.end(i)]);
video.onerror = () => done({error: video.error.message});
source.onsourceopen = async () => {
  try {
    const buffer = source.addSourceBuffer(CODECS);
    for (let i = 0; i < COUNT; i++) {
      const data = await (await fetch('/' + i)).arrayBuffer();
      await new Promise((ok, bad) => {
        buffer.onupdateend = ok;
        buffer.onerror = () => bad(new Error('append'));
        buffer.appendBuffer(data);
      });
    }
    const buffered = ranges(buffer.buffered);
    source.endOfStream();
    let frames = 0;
    const count = () => { frames++; video.requestVideoFrameCallback(count); };
    video.requestVideoFrameCallback(count);
    await video.play();
    setTimeout(() => done({error: null, buffered, duration: source.duration, played_to: video.currentTime, frames}), 1200);
  } catch (error) { done({error: String(error)}); }
};
video.src = URL.createObjectURL(source);
</script>"""


def buffered_in_chromium(fragments: Sequence[bytes], content_type: str) -> dict[str, Any]:
    """Append all fragments and play: ``error``, ``buffered`` [[start, end], …], ``duration``, ``played_to``, ``frames`` shown."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no chromium here")
    results: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    page = _PAGE.replace("CODECS", json.dumps(content_type)).replace("COUNT", str(len(fragments)))

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.strip("/")
            body = fragments[int(name)] if name.isdigit() else page.encode() if not name else b""
            self._answer(body, "text/html" if not name else "application/octet-stream")

        def do_POST(self) -> None:
            results.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self._answer(b"", "text/plain")

        def _answer(self, body: bytes, kind: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server, tempfile.TemporaryDirectory() as profile:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = subprocess.Popen(
            [
                chromium,
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--autoplay-policy=no-user-gesture-required",
                f"--user-data-dir={profile}",
                f"http://127.0.0.1:{server.server_port}/",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            return results.get(timeout=60)
        except queue.Empty:
            pytest.fail("chromium did not answer within 60 s")
        finally:
            browser.terminate()
            browser.wait()
            server.shutdown()
