"""The web page in Debian's Firefox, on a real mesh."""

from __future__ import annotations

from pathlib import Path

import axe_playwright_python
import pytest

from tests.e2e.firefox import FirefoxPage, firefox_page
from tests.e2e.mesh import Mesh

pytestmark = pytest.mark.timeout(180)
_ENTER = "\ue007"


def _ask(page: FirefoxPage, question: str) -> None:
    page.run("document.getElementById('question').focus()")
    page.press(question + _ENTER)


def _state(page: FirefoxPage, name: str) -> None:
    page.wait(f"document.getElementById('face').dataset.state === '{name}'")


def test_firefox_shows_and_captions_an_answer(mesh: Mesh, tmp_path: Path) -> None:
    """H.264 and AAC through Media Source, by the system's FFmpeg; typed, for the machine has no microphone."""
    with firefox_page(tmp_path) as page:
        page.open(mesh.url)
        page.wait("document.querySelectorAll('#faces img').length === 4")
        _ask(page, "Who are you?")
        page.wait("document.querySelector('#notice').textContent.includes('no microphone')")
        _state(page, "speaking")
        began = page.run("document.getElementById('video').currentTime")
        page.wait(f"document.getElementById('video').currentTime > {began} + 0.5")
        captions = page.run("Array.from(document.getElementById('video').textTracks[0].cues, (cue) => cue.text).join(' ')")
        said = page.run("Array.from(document.querySelectorAll('#talk .said'), (line) => line.innerText)")
        assert said[0] == "Who are you?"
        assert "Aria" in said[1]
        assert said[1].startswith(captions[:9])
        size = page.run("[document.getElementById('video').videoWidth, document.getElementById('video').videoHeight]")
        assert min(size) >= 128
        _state(page, "ready")
        _ask(page, "What do you like?")
        _state(page, "speaking")
        page.run("document.getElementById('interrupt').click()")
        page.wait("document.querySelectorAll('#talk .cut').length === 1")
        _state(page, "ready")
        page.run("document.getElementById('end').click()")
        _state(page, "away")


def test_firefox_finds_no_fault_in_the_page_at_any_size(mesh: Mesh, tmp_path: Path) -> None:
    """Nothing that axe knows, nothing that scrolls sideways."""
    axe = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text()
    with firefox_page(tmp_path) as page:
        page.open(mesh.url)
        page.wait("document.querySelectorAll('#faces img').length === 4")
        page.run(f"void (() => {{ {axe} }})()")
        for width, height in ((1280, 800), (820, 1180), (390, 844), (320, 640)):
            page.resize(width, height)
            assert page.run("document.documentElement.scrollWidth <= innerWidth"), (width, height)
            violations = page.run("axe.run().then(({ violations }) => violations.map(({ id, nodes }) => [id, nodes[0].html]))")
            assert violations == [], (width, height)
