"""What the web page keeps: conversations through reload, Back and bookmarks, their list, deleting, answers as files.

The gateway is a real one without the services behind it; live sessions are scripted.
"""

from __future__ import annotations

import functools
import io
import re
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import anyio
import av
import httpx
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from AvatarChatbot import avatars
from AvatarChatbot.live.framing import Frame
from comps.cores.proto.avatar import Persona, VideoProfile
from comps.media.mux import AnswerMuxer, Fragment
from comps.storage.async_blobs import AsyncBlobs
from comps.storage.blobs import Blobs
from comps.storage.conversations import Conversations, TurnStatus
from comps.storage.owned_blobs import OwnedBlobs
from comps.storage.ownership import ANONYMOUS
from comps.storage.personas import Personas
from comps.storage.records import Records
from tests.e2e.mesh import free_port, running
from tests.e2e.scripted_page import ANSWERS, ScriptedPage
from tests.media.make import chunk, tone

pytestmark = pytest.mark.timeout(120)
PATH = "/v1/avatarchatbot"
FACE = "f" * 32


class Gateway:
    """``folder``: where it keeps everything."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self._folder = folder

    def keep(self, *turns: tuple[str, str, TurnStatus, bytes], name: str = "Aria") -> str:
        """Store a conversation of (question, reply, status, video), a persona and a face; returns the conversation's id."""
        # The browser's driver has an event loop in this thread.
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(anyio.run, self._keep, turns, name).result()

    async def _keep(self, turns: Sequence[tuple[str, str, TurnStatus, bytes]], name: str) -> str:
        records = Records(f"sqlite+aiosqlite:///{self._folder}/records.db")
        blobs = AsyncBlobs(Blobs(f"{self._folder}/blobs"))
        conversations, owned = Conversations(records), OwnedBlobs(records, blobs, 1e6)
        await blobs.put(b"picture", "avatars", FACE)
        await owned.hold_avatar(ANONYMOUS, FACE, brought=False)
        made = await conversations.create({"name": name})
        for question, reply, status, video in turns:
            turn = await conversations.add_turn(made.id, question)
            if video:
                await owned.keep_video(ANONYMOUS, turn.id, video, {"avatar_id": FACE, "content_type": "video/mp4"})
            problem = {"title": "Upstream failed", "detail": "the voice is away"} if status is TurnStatus.FAILED else None
            await conversations.end_turn(turn.id, status, reply=reply, error=problem)
        await Personas(records).create(Persona(name=name))
        await records.close()
        return made.id


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("kept")
    port = free_port()
    settings = {
        "AVATARCHATBOT_PORT": str(port),
        "AVATARCHATBOT_ADDRESS_RATE": "0",
        "STORAGE_BLOBS": str(folder / "blobs"),
        "STORAGE_DATABASE": f"sqlite+aiosqlite:///{folder}/records.db",
    }
    away = f"http://127.0.0.1:{free_port()}"
    stages = {f"AVATARCHATBOT_{name}_URL": away for name in ("ASR", "DESCRIBE", "LLM", "TTS", "ANIMATION")}
    with running("AvatarChatbot.gateway", **settings, **stages):
        gateway = Gateway(f"http://127.0.0.1:{port}", folder)
        for _ in range(200):
            try:
                httpx.get(f"{gateway.url}/health/live", trust_env=False)
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield gateway


@pytest.fixture
def page(browser: Browser, gateway: Gateway) -> Iterator[Page]:
    httpx.delete(f"{gateway.url}{PATH}/everything", trust_env=False).raise_for_status()
    context = browser.new_context(viewport={"width": 1280, "height": 800}, accept_downloads=True)
    page = context.new_page()
    page.set_default_timeout(10_000)
    complaints: list[str] = []
    page.route(f"**{PATH}/voices", lambda route: route.fulfill(json=ANSWERS["GET /voices"]))
    page.route(f"**{PATH}/engines", lambda route: route.fulfill(json=ANSWERS["GET /engines"]))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


class Session(ScriptedPage):
    """A page of the gateway's whose socket a test speaks for."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.messages: list[dict[str, Any]] = []
        self.is_away = False
        self._socket = None
        self._sequence = 0
        page.route_web_socket(re.compile(f"{PATH}$"), self._connect)

    def begin(self, conversation_id: str) -> dict[str, Any]:
        """Answer the page's ``start``, which is returned."""
        while not (started := [message for message in self.messages if message["type"] == "start"]):
            self.page.wait_for_timeout(5)
        self.messages.clear()
        content_type, _ = _session()
        self.send("ready", session="s", conversation_id=conversation_id, content_type=content_type, resume_s=30, resumed=False)
        return started[-1]

    def picture(self, turn: int, fragment: Fragment) -> None:
        assert self._socket
        self._sequence += 1
        frame = Frame(fragment.kind, turn, self._sequence, fragment.pts_s, fragment.duration_s, fragment.data)
        self._socket.send(frame.pack())


def _lines(page: Page) -> list[tuple[str, str]]:
    return [(line.get_attribute("class") or "", line.locator(".said").inner_text()) for line in page.locator("#talk > li").all()]


def _titles(page: Page) -> list[str]:
    return page.locator("#conversations .open span").all_inner_texts()


def test_reloading_and_a_bookmark_show_the_conversation_and_the_next_session_goes_on_with_it(
    page: Page, gateway: Gateway
) -> None:
    kept = gateway.keep(
        ("Who are you?", "I am **Mei**.", TurnStatus.DONE, b""),
        ("And then?", "I went", TurnStatus.CUT, b""),
        ("Why?", "", TurnStatus.FAILED, b""),
        name="Mei",
    )
    session = Session(page)
    page.goto(f"{gateway.url}/#conversation={kept}")
    for _ in range(2):
        expect(page.locator("#talk > li")).to_have_count(6)
        assert _lines(page) == [
            ("question", "Who are you?"),
            ("answer", "I am Mei."),
            ("question", "And then?"),
            ("answer cut", "I went …"),
            ("question", "Why?"),
            ("answer failed", "the voice is away"),
        ]
        expect(page.locator("#faces input:checked ~ span")).to_have_text("Mei")
        page.reload()
    expect(page.locator("#talk > li")).to_have_count(6)
    page.fill("#question", "Go on.")
    page.press("#question", "Enter")
    started = session.begin(kept)
    assert (started["conversation_id"], started["avatar"]) == (kept, "mei")
    session.send("transcript", turn=1, text="Go on.")
    expect(page.locator("#talk > li")).to_have_count(7)


def test_a_conversation_that_begins_is_in_the_address_and_back_goes_through_those_that_were_open(
    page: Page, gateway: Gateway
) -> None:
    first = gateway.keep(("First question", "First answer", TurnStatus.DONE, b""))
    second = gateway.keep(("Second question", "Second answer", TurnStatus.DONE, b""))
    session = Session(page)
    page.goto(gateway.url)
    page.fill("#question", "Hello!")
    page.press("#question", "Enter")
    assert "conversation_id" not in session.begin(first)
    expect(page).to_have_url(f"{gateway.url}/#conversation={first}")
    session.send("transcript", turn=1, text="Hello!")
    page.click("#conversations-open")
    page.click("#conversations .open:has-text('Second question')")
    expect(page.locator("#talk .question")).to_have_text(re.compile("Second question"))
    expect(page).to_have_url(f"{gateway.url}/#conversation={second}")
    expect(page.locator("#face")).to_have_attribute("data-state", "away")
    page.go_back()
    expect(page.locator("#talk .question .said")).to_have_text(["First question"])
    page.go_forward()
    expect(page.locator("#talk .question .said")).to_have_text(["Second question"])
    page.click("#conversation-new")
    expect(page.locator("#talk > li")).to_have_count(0)
    expect(page).to_have_url(re.compile("/$"))
    page.go_back()
    expect(page.locator("#talk .question .said")).to_have_text(["Second question"])


def test_a_conversation_that_is_gone_is_said(page: Page, gateway: Gateway) -> None:
    page.goto(f"{gateway.url}/#conversation={'0' * 32}")
    expect(page.locator("#notice")).to_contain_text("no longer on the server")
    expect(page).to_have_url(re.compile("/$"))
    session = Session(page)
    page.reload()
    page.fill("#question", "Hello!")
    page.press("#question", "Enter")
    assert "conversation_id" not in session.begin("c1")


def test_the_list_comes_in_pages_and_deletes_after_asking(page: Page, gateway: Gateway) -> None:
    for number in range(52):
        gateway.keep((f"Question {number}", "Yes.", TurnStatus.DONE, b""))
    last = gateway.keep(("The last <b>one</b>", "Yes.", TurnStatus.DONE, b""), name="Kofi")
    gateway.keep()
    page.goto(f"{gateway.url}/#conversation={last}")
    page.click("#conversations-open")
    expect(page.locator("#conversations [aria-current] .open span")).to_have_text("The last <b>one</b>")
    expect(page.locator("#conversations .open small").first).to_contain_text("Kofi, ")
    expect(page.locator("#conversations .open small").first).to_contain_text("1 question")
    assert _titles(page)[:2] == ["The last <b>one</b>", "Question 51"]
    page.click("#conversations .more button")
    expect(page.locator("#conversations .more")).to_have_count(0)
    assert len(_titles(page)) == 53
    page.click("#conversations li:has-text('The last') .delete")
    page.click("#confirm-no")
    assert len(_titles(page)) == 53
    page.click("#conversations li:has-text('The last') .delete")
    expect(page.locator("#confirm-text")).to_contain_text("The last")
    page.click("#confirm-yes")
    expect(page.locator("#conversations .open")).to_have_count(52)
    page.keyboard.press("Escape")
    expect(page.locator("#talk > li")).to_have_count(0)
    expect(page).to_have_url(re.compile("/$"))
    assert httpx.get(f"{gateway.url}{PATH}/conversations/{last}", trust_env=False).status_code == 404


def test_everything_is_counted_before_it_is_deleted(page: Page, gateway: Gateway) -> None:
    gateway.keep(("One", "Yes.", TurnStatus.DONE, b"moving"))
    kept = gateway.keep(("Two", "Yes.", TurnStatus.DONE, b""))
    page.goto(f"{gateway.url}/#conversation={kept}")
    page.evaluate("localStorage.setItem('avatarchatbot.faces', '[]'); localStorage.setItem('others', '1')")
    page.click("#conversations-open")
    page.click("#erase")
    expect(page.locator("#confirm-text")).to_contain_text("2 conversations, 1 face, 2 cards, 1 video on the server")
    page.click("#confirm-no")
    expect(page.locator("#conversations .open")).to_have_count(2)
    page.click("#erase")
    page.click("#confirm-yes")
    expect(page.locator("#notice")).to_have_text("Deleted: 2 conversations, 1 face, 2 cards, 1 video.")
    expect(page.locator("#drawer")).to_be_hidden()
    expect(page.locator("#talk > li")).to_have_count(0)
    expect(page).to_have_url(re.compile("/$"))
    left = httpx.get(f"{gateway.url}{PATH}/everything", trust_env=False).json()
    assert left == {"conversations": 0, "personas": 0, "avatars": 0, "videos": 0}
    assert page.evaluate("Object.keys(localStorage)") == ["others"]


def test_what_cannot_be_deleted_is_said(page: Page, gateway: Gateway) -> None:
    asked: list[int] = []

    def answer(route: Any) -> None:
        if route.request.method != "DELETE":
            route.continue_()
            return
        left = [300, 100, 100][len(asked)]
        asked.append(left)
        problem = {"status": 503, "code": "unfinished", "detail": "ask again", "left": {"conversations": left, "videos": 0}}
        route.fulfill(status=503, json=problem)

    page.route("**/everything", answer)
    page.goto(gateway.url)
    page.click("#conversations-open")
    page.click("#erase")
    page.click("#confirm-yes")
    expect(page.locator("#drawer-notice")).to_have_text("Not everything could be deleted: ask again")
    assert asked == [300, 100, 100]


def test_an_answer_is_copied_and_a_kept_video_plays_again_and_is_downloaded(page: Page, gateway: Gateway, tmp_path: Path) -> None:
    video = b"".join(fragment.data for fragment in _session()[1])
    kept = gateway.keep(("Who are you?", "I am **Mei**.", TurnStatus.DONE, video), ("And?", "So.", TurnStatus.DONE, b""))
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{gateway.url}/#conversation={kept}")
    answer = page.locator("#talk .answer").first
    answer.locator(".copy").click()
    page.wait_for_function("() => document.querySelector('[data-done=Copied]')")
    assert page.evaluate("navigator.clipboard.readText()") == "I am **Mei**."
    with page.expect_download() as downloading:
        answer.locator(".save").click()
    assert re.fullmatch(r"answer-\d{4}-\d\d-\d\d-\d{6}\.mp4", downloading.value.suggested_filename)
    downloading.value.save_as(tmp_path / "kept.mp4")
    assert (tmp_path / "kept.mp4").read_bytes() == video
    answer.locator(".replay").click()
    page.wait_for_function("() => document.querySelector('#talk video')?.currentTime > 0.1")
    expect(page.locator("#talk .answer").nth(1).locator(".save")).to_be_hidden()


def test_an_answer_of_a_live_session_is_downloaded_as_a_file_that_begins_at_zero(
    page: Page, gateway: Gateway, tmp_path: Path
) -> None:
    session = Session(page)
    page.goto(gateway.url)
    page.fill("#question", "Hello!")
    page.press("#question", "Enter")
    session.begin("c1")
    session.send("transcript", turn=1, text="Hello!")
    session.send("reply", turn=1, delta="Hello to *you*.")
    for fragment in _session()[1]:
        session.picture(1 if _is_answer(fragment) else 0, fragment)
    session.send("done", turn=1, timings={})
    expect(page.locator("#talk .answer .save")).to_be_visible()
    for button in ("#talk .answer .save", "#download"):
        with page.expect_download() as downloading:
            page.locator(button).dispatch_event("click")
        downloading.value.save_as(tmp_path / "answer.mp4")
        pictures, sound = _decoded((tmp_path / "answer.mp4").read_bytes())
        # From 0 on: a piece of the idle face, 5 pictures, then the answer's 50 with all their sound.
        assert pictures == [pytest.approx(number / 25, abs=1e-3) for number in range(55)]
        assert sound[0] < 5 / 25
        assert sound[-1] == pytest.approx(55 / 25, abs=0.1)


def _upright(degrees: int, tmp_path: Path, size: tuple[int, int] = (3000, 4000)) -> Path:
    """A large picture of Tomas, red at its top, whose Exif says how it is turned."""
    upright = Image.open(avatars.path("tomas")).convert("RGB").resize(size)
    upright.paste((255, 0, 0), (0, 0, size[0], size[1] // 10))
    exif = Image.Exif()
    exif[0x0112] = {0: 1, 90: 6, 180: 3, 270: 8}[degrees]
    upright.rotate(degrees, expand=True).save(tmp_path / "large.jpg", exif=exif, quality=95)
    return tmp_path / "large.jpg"


class Bringing:
    """The stages' side of bringing a face: ``report`` is what is found in it, ``sent`` what was sent, by path."""

    def __init__(self, page: Page, gateway: Gateway) -> None:
        self.report: dict[str, Any] = {"usable": True, "score": 1.0, "kind": "picture", "findings": []}
        self.sent: list[tuple[str, bytes]] = []
        self.saved: dict[str, Any] = {}
        self._url = f"{gateway.url}{PATH}"
        #: What the gateway keeps of the avatar: that is put there by ``Gateway.keep``.
        gateway.keep()
        page.route(f"**{PATH}/avatars/check", self._check)
        page.route(f"**{PATH}/personas/draft", self._draft)

    def _check(self, route: Any) -> None:
        self.sent.append(("check", _media(route.request)))
        route.fulfill(json=self.report)

    def _draft(self, route: Any) -> None:
        self.sent.append(("draft", _media(route.request)))
        card = {"name": "Drafted", "likes": ["Old things."], "avatar_id": FACE, "provenance": {"name": "invented"}}
        made = httpx.post(f"{self._url}/personas", json=card, trust_env=False)
        self.saved = made.raise_for_status().json()
        route.fulfill(status=201, json=self.saved)

    def card(self) -> httpx.Response:
        return httpx.get(f"{self._url}/personas/{self.saved['id']}", trust_env=False)

    def avatar(self) -> int:
        return httpx.get(f"{self._url}/avatars/{FACE}", trust_env=False).status_code


def _media(request: Any) -> bytes:
    body = request.post_data_buffer
    return bytes(body[body.index(b"\r\n\r\n") + 4 : body.rindex(b"\r\n--")])


def _bring(page: Page, file: Path | str) -> None:
    page.click("#faces .add")
    page.set_input_files("#file", file)
    page.check("#consent")
    page.click("#draft")


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_a_large_picture_is_sent_small_and_upright(page: Page, gateway: Gateway, tmp_path: Path, degrees: int) -> None:
    bringing = Bringing(page, gateway)
    page.goto(gateway.url)
    _bring(page, _upright(degrees, tmp_path))
    expect(page.locator("#card")).to_be_visible()
    assert [path for path, _ in bringing.sent] == ["check", "draft"]
    for _, sent in bringing.sent:
        picture = Image.open(io.BytesIO(sent))
        assert (picture.format, picture.size, picture.getexif().get(0x0112, 1)) == ("JPEG", (1536, 2048), 1)
        red, green, _ = picture.convert("RGB").getpixel((768, 60))
        assert red > 200 > 60 > green
        assert len(sent) < 2**20


def test_what_a_browser_cannot_decode_and_clips_go_as_they_are(page: Page, gateway: Gateway) -> None:
    page.goto(gateway.url)
    for kind in ("image/heic", "video/mp4", "image/gif"):
        assert page.evaluate(
            """async (type) => {
              const { small } = await import("/ui/picture.js");
              const file = new File([new Uint8Array(3e6)], "face", { type });
              return (await small(file)) === file;
            }""",
            kind,
        ), kind


def test_what_is_too_large_is_said_before_it_is_sent(page: Page, gateway: Gateway, tmp_path: Path) -> None:
    bringing = Bringing(page, gateway)
    page.route("**/limits.json", lambda route: route.fulfill(json={"max_body_mb": 2}))
    (tmp_path / "clip.mp4").write_bytes(bytes(3 * 2**20))
    page.goto(gateway.url)
    _bring(page, tmp_path / "clip.mp4")
    expect(page.locator("#bring-notice")).to_have_text("This file has 3 MB, and the server takes 2 MB: choose a smaller one.")
    assert bringing.sent == []


def test_what_will_look_wrong_is_said_before_a_face_is_used(page: Page, gateway: Gateway) -> None:
    bringing = Bringing(page, gateway)
    flaw = {"code": "turned", "severity": "warning", "detail": "The face is turned by 40 degrees.", "advice": "Look straight."}
    bringing.report = {"usable": False, "score": 0.0, "findings": [{**flaw, "severity": "error", "detail": "There is no face."}]}
    page.goto(gateway.url)
    _bring(page, avatars.path("mei"))
    expect(page.locator("#report")).to_contain_text("It cannot be used: choose another.")
    expect(page.locator("#report-findings li")).to_have_text("There is no face. Look straight.")
    expect(page.locator("#draft")).to_have_text("Look at it")
    bringing.report = {"usable": True, "score": 0.6, "findings": [flaw]}
    page.set_input_files("#file", avatars.path("tomas"))
    expect(page.locator("#report")).to_be_hidden()
    page.click("#draft")
    expect(page.locator("#report-word")).to_have_text("Fair. You can use it all the same, or choose another.")
    assert page.locator("#report-score").evaluate("one => one.value") == pytest.approx(0.6)
    page.click("#draft:has-text('Use it all the same')")
    expect(page.locator("#card")).to_be_visible()
    assert [path for path, _ in bringing.sent] == ["check", "check", "draft"]


def test_a_card_that_is_cancelled_leaves_nothing(page: Page, gateway: Gateway) -> None:
    bringing = Bringing(page, gateway)
    page.goto(gateway.url)
    for leave in (lambda: page.click("#card-cancel"), lambda: page.keyboard.press("Escape"), page.reload):
        gateway.keep()
        _bring(page, avatars.path("tomas"))
        expect(page.locator("#card")).to_be_visible()
        assert (bringing.card().status_code, bringing.avatar()) == (200, 200)
        leave()
        page.wait_for_function("() => sessionStorage.getItem('avatarchatbot.draft') === null")
        assert (bringing.card().status_code, bringing.avatar()) == (404, 404)
        expect(page.locator("#faces label")).to_have_count(4)
        expect(page.locator("#bring")).to_be_hidden()


def test_an_upload_that_is_cancelled_ends(page: Page, gateway: Gateway) -> None:
    failed: list[str] = []
    page.on("requestfailed", lambda request: failed.append(request.url.rpartition("/")[2]))
    page.route(f"**{PATH}/avatars/check", lambda _: None)
    page.goto(gateway.url)
    _bring(page, avatars.path("tomas"))
    expect(page.locator("#bring-progress")).to_be_visible()
    expect(page.locator("#bring-state")).to_have_text(re.compile("Sending it|Looking at it"))
    page.click("#bring [data-close]")
    expect(page.locator("#bring")).to_be_hidden()
    page.wait_for_function("() => document.getElementById('bring-state').textContent === ''")
    assert failed == ["check"]
    page.click("#faces .add")
    expect(page.locator("#bring-notice")).to_be_hidden()
    expect(page.locator("#draft")).to_be_disabled()


def test_a_face_of_ones_own_is_edited_later_and_deleted_after_asking(page: Page, gateway: Gateway) -> None:
    bringing = Bringing(page, gateway)
    session = Session(page)
    page.goto(gateway.url)
    _bring(page, avatars.path("tomas"))
    page.fill("#card-name", "Theo")
    page.click("#keep")
    expect(page.locator("#bring")).to_be_hidden()
    assert bringing.card().json()["persona"]["provenance"] == {"name": "given"}
    page.fill("#question", "Hello!")
    page.press("#question", "Enter")
    assert session.begin("c1")["persona"] == bringing.saved["id"]
    page.click("#faces label:has-text('Theo') .edit")
    expect(page.locator("#card-name")).to_have_value("Theo")
    page.fill("#card-name", "Theodora")
    page.fill("#card-likes", "New things.\nOld things.")
    page.click("#keep")
    expect(page.locator("#faces label").last).to_contain_text("Theodora")
    card = bringing.card().json()["persona"]
    assert (card["likes"], card["provenance"]) == (["New things.", "Old things."], {"name": "given", "likes": "given"})
    while not (changes := [message for message in session.messages if message["type"] == "avatar"]):
        page.wait_for_timeout(5)
    assert (changes[-1]["avatar"], changes[-1]["persona"]) == (FACE, bringing.saved["id"])
    page.reload()
    page.click("#faces label:has-text('Theodora') .forget")
    page.click("#confirm-no")
    assert bringing.avatar() == 200
    page.click("#faces label:has-text('Theodora') .forget")
    page.click("#confirm-yes")
    expect(page.locator("#faces label")).to_have_count(4)
    assert (bringing.card().status_code, bringing.avatar()) == (404, 404)


def test_a_card_that_cannot_be_saved_stays_open_and_says_why(page: Page, gateway: Gateway) -> None:
    Bringing(page, gateway)
    page.goto(gateway.url)
    _bring(page, avatars.path("tomas"))
    page.fill("#card-likes", "x" * 3000)
    page.click("#keep")
    expect(page.locator("#card-notice")).to_be_visible()
    page.fill("#card-likes", "Little.")
    page.click("#keep")
    expect(page.locator("#card")).to_be_hidden()
    expect(page.locator("#faces label")).to_have_count(5)


def test_a_face_that_is_gone_is_said_and_brought_again_with_its_card(page: Page, gateway: Gateway) -> None:
    bringing = Bringing(page, gateway)
    page.goto(gateway.url)
    _bring(page, avatars.path("tomas"))
    page.fill("#card-name", "Theo")
    page.fill("#card-likes", "Night trains.")
    page.click("#keep")
    first = bringing.saved["id"]
    httpx.delete(f"{gateway.url}{PATH}/avatars/{FACE}", trust_env=False).raise_for_status()
    page.reload()
    page.click("#faces .gone img")
    expect(page.locator("#confirm-title")).to_have_text("Theo is gone")
    expect(page.locator("#faces input:checked ~ span")).to_have_text("Aria")
    gateway.keep()
    page.click("#confirm-yes")
    expect(page.locator("#bring-title")).to_have_text("Theo, once more")
    page.set_input_files("#file", avatars.path("tomas"))
    page.check("#consent")
    page.click("#draft")
    expect(page.locator("#card-likes")).to_have_value("Night trains.")
    page.click("#keep")
    expect(page.locator("#faces .gone")).to_have_count(0)
    expect(page.locator("#faces label")).to_have_count(5)
    expect(page.locator("#faces input:checked ~ span")).to_have_text("Theo")
    assert bringing.saved["id"] != first
    assert httpx.get(f"{gateway.url}{PATH}/personas/{first}", trust_env=False).status_code == 404


def test_the_cards_of_the_programs_own_faces_can_be_read(page: Page, gateway: Gateway) -> None:
    page.goto(gateway.url)
    page.click("#faces label:has-text('Mei') .edit")
    expect(page.locator("#card-name")).to_have_value("Mei")
    expect(page.locator("#card-likes")).not_to_be_editable()
    expect(page.locator("#keep")).to_be_hidden()
    page.click("#card-cancel")
    expect(page.locator("#card")).to_be_hidden()
    assert httpx.get(f"{gateway.url}/ui/faces/nobody.json", trust_env=False).status_code == 404


@functools.cache
def _session() -> tuple[str, list[Fragment]]:
    """Content type and fragments of a session: a second of the idle face, two of an answer, another second."""
    profile, rate = VideoProfile(size=128), 24_000
    muxer = AnswerMuxer(profile, rate)
    made = muxer.add_speech(tone(4.5, rate).tobytes())
    # As a stage shows them: the idle face in short pieces.
    for start, frames in [*((start, 5) for start in range(0, 25, 5)), (25, 50), *((start, 5) for start in range(75, 100, 5))]:
        made += muxer.add_chunk(chunk(start, frames, profile))
    return muxer.content_type, made


def _is_answer(fragment: Fragment) -> bool:
    return fragment.kind == "media" and 0.99 < fragment.pts_s < 2.99


def _decoded(video: bytes) -> tuple[list[float], list[float]]:
    """Times of the pictures and of the pieces of sound, seconds."""
    with av.open(io.BytesIO(video)) as container:
        assert container.start_time == 0
        times: dict[str, list[float]] = {"video": [], "audio": []}
        for frame in container.decode(video=0, audio=0):
            times["video" if isinstance(frame, av.VideoFrame) else "audio"].append(float(frame.time))
    return times["video"], times["audio"]
