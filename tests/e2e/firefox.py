"""Debian's Firefox without a window, driven by WebDriver BiDi (https://www.w3.org/TR/webdriver-bidi/).

Debian packages no geckodriver, and Playwright's own way to BiDi wants a newer Firefox than the extended support release.
"""

from __future__ import annotations

import itertools
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

#: Sound begins without a gesture, a microphone asks nobody, and nothing is fetched that no test asks for.
_PREFERENCES = {
    "media.autoplay.default": 0,
    "media.autoplay.blocking_policy": 0,
    "media.navigator.permission.disabled": True,
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "media.gmp-manager.updateEnabled": False,
    "network.captive-portal-service.enabled": False,
    "toolkit.telemetry.server": "data:,",
}
_LONGEST_S = 30


class FirefoxPage:
    """One tab."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._ids = itertools.count(1)
        self.version: str = self._ask("session.new", capabilities={})["capabilities"]["browserVersion"]
        self._context = self._ask("browsingContext.create", type="tab")["context"]

    def open(self, url: str) -> None:
        self._ask("browsingContext.navigate", context=self._context, url=url, wait="complete")

    def resize(self, width: int, height: int) -> None:
        self._ask("browsingContext.setViewport", context=self._context, viewport={"width": width, "height": height})

    def run(self, expression: str) -> Any:
        """The value of an expression, or of what it promises. Raises RuntimeError for what it throws."""
        target = {"context": self._context}
        wrapped = f"(async () => JSON.stringify(await ({expression})))()"
        answer = self._ask("script.evaluate", expression=wrapped, target=target, awaitPromise=True, userActivation=True)
        if answer["type"] == "exception":
            raise RuntimeError(answer["exceptionDetails"]["text"])
        return json.loads(answer["result"].get("value", "null"))

    def wait(self, condition: str) -> None:
        """Wait until an expression is true. Raises RuntimeError where that is not soon."""
        self.run(
            f"""new Promise((resolve, reject) => {{
            const late = setTimeout(() => reject(new Error("never: " + {json.dumps(condition)})), {1000 * _LONGEST_S});
            const look = () => {{ if ({condition}) {{ clearTimeout(late); resolve(true); }} else setTimeout(look, 20); }};
            look();
            }})"""
        )

    def press(self, keys: str) -> None:
        """Press keys, one after the other, where the focus is. Those without a letter: code points of WebDriver's table."""
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self._ask("input.performActions", context=self._context, actions=[{"type": "key", "id": "keys", "actions": actions}])

    def screenshot(self) -> str:
        """A PNG, base64."""
        return str(self._ask("browsingContext.captureScreenshot", context=self._context)["data"])

    def _ask(self, method: str, **parameters: Any) -> Any:
        number = next(self._ids)
        self._connection.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while (answer := json.loads(self._connection.recv(timeout=2 * _LONGEST_S))).get("id") != number:
            pass  # events
        if answer["type"] == "error":
            raise RuntimeError(f"{method}: {answer['message']}")
        return answer["result"]


@contextmanager
def firefox_page(profile: Path) -> Iterator[FirefoxPage]:
    """A new Firefox with an empty ``profile``, which must be an empty directory."""
    firefox = shutil.which("firefox-esr") or shutil.which("firefox")
    if firefox is None:
        pytest.skip("no Firefox here (requirements/debian-dev.txt)")
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in _PREFERENCES.items()]
    (profile / "user.js").write_text("\n".join(lines))
    command = [firefox, "--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port", "0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    try:
        assert process.stderr
        told = next((found for line in process.stderr if (found := re.search(r"BiDi listening on (ws://\S+)", line))), None)
        assert told, "Firefox ended without listening"
        with connect(f"{told[1]}/session", max_size=None, proxy=None) as connection:
            yield FirefoxPage(connection)
    finally:
        process.terminate()
        process.wait(20)
