"""How the web page looks and can be used: sizes of screens, light and dark, keys, screen readers. No mesh is needed."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from tests.e2e.scripted_page import ScriptedPage, scripted
from tests.e2e.web_page import ARGUMENTS

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
    return page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? [] :
        [...document.body.querySelectorAll("*")].filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
        .map((one) => one.outerHTML.slice(0, 100))"""
    )


def _too_small(page: Page) -> list[str]:
    """What can be pressed and is less than TARGET wide or high. The target of a face is its picture; links in a text may be lower."""
    return page.evaluate(
        """(least) => [...document.querySelectorAll("button, input, select, textarea, summary, a[href]")]
        .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.closest(".said p, .skip"))
        .map((one) => [one, one.getBoundingClientRect()])
        .filter(([one, { width, height }]) => width < least || height < least)
        .map(([one, { width, height }]) => `${width} x ${height}: ${one.outerHTML.slice(0, 100)}`)""",
        TARGET,
    )


def _ask(scripted_page: ScriptedPage, turn: int = 1, text: str = "Why is the sky blue?") -> None:
    scripted_page.send("transcript", turn=turn, text=text)
    scripted_page.page.wait_for_selector('#face[data-state="thinking"]')


def _away(_: ScriptedPage) -> None:
    pass


def _connecting(scripted_page: ScriptedPage) -> None:
    scripted_page.page.click("#start")
    scripted_page.page.wait_for_selector('#face[data-state="connecting"]')


def _ready(scripted_page: ScriptedPage) -> None:
    scripted_page.ready()


def _listening(scripted_page: ScriptedPage) -> None:
    scripted_page.ready()
    scripted_page.send("listening", state="started")
    scripted_page.send("partial", text="Why is")
    scripted_page.page.wait_for_selector("#talk .pending")


def _thinking(scripted_page: ScriptedPage) -> None:
    scripted_page.ready()
    _ask(scripted_page)


def _speaking(scripted_page: ScriptedPage) -> None:
    _thinking(scripted_page)
    scripted_page.send("reply", turn=1, delta=ANSWER)
    scripted_page.send("speaking", turn=1, media_s=0)
    scripted_page.page.wait_for_selector('#face[data-state="speaking"]')


def _answered(scripted_page: ScriptedPage) -> None:
    _speaking(scripted_page)
    scripted_page.send("done", turn=1, finish_reason="stop", timings={"fragment": 0.8})
    scripted_page.page.wait_for_selector("#talk [data-began]")


def _interrupted(scripted_page: ScriptedPage) -> None:
    _speaking(scripted_page)
    scripted_page.send("interrupted", turn=1, resume_s=0.2, heard="Because")
    scripted_page.page.wait_for_selector("#talk .cut")


def _failed(scripted_page: ScriptedPage) -> None:
    _thinking(scripted_page)
    scripted_page.send("error", turn=1, problem=PROBLEM)
    scripted_page.page.wait_for_selector("#talk .failed")


def _lost(scripted_page: ScriptedPage) -> None:
    scripted_page.ready()
    scripted_page.is_away = True
    scripted_page.drop()
    scripted_page.page.wait_for_selector('#face[data-state="lost"]')


def _waiting(scripted_page: ScriptedPage) -> None:
    scripted_page.ready()
    scripted_page.drop(1013)
    scripted_page.page.wait_for_selector('#face[data-state="waiting"]')


def _dialog(name: str) -> Callable[[ScriptedPage], None]:
    def show(scripted_page: ScriptedPage) -> None:
        scripted_page.page.evaluate("(id) => document.getElementById(id).showModal()", name)
        scripted_page.page.wait_for_selector(f"#{name}[open]")

    return show


def _report(scripted_page: ScriptedPage) -> None:
    """The dialog of a face with what was found."""
    _dialog("bring")(scripted_page)
    scripted_page.page.evaluate(
        """() => {
        const [report, score, word, findings] = ["", "-score", "-word", "-findings"].map((end) => document.getElementById(`report${end}`));
        report.hidden = false; score.value = 0.6; word.textContent = "Good enough";
        findings.innerHTML = "<li>The head is turned to the left: look into the camera.</li>";
        }"""
    )


def _settings(scripted_page: ScriptedPage) -> None:
    scripted_page.page.click("#settings summary")
    scripted_page.page.evaluate(
        "for (const id of ['language-field', 'microphone-field']) document.getElementById(id).hidden = false"
    )


def _everything(scripted_page: ScriptedPage) -> None:
    """All that scripts show at some time."""
    _answered(scripted_page)
    scripted_page.page.evaluate(
        """() => {
        const ids = ["conversations-open", "conversation-new", "media", "download", "empty"];
        for (const id of ids) document.getElementById(id).hidden = false;
        for (const one of document.querySelectorAll(".actions, .actions [hidden]")) one.hidden = false;
        }"""
    )


STATES: list[Callable[[ScriptedPage], None]] = [
    _away,
    _connecting,
    _ready,
    _listening,
    _thinking,
    _speaking,
    _answered,
    _interrupted,
    _failed,
    _lost,
    _waiting,
    _report,
    _settings,
    _everything,
    *map(_dialog, ("bring", "card", "key-dialog", "confirm", "drawer")),
]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("size", SIZES)
def test_no_state_of_the_page_shuts_anybody_out(browser: Browser, size: str, scheme: Any) -> None:
    """In each state: no violation that axe knows, nothing that scrolls sideways, nothing that is too small to press."""
    width, height = SIZES[size]
    faults: list[str] = []
    for state in STATES:
        with scripted(browser, viewport={"width": width, "height": height}, color_scheme=scheme) as page:
            page.open()
            state(page)
            found = [*_violations(page.page), *_too_wide(page.page), *_too_small(page.page)]
            faults += [f"{getattr(state, '__name__', state)}: {fault}" for fault in found]
    assert not faults, "\n".join(faults)
