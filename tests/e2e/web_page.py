"""The web page in headless Chromium, driven by Playwright; its microphone says what a test gives it."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

#: In place of a machine's microphone: a stream of the browser's own, silent until ``say`` is given a WAV file.
_MICROPHONE = """
const context = new AudioContext(), room = context.createMediaStreamDestination();
if (navigator.mediaDevices) navigator.mediaDevices.getUserMedia = async () => { await context.resume(); return room.stream; };
window.say = async (wav) => {
  const bytes = Uint8Array.from(atob(wav), (letter) => letter.charCodeAt(0));
  const voice = new AudioBufferSourceNode(context, { buffer: await context.decodeAudioData(bytes.buffer) });
  voice.connect(room);
  voice.start();
};
"""
ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage", "--autoplay-policy=no-user-gesture-required"]
WIDTH, HEIGHT = 1180, 820


@contextmanager
def chromium(arguments: Sequence[str] = ARGUMENTS) -> Iterator[Browser]:
    """A new browser. Skips the test where there is none."""
    executable = shutil.which("chromium")
    if executable is None:
        pytest.skip("no chromium here (requirements/debian-dev.txt)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=[*arguments])
        yield browser
        browser.close()


@contextmanager
def browser_page(*, microphone: bool = True) -> Iterator[Page]:
    """An empty page of a new browser. Whatever goes wrong in it fails the test: errors of its scripts, and its complaints."""
    complaints: list[str] = []
    with chromium() as browser:
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
        if microphone:
            page.add_init_script(_MICROPHONE)
        yield page
        # As one leaves a page: a browser that is killed leaves its conversation waiting for it.
        page.goto("about:blank", wait_until="commit")
    # Answers that are errors, and a gateway that is away, are the test's own doing; what the page says of them, it looks at.
    own = ("Failed to load resource", "WebSocket connection to")
    assert [complaint for complaint in complaints if not complaint.startswith(own)] == []


def say(page: Page, wav: bytes) -> None:
    """Let the microphone hear a WAV file."""
    page.evaluate("wav => window.say(wav)", base64.b64encode(wav).decode())


def state(page: Page, name: str) -> None:
    """Wait until the page says that it is ``name``: ready, listening, thinking, speaking, lost, away."""
    page.wait_for_selector(f'#face[data-state="{name}"]')


def position(page: Page) -> float:
    """Where the player is, seconds of media."""
    return float(page.evaluate("document.getElementById('video').currentTime"))


def plays_on(page: Page, seconds: float = 0.5) -> None:
    """Wait until the player is so much further than now."""
    page.wait_for_function("(to) => document.getElementById('video').currentTime > to", arg=position(page) + seconds)


def talk(page: Page) -> list[str]:
    """What was said, questions and answers."""
    return page.locator("#talk .said").all_inner_texts()
