"""How the web page looks and can be used: sizes of screens, light and dark, keys, screen readers. No mesh is needed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from tests.e2e.scripted_page import ScriptedPage, scripted
from tests.e2e.web_page import ARGUMENTS, state

pytestmark = pytest.mark.timeout(120)
SIZES = {"desktop": (1280, 800), "phone": (390, 844), "tablet": (820, 1180)}
SCHEMES = ("light", "dark")
#: Smallest side of what is pressed, CSS pixels (WCAG 2.2, 2.5.8).
TARGET = 24
PROBLEM = {"type": "about:blank", "status": 502, "title": "The language model did not answer", "code": "llm_failed"}
ANSWER = "Because of **Rayleigh scattering**.\n\n1. Air scatters *blue*.\n\n```\nblue()\n```\n\n|a|b|\n|-|-|\n|1|2|\n\n[more](https://a.example)"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no chromium here (requirements/debian-dev.txt)")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield launched
        launched.close()


def _violations(page: Page) -> list[str]:
    """What axe finds, all its rules but those that are experimental."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [f"{rule['id']}: {node['html']} {node['failureSummary']}" for rule in found for node in rule["nodes"]]


def _too_wide(page: Page) -> list[str]:
    """What makes the page scroll sideways."""
    found: list[str] = page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? [] :
        [...document.body.querySelectorAll("*")].filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
        .map((one) => one.outerHTML.slice(0, 100))"""
    )
    return found


def _too_small(page: Page) -> list[str]:
    """What can be pressed and is less than TARGET wide or high; links in a text may be lower (WCAG's exception)."""
    found: list[str] = page.evaluate(
        """(least) => [...document.querySelectorAll("button, input, select, textarea, summary, a[href]")]
        .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.closest(".said p, .skip"))
        .map((one) => [one, one.getBoundingClientRect()])
        .filter(([one, { width, height }]) => width < least || height < least)
        .map(([one, { width, height }]) => `${width} x ${height}: ${one.outerHTML.slice(0, 100)}`)""",
        TARGET,
    )
    return found


def _walk(page: ScriptedPage) -> Iterator[str]:
    """Each state that the page can be in, one after the other."""
    show = page.page
    page.open()
    yield "away"
    for name in ("bring", "card", "key-dialog", "drawer"):
        show.evaluate("(id) => document.getElementById(id).showModal()", name)
        yield name
        if name == "bring":
            show.evaluate(_REPORT)
            yield "the report on a face"
        show.evaluate("(id) => document.getElementById(id).close()", name)
    show.evaluate(
        "() => void import('./ui/dom.js').then(({ confirmed }) => confirmed('Delete it?', 'It is lost then.', 'Delete'))"
    )
    show.wait_for_selector("#confirm[open]")
    yield "confirm"
    show.click("#confirm-no")
    show.click("#settings summary")
    show.evaluate("for (const id of ['language-field', 'microphone-field']) document.getElementById(id).hidden = false")
    yield "settings"
    show.click("#start")
    state(show, "connecting")
    yield "connecting"
    page.ready()
    yield "ready"
    page.send("listening", state="started")
    page.send("partial", text="Why is")
    show.wait_for_selector("#talk .pending")
    yield "listening"
    page.send("transcript", turn=1, text="Why is the sky blue?")
    state(show, "thinking")
    yield "thinking"
    page.send("reply", turn=1, delta=ANSWER)
    page.send("speaking", turn=1, media_s=0)
    state(show, "speaking")
    yield "speaking"
    page.send("done", turn=1, finish_reason="stop", timings={"fragment": 0.8})
    show.wait_for_selector("#talk [data-began]")
    yield "answered"
    page.send("transcript", turn=2, text="And at sunset?")
    page.send("reply", turn=2, delta="Then the light has come a long way.")
    page.send("interrupted", turn=2, resume_s=0.2, heard="Then the light")
    show.wait_for_selector("#talk .cut")
    page.send("transcript", turn=3, text="And at night?")
    page.send("error", turn=3, problem=PROBLEM)
    show.wait_for_selector("#talk .failed")
    yield "interrupted and failed"
    show.evaluate(_EVERYTHING)
    yield "everything"
    page.is_away = True
    page.drop()
    state(show, "lost")
    yield "lost"
    page.is_away = False
    page.open()
    show.click("#start")
    page.ready()
    page.drop(1013)
    state(show, "waiting")
    yield "waiting"


#: What the report on a face shows.
_REPORT = """() => {
const [report, score, word, findings] = document.querySelectorAll("#report, #report [id]:not(h3)");
report.hidden = false;
score.value = 0.6;
word.textContent = "Good enough";
findings.innerHTML = "<li>The head is turned to the left: look into the camera.</li>";
}"""
#: All that scripts show at some time.
_EVERYTHING = """() => {
for (const id of ["conversations-open", "conversation-new", "media", "download", "empty", "play", "reconnect"])
  document.getElementById(id).hidden = false;
for (const one of document.querySelectorAll(".actions, .actions [hidden]")) one.hidden = false;
}"""


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("size", SIZES)
def test_no_state_of_the_page_shuts_anybody_out(browser: Browser, size: str, scheme: Any) -> None:
    """In each state: no violation that axe knows, nothing that scrolls sideways, nothing that is too small to press."""
    width, height = SIZES[size]
    faults: list[str] = []
    with scripted(browser, viewport={"width": width, "height": height}, color_scheme=scheme) as page:
        for name in _walk(page):
            found = [*_violations(page.page), *_too_wide(page.page), *_too_small(page.page)]
            faults += [f"{name}: {fault}" for fault in found]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(("width", "height"), [(320, 640), (640, 400), (1024, 600)])
def test_the_page_is_used_without_scrolling_sideways_where_it_is_small_or_zoomed(
    browser: Browser, width: int, height: int
) -> None:
    """1280 × 800 at 400 % and at 200 % (WCAG 1.4.10, 1.4.4), and a small laptop."""
    with scripted(browser, viewport={"width": width, "height": height}) as page:
        assert {name: wide for name in _walk(page) if (wide := _too_wide(page.page))} == {}
