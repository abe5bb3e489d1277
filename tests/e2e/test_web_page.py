"""The web page, as somebody with a browser and a microphone uses it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import WebSocketRoute, expect

from AvatarChatbot import avatars
from benchmarks.word_errors import word_errors
from tests.asr.flite import say as flite
from tests.e2e.mesh import Mesh, free_port, ready, running
from tests.e2e.web_page import browser_page, plays_on, position, say, state, talk

pytestmark = pytest.mark.timeout(180)


def test_a_question_asked_aloud_is_answered_and_a_voice_interrupts(mesh: Mesh, tmp_path: Path) -> None:
    with browser_page() as page:
        page.goto(mesh.url)
        page.click("#start")
        state(page, "ready")
        plays_on(page)
        say(page, flite("what is your name", "rms", tmp_path))
        state(page, "listening")
        state(page, "speaking")
        assert word_errors("what is your name", talk(page)[0]) == 0
        assert "Aria" in talk(page)[1]
        state(page, "ready")
        expect(page.locator("#talk .answer")).to_have_attribute("data-began", re.compile(r"answered after \d\.\d s"))
        page.fill("#question", "What do you like?")
        page.press("#question", "Enter")
        state(page, "speaking")
        plays_on(page, 1.0)
        say(page, flite("who are you", "rms", tmp_path))
        expect(page.locator("#talk .question").nth(2)).to_have_text(re.compile(r"who are you\W?", re.IGNORECASE))
        expect(page.locator("#talk .cut")).to_have_count(1)
        state(page, "speaking")
        plays_on(page)


def test_a_question_typed_before_anything_is_pressed_is_answered_without_a_microphone(mesh: Mesh) -> None:
    with browser_page(microphone=False) as page:
        page.goto(mesh.url)
        expect(page.locator("#faces img")).to_have_count(4)
        page.fill("#question", "Who are you?")
        page.press("#question", "Enter")
        expect(page.locator("#notice")).to_contain_text("no microphone")
        state(page, "speaking")
        captions = page.evaluate("Array.from(document.getElementById('video').textTracks[0].cues, (cue) => cue.text).join(' ')")
        assert captions
        assert talk(page)[1].startswith(captions[:9])
        page.click("#interrupt")
        expect(page.locator("#talk .cut")).to_have_count(1)
        state(page, "ready")
        plays_on(page)
        page.click("#end")
        state(page, "away")


def test_the_interface_can_be_read_and_tried_without_anything_from_elsewhere(mesh: Mesh) -> None:
    """/docs of the gateway and of a service."""
    asked: list[str] = []
    with browser_page() as page:
        page.on("request", lambda request: asked.append(request.url))
        for url, path in ((mesh.url, "/v1/avatarchatbot/avatars"), (mesh.addresses()["tts"], "/v1/tts/voices")):
            page.goto(f"{url}/docs")
            operation = page.locator(f'.opblock-get:has([data-path="{path}"])')
            operation.click()
            operation.get_by_role("button", name="Try it out").click()
            operation.get_by_role("button", name="Execute").click()
            status = operation.locator(".live-responses-table td.response-col_status", has_not_text="Code")
            expect(status.first).to_contain_text("200")
            assert [request for request in asked if not request.startswith((url, "data:", "about:"))] == []
            asked.clear()


def test_a_browser_that_ran_dry_goes_on(mesh: Mesh) -> None:
    """Chromium then waits for more than the server sends ahead."""
    with browser_page() as page:
        page.goto(mesh.url)
        page.click("#start")
        state(page, "ready")
        gateway = mesh.pid_of("gateway")
        for _ in range(3):
            plays_on(page, 1.0)
            os.kill(gateway, signal.SIGSTOP)
            try:
                page.wait_for_function("() => document.getElementById('video').readyState < HTMLMediaElement.HAVE_FUTURE_DATA")
            finally:
                os.kill(gateway, signal.SIGCONT)
        plays_on(page, 2.0)


def test_a_connection_that_breaks_is_resumed(mesh: Mesh) -> None:
    connections: list[WebSocketRoute] = []

    def connect(socket: WebSocketRoute) -> None:
        socket.connect_to_server()
        connections.append(socket)

    with browser_page() as page:
        page.route_web_socket(re.compile("/v1/avatarchatbot$"), connect)
        page.goto(mesh.url)
        page.click("#start")
        state(page, "ready")
        plays_on(page)
        before = position(page)
        connections[0].close(code=3000)
        plays_on(page, 1.0)
        assert len(connections) == 2
        assert position(page) > before
        page.fill("#question", "What is your name?")
        page.press("#question", "Enter")
        state(page, "speaking")
        assert "Aria" in talk(page)[1]


def test_a_face_of_ones_own_answers_and_is_forgotten(mesh: Mesh) -> None:
    with browser_page() as page, mesh.client() as client:
        page.goto(mesh.url)
        page.click("#faces .add")
        page.set_input_files("#file", avatars.path("tomas"))
        expect(page.locator("#draft")).to_be_disabled()
        page.check("#consent")
        page.click("#draft")
        page.fill("#card-name", "Theo")
        page.fill("#card-likes", "Theo loves night trains.\nHe collects maps.")
        page.click("#keep")
        expect(page.locator("#faces label").last).to_contain_text("Theo")
        page.reload()
        page.click("#faces label:has-text('Theo') img")
        page.fill("#question", "What do you like?")
        page.press("#question", "Enter")
        state(page, "speaking")
        assert "night trains" in talk(page)[1]
        brought = page.evaluate("JSON.parse(localStorage.getItem('avatarchatbot.faces'))")
        page.click("#end")
        page.click("#faces label:has-text('Theo') .forget")
        page.click("#confirm-yes")
        expect(page.locator("#faces label")).to_have_count(4)
        for path in (f"avatars/{brought[0]['avatar']}", f"personas/{brought[0]['persona']}"):
            assert client.get(f"/v1/avatarchatbot/{path}").status_code == 404


def test_what_shows_no_face_is_said(mesh: Mesh, tmp_path: Path) -> None:
    text = tmp_path / "face.png"
    text.write_text("no picture at all")
    with browser_page() as page:
        page.goto(mesh.url)
        page.click("#faces .add")
        page.set_input_files("#file", text)
        page.check("#consent")
        page.click("#draft")
        expect(page.locator("#bring-notice")).not_to_have_text("Looking at it …")
        expect(page.locator("#draft")).to_be_enabled()
        assert page.locator("#bring-notice").inner_text()


@contextmanager
def _gateway(mesh: Mesh, port: int, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    """Another gateway of the mesh."""
    with running("AvatarChatbot.gateway", AVATARCHATBOT_PORT=str(port), **mesh.urls(), **mesh.storage, **settings) as process:
        ready(f"http://127.0.0.1:{port}")
        yield process


def test_a_gateway_that_stops_finishes_its_answers_and_the_conversation_goes_on(mesh: Mesh) -> None:
    port = free_port()
    with browser_page() as page:
        with _gateway(mesh, port, AVATARCHATBOT_DRAIN_S="30") as stopping:
            page.goto(f"http://127.0.0.1:{port}")
            page.fill("#question", "Who are you?")
            page.press("#question", "Enter")
            state(page, "speaking")
            stopping.terminate()
            state(page, "lost")
            stopping.wait(10)
        page.click("#faces label:has-text('Mei') img")
        with _gateway(mesh, port):
            state(page, "ready")
            page.fill("#question", "What is your name?")
            page.press("#question", "Enter")
            state(page, "speaking")
            expect(page.locator("#talk .answer").nth(1)).to_contain_text("Mei")
            expect(page.locator("#talk .cut")).to_have_count(0)


def _sessions(url: str) -> float:
    return float(re.findall(r"^live_sessions (\S+)", httpx.get(f"{url}/metrics", trust_env=False).text, re.M)[0])


def test_who_finds_no_place_comes_again_and_silence_ends_and_goes_on(mesh: Mesh) -> None:
    port = free_port()
    settings = {"AVATARCHATBOT_LIVE_PER_OWNER": "1", "AVATARCHATBOT_LIVE_IDLE_S": "2", "AVATARCHATBOT_LIVE_END_S": "8"}
    with _gateway(mesh, port, **settings), browser_page() as page:
        url = f"http://127.0.0.1:{port}"
        page.goto(url)
        page.click("#start")
        state(page, "ready")
        assert page.context.browser
        other = page.context.browser.new_page()
        other.goto(url)
        other.fill("#question", "Who are you?")
        other.press("#question", "Enter")
        state(other, "waiting")
        expect(other.locator("#state")).to_have_text(re.compile(r"Trying again in [1-8] s"))
        state(page, "away")
        expect(page.locator("#notice")).to_contain_text("Nobody has said anything")
        state(other, "speaking")
        expect(other.locator("#notice")).to_be_hidden()
        assert _sessions(url) == 1
        other.goto("about:blank")
        for _ in range(40):
            if _sessions(url) == 0:
                break
            page.wait_for_timeout(50)
        assert _sessions(url) == 0, "a page that is left gives its place back at once"
        page.fill("#question", "What is your name?")
        page.press("#question", "Enter")
        state(page, "speaking")


def test_a_page_that_is_shown_again_goes_on_with_its_conversation(mesh: Mesh) -> None:
    with browser_page() as page:
        page.goto(mesh.url)
        page.fill("#question", "Who are you?")
        page.press("#question", "Enter")
        state(page, "speaking")
        # What a browser tells a page that it keeps, and tells it again when it is shown.
        page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
        state(page, "away")
        page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
        page.fill("#question", "What is your name?")
        page.press("#question", "Enter")
        state(page, "speaking")
        expect(page.locator("#talk .question")).to_have_count(2)


def test_where_keys_are_asked_for_the_page_asks_for_one(mesh: Mesh) -> None:
    port = free_port()
    with _gateway(mesh, port, AVATARCHATBOT_API_KEY="open sesame"), browser_page() as page:
        url = f"http://127.0.0.1:{port}"
        assert httpx.get(f"{url}/v1/avatarchatbot/voices", trust_env=False).status_code == 401
        page.goto(url)
        page.fill("#key", "open says me")
        page.press("#key", "Enter")
        expect(page.locator("#key-dialog")).to_be_visible()
        page.fill("#key", "open sesame")
        page.press("#key", "Enter")
        page.wait_for_selector("#voices option", state="attached")
        page.fill("#question", "Who are you?")
        page.press("#question", "Enter")
        state(page, "speaking")


def test_the_page_comes_from_here_alone(mesh: Mesh) -> None:
    with mesh.client() as client:
        index = client.get("/")
        assert index.headers["content-type"].startswith("text/html")
        assert client.head("/").is_success
        assert "default-src 'self'" in index.headers["content-security-policy"]
        named = re.findall(r'(?:src|href)="([^"]+)"', index.text)
        assert named
        for address in named:
            assert client.get(f"/{address}").is_success, address
        assert client.get("/ui/faces/nobody.png").status_code == 404
        assert client.get("/ui/../pyproject.toml").status_code == 404
