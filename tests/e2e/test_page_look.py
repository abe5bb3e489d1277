"""How the web page looks and can be used: sizes of screens, light and dark, keys, screen readers. The last test needs a mesh."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.e2e.mesh import Mesh
from tests.e2e.scripted_page import ScriptedPage, scripted
from tests.e2e.web_page import state

pytestmark = pytest.mark.timeout(120)
SIZES = {"desktop": (1280, 800), "phone": (390, 844), "tablet": (820, 1180)}
SCHEMES = ("light", "dark")
#: Smallest side of what is pressed, CSS pixels (WCAG 2.2, 2.5.8).
TARGET = 24
PROBLEM = {"type": "about:blank", "status": 502, "title": "The language model did not answer", "code": "llm_failed"}
ANSWER = "Because of **Rayleigh scattering**.\n\n1. Air scatters *blue*.\n\n```\nblue()\n```\n\n|a|b|\n|-|-|\n|1|2|\n\n[more](https://a.example)"


def _violations(page: Page) -> list[str]:
    """What axe finds, all its rules but those that are experimental."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [f"{rule['id']}: {node['html']} {node['failureSummary']}" for rule in found for node in rule["nodes"]]


def _too_wide(page: Page) -> list[str]:
    """What makes the page, or a dialog, scroll sideways."""
    found: list[str] = page.evaluate(
        """() => [document.documentElement, ...document.querySelectorAll("dialog[open]")]
        .filter((one) => one.scrollWidth > one.clientWidth)
        .flatMap((one) => [...one.querySelectorAll("*")]
            .filter((inner) => inner.getBoundingClientRect().right > one.getBoundingClientRect().right + 1))
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


@pytest.mark.parametrize(("width", "height"), [(320, 640), (640, 400), (844, 390), (1024, 600)])
def test_the_page_is_used_without_scrolling_sideways_where_it_is_small_or_zoomed(
    browser: Browser, width: int, height: int
) -> None:
    """1280 × 800 at 400 % and at 200 % (WCAG 1.4.10, 1.4.4), a phone on its side, and a small laptop."""
    with scripted(browser, viewport={"width": width, "height": height}) as page:
        assert {name: wide for name in _walk(page) if (wide := _too_wide(page.page))} == {}


#: Markdown that wants to run something, or to fetch something.
HOSTILE = [
    "<script>document.title = 'run'</script>",
    "<img src=x onerror=\"document.title = 'run'\">",
    "text <b onclick=\"document.title = 'run'\">bold</b> <svg/onload=alert(1)>",
    "[a](javascript:document.title='run')",
    "[a](JaVaScRiPt&colon;alert(1)) [b]( javascript:alert(1)) [c](java\tscript:alert(1)) [d](&#x6A;avascript:alert(1))",
    "[a](data:text/html,<script>alert(1)</script>) [b](vbscript:x) [c](file:///etc/passwd) [d](//evil.example) [e](blob:x)",
    "![picture](https://evil.example/pixel.png) ![](javascript:alert(1)) [![x](https://evil.example/p.png)](https://evil.example)",
    "<https://good.example> <javascript:alert(1)> <a@b.example>",
    '[a](https://good.example "title\\" onmouseover=alert(1)")',
    "[a]: javascript:alert(1)\n\n[a] [b][a]",
    "```html\n<script>alert(1)</script>\n```",
    "<iframe src='javascript:alert(1)'></iframe>\n\n<style>*{display:none}</style>\n\n<form action='//evil.example'></form>",
    "&lt;script&gt;alert(1)&lt;/script&gt; \u202e \u0000 \ufeff",
]
#: Markdown that takes long, or fills the stack, where it is read carelessly.
ENDLESS = {
    "quotes": "> " * 20_000,
    "lists": "- " * 20_000,
    "numbers": "1. " * 20_000,
    "nested": "\n".join(" " * (2 * level) + "- x" for level in range(200)),
    "brackets": "[" * 50_000,
    "links": "[a](" * 20_000,
    "stars": "*a **b " * 20_000,
    "ticks": "`a" * 20_000,
    "table": "|a" * 3_000 + "\n" + "|-" * 3_000 + "\n" + "|b" * 3_000,
    "tags": "<a " * 20_000,
    "word": "x" * 300_000,
    "paragraphs": "one **two** three\n\n" * 5_000,
}


def _shown(page: Page, text: str, piece: int) -> Any:
    """An answer of ``text`` in pieces of so many characters: its text, its links, its tags and the seconds that it took."""
    return page.evaluate(
        """async ([text, piece]) => {
        const { Markdown } = await import("./ui/markdown.js");
        const container = document.body.appendChild(document.createElement("div"));
        const markdown = new Markdown(container);
        const began = performance.now();
        for (let at = 0; at < text.length; at += piece) markdown.append(text.slice(at, at + piece));
        const seconds = (performance.now() - began) / 1000;
        const all = [...container.querySelectorAll("*")];
        const attributes = new Set(all.flatMap((one) => one.getAttributeNames()));
        const shown = {
            text: container.textContent, html: container.innerHTML, links: all.flatMap((one) => one.href ?? []), seconds,
            tags: [...new Set(all.map((one) => one.localName))], attributes: [...attributes],
        };
        container.remove();
        return shown;
        }""",
        [text, piece],
    )


def test_markdown_of_an_answer_runs_nothing_and_fetches_nothing(browser: Browser) -> None:
    with scripted(browser) as page:
        page.open()
        fetched: list[str] = []
        page.page.on("request", lambda request: fetched.append(request.url))
        title = page.page.title()
        for text in HOSTILE:
            shown = _shown(page.page, text, len(text))
            assert {"script", "img", "svg", "iframe", "style", "form", "input", "b"}.isdisjoint(shown["tags"]), text
            assert set(shown["attributes"]) <= {
                "href",
                "rel",
                "target",
                "dir",
                "class",
                "role",
                "aria-label",
                "tabindex",
                "start",
            }
            assert all(link.startswith(("https://good.example", "https://evil.example")) for link in shown["links"]), shown[
                "links"
            ]
            # An address that is given at another place of an answer is not looked for in each piece.
            is_apart = text.startswith("[a]: ")
            assert is_apart or _shown(page.page, text, 1)["html"] == shown["html"], "whole or in pieces, an answer looks the same"
        assert page.page.title() == title
        assert [url for url in fetched if not url.endswith("markdown.js")] == []
        shown = _shown(page.page, HOSTILE[6], 99)
        assert (shown["text"], shown["links"][0]) == ("picture javascript:alert(1) x", "https://evil.example/pixel.png")


@pytest.mark.parametrize("name", ENDLESS)
def test_markdown_of_any_length_and_depth_is_shown_soon(browser: Browser, name: str) -> None:
    """A piece takes less than a picture of the face may (40 ms), also on a machine that is shared."""
    with scripted(browser) as page:
        page.open()
        text, piece = ENDLESS[name], 200
        shown = _shown(page.page, text, piece)
        assert shown["seconds"] / (len(text) / piece) < 0.04
        assert len(shown["text"]) > len(text) / 8 or name in {"table", "lists"}


def test_markdown_looks_as_it_is_meant(browser: Browser) -> None:
    with scripted(browser) as page:
        page.open()
        shown = _shown(
            page.page, f"# Title\n\nOne *two* **three** ~~four~~ `five`.\n\n{ANSWER}\n\n> six\n\n3. seven\n4. eight", 3
        )
        tags = {
            "h3",
            "p",
            "em",
            "strong",
            "del",
            "code",
            "pre",
            "ol",
            "li",
            "table",
            "thead",
            "tbody",
            "tr",
            "th",
            "td",
            "a",
            "blockquote",
        }
        assert tags <= set(shown["tags"])
        assert '<ol start="3">' in shown["html"]
        assert 'rel="noopener noreferrer"' in shown["html"]


def test_a_piece_that_comes_leaves_what_was_there_alone(browser: Browser) -> None:
    with scripted(browser) as page:
        page.open()
        stayed = page.page.evaluate(
            """async () => {
            const { Markdown } = await import("./ui/markdown.js");
            const container = document.createElement("div"), markdown = new Markdown(container);
            markdown.append("One **two**.\\n\\n1. three\\n2. four\\n\\nFive");
            const before = [...container.children];
            markdown.append(" six.\\n\\n- seven");
            return before.slice(0, 2).every((one) => one.isConnected || one.parentNode === container);
            }"""
        )
        assert stayed


def _focus(page: Page) -> str:
    """The id of what has the keys' focus, of a face its title."""
    focused: str = page.evaluate(
        """() => {
        const focused = document.activeElement;
        return focused.id || focused.closest("label")?.innerText || focused.className;
        }"""
    )
    return focused


def test_a_page_can_be_used_with_the_keys_alone(browser: Browser) -> None:
    with scripted(browser) as page:
        page.open()
        show = page.page
        show.keyboard.press("Tab")
        assert _focus(show) == "skip"
        assert _violations(show) == []
        show.keyboard.press("Enter")
        assert _focus(show) == "question"
        show.keyboard.type("Who are you?")
        show.keyboard.press("Enter")
        page.ready()
        page.heard("text")
        assert _focus(show) == "question"
        page.send("transcript", turn=1, text="Who are you?")
        state(show, "thinking")
        passed = [_focus(show)]
        while passed[-1] != "end":
            show.keyboard.press("Tab")
            passed.append(_focus(show))
        assert passed == ["question", "send", "interrupt", "end"]
        show.keyboard.press("Enter")
        state(show, "away")
        assert _focus(show) == "question"


def test_conversations_are_opened_and_deleted_with_the_keys_alone(browser: Browser) -> None:
    with scripted(browser) as page:
        kept = [
            {"id": name, "created_at": 0, "updated_at": 0, "persona": {"name": "Aria"}, "avatar_id": "a", "turn_count": 1}
            | {"first_question": f"Why is {name} so?"}
            for name in ("one", "two", "three")
        ]
        turn = {"id": "t", "created_at": 0, "question": "Why?", "reply": "So.", "video_id": "", "status": "done"}
        page.answers["GET /conversations"] = {"items": kept, "next_cursor": None}
        page.answers |= {f"GET /conversations/{one['id']}": {**one, "turns": [turn]} for one in kept}
        page.open()
        show = page.page

        def press(key: str, expected: str) -> None:
            show.keyboard.press(key)
            show.wait_for_function(
                """(name) => {
                const one = document.activeElement;
                return [one.id, one.ariaLabel, one.closest("#conversations .open")?.firstElementChild.textContent].includes(name);
                }""",
                arg=expected,
            )

        show.focus("#conversations-open")
        press("Enter", "drawer-close")
        expect(show.locator("#conversations li")).to_have_count(3)
        assert [*_violations(show), *_too_wide(show), *_too_small(show)] == []
        press("Tab", "Why is one so?")
        press("Tab", "Delete “Why is one so?”")
        press("Enter", "confirm-no")
        press("Escape", "Delete “Why is one so?”")
        press("Enter", "confirm-no")
        press("Tab", "confirm-yes")
        press("Enter", "Why is two so?")
        expect(show.locator("#conversations li")).to_have_count(2)
        assert "DELETE /conversations/one" in page.asked
        press("Enter", "conversations-open")
        expect(show.locator("#drawer")).to_be_hidden()
        expect(show.locator("#talk .said")).to_have_text(["Why?", "So."])
        address = show.url
        show.focus(".skip")
        press("Enter", "question")
        assert (show.url, show.locator("#talk .said").count()) == (address, 2), "the conversation stays"


def test_arrow_keys_go_from_face_to_face(browser: Browser) -> None:
    with scripted(browser) as page:
        page.open()
        show = page.page
        show.focus("#faces :checked")
        for name in ("Kofi", "Mei", "Tomas", "Aria"):
            show.keyboard.press("ArrowRight")
            assert _focus(show) == name
            assert show.locator("#faces :checked").evaluate("(one) => one.closest('label').innerText") == name
            assert show.get_attribute("#video", "poster") == f"ui/faces/{name.lower()}.png"
        show.keyboard.press("ArrowLeft")
        assert _focus(show) == "Tomas"


@pytest.mark.parametrize("leave", ["Escape", "Cancel"])
def test_a_dialog_keeps_the_focus_and_gives_it_back(browser: Browser, leave: str) -> None:
    with scripted(browser) as page:
        page.open()
        show = page.page
        show.focus("#faces .add")
        show.keyboard.press("Enter")
        expect(show.locator("#bring")).to_be_visible()
        for _ in range(8):
            show.keyboard.press("Tab")
            assert show.evaluate("document.activeElement === document.body || !!document.activeElement.closest('#bring')")
        if leave == "Escape":
            show.keyboard.press("Escape")
        else:
            show.focus("#bring [data-close]")
            show.keyboard.press("Enter")
        expect(show.locator("#bring")).to_be_hidden()
        assert _focus(show) == "add"


def test_whole_sentences_are_read_aloud_once_with_who_says_them(browser: Browser) -> None:
    """By a screen reader: what is heard so far is not, nor the pieces of an answer."""
    with scripted(browser) as page:
        page.open()
        show = page.page
        show.click("#start")
        page.ready()
        page.send("listening", state="started")
        for text in ("Why", "Why is", "Why is the sky"):
            page.send("partial", text=text)
        page.send("transcript", turn=1, text="Why is the sky blue?")
        for piece in ("Because of **Ray", "leigh** scat", "tering. It scat", "ters blue", " most! And"):
            page.send("reply", turn=1, delta=piece)
        aloud = show.locator("#aloud p")
        expect(aloud).to_have_text(
            ["You: Why is the sky blue?", "Aria: Because of Rayleigh scattering.", "Aria: It scatters blue most!"]
        )
        page.send("reply", turn=1, delta=" that is all")
        page.send("done", turn=1, finish_reason="stop", timings={})
        expect(aloud.last).to_have_text("Aria: And that is all")
        page.send("transcript", turn=2, text="And why?")
        page.send("error", turn=2, problem=PROBLEM)
        expect(aloud.last).to_have_text(f"Aria: {PROBLEM['title']}")
        expect(aloud).to_have_count(6)
        assert show.get_attribute("#aloud", "aria-live") == "polite"
        assert show.locator("#talk[aria-live], #talk [aria-live]").count() == 0


def test_what_people_write_and_hear_has_its_own_direction(browser: Browser) -> None:
    with scripted(browser) as page:
        page.open()
        show = page.page
        show.click("#start")
        page.ready()
        page.send("transcript", turn=1, text="كيف حالك؟")
        page.send("reply", turn=1, delta="أنا بخير.\n\nThank you.")
        expect(show.locator("#talk .answer p").last).to_have_text("Thank you.")
        directions = "(all) => all.map((one) => getComputedStyle(one).direction)"
        assert show.locator("#talk .question .said").evaluate_all(directions) == ["rtl"]
        assert show.locator("#talk .answer .said p").evaluate_all(directions) == ["rtl", "ltr"]
        show.fill("#question", "مرحبا")
        assert show.locator("#question").evaluate_all(directions) == ["rtl"]


def test_who_wants_no_motion_gets_none(browser: Browser) -> None:
    with scripted(browser, reduced_motion="reduce") as page:
        page.open()
        page.page.click("#start")
        page.ready()
        page.send("transcript", turn=1, text="Why?")
        state(page.page, "thinking")
        assert page.page.evaluate("document.getAnimations().length") == 0


def test_a_selected_face_is_seen_where_colours_are_forced(browser: Browser) -> None:
    with scripted(browser, forced_colors="active") as page:
        page.open()
        outlines = page.page.locator("#faces img").evaluate_all("(all) => all.map((one) => getComputedStyle(one).outlineStyle)")
        assert outlines == ["solid", "none", "none", "none"]


@pytest.mark.parametrize("size", SIZES)
def test_a_real_answer_shuts_nobody_out(browser: Browser, mesh: Mesh, size: str) -> None:
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height})
    try:
        page = context.new_page()
        page.goto(mesh.url)
        page.wait_for_selector("#faces img")
        page.fill("#question", "Who are you?")
        page.press("#question", "Enter")
        state(page, "speaking")
        expect(page.locator("#talk .answer .said")).to_contain_text("Aria")
        answer = page.locator("#talk .answer .said").bounding_box()
        assert answer
        assert answer["y"] < height, "the answer is in sight"
        assert [*_violations(page), *_too_wide(page), *_too_small(page)] == []
        page.goto("about:blank")
    finally:
        context.close()
