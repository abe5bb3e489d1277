"""Pages of others in a real browser: at another origin, and at a name that was made to point at the gateway (DNS rebinding).

They neither read nor change anything of a gateway without keys, by simple requests either. What counts is the gateway's state.
"""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.mesh import Mesh, free_port, ready, running
from tests.e2e.web_page import chromium

pytestmark = pytest.mark.timeout(180)

PATH = "/v1/avatarchatbot"
KINDS = ("personas", "conversations", "videos", "avatars")
#: Names that the browser believes to be at this machine.
EVIL, REBOUND, FRIEND = "evil.example", "rebound.example", "friend.example"
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    f"--host-resolver-rules=MAP {EVIL} 127.0.0.1,MAP {REBOUND} 127.0.0.1,MAP {FRIEND} 127.0.0.1",
    # What newer browsers do by themselves is not what is tested.
    "--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests",
]

#: Everything that a page can do to ``gateway``; the names of what it could read or see to have worked.
_ATTACK = """
async ([gateway, persona, video]) => {
  const api = gateway + "/v1/avatarchatbot", got = [];
  const tried = async (name, act) => {
    try {
      if (await Promise.race([act(), new Promise((ok) => setTimeout(() => ok(false), 4000))])) got.push(name);
    } catch {}
  };
  const read = async (url, options) => {
    const answer = await fetch(url, options);
    return answer.ok && (await answer.text()).length >= 0;
  };
  const card = JSON.stringify({ name: "Mallory" }), question = JSON.stringify({ text: "Who are you?" });
  const json = { "Content-Type": "application/json" };
  await tried("read personas", () => read(api + "/personas"));
  await tried("read conversations", () => read(api + "/conversations"));
  await tried("read videos", () => read(api + "/videos"));
  await tried("read a video", () => read(`${api}/videos/${video}`));
  await tried("read statistics", () => read(gateway + "/v1/statistics"));
  await tried("read metrics", () => read(gateway + "/metrics"));
  await tried("read the page", () => read(gateway + "/"));
  await tried("write a persona", () => read(api + "/personas", { method: "POST", headers: json, body: card }));
  await tried("change a persona", () => read(`${api}/personas/${persona}`, { method: "PUT", headers: json, body: card }));
  await tried("delete a persona", () => read(`${api}/personas/${persona}`, { method: "DELETE" }));
  await tried("delete a video", () => read(`${api}/videos/${video}`, { method: "DELETE" }));
  await tried("ask", () => read(api, { method: "POST", headers: json, body: question }));
  // Nothing comes back of these, but they would be done.
  const blind = (url, body) => fetch(url, { method: "POST", mode: "no-cors", body }).then(() => false);
  const form = () => { const made = new FormData(); made.append("text", "Who are you?"); return made; };
  const file = () => { const made = new FormData(); made.append("media", new Blob([card]), "a.png"); return made; };
  await tried("", () => blind(api, form()));
  await tried("", () => blind(api, question));
  await tried("", () => blind(api, new Blob([question], { type: "text/plain" })));
  await tried("", () => blind(api + "/personas", card));
  await tried("", () => blind(api + "/avatars", file()));
  navigator.sendBeacon(api, form());
  navigator.sendBeacon(api + "/personas", card);
  const frame = document.body.appendChild(Object.assign(document.createElement("iframe"), { name: "sink" }));
  for (const [place, name, value] of [["", "text", "Who are you?"], ["/personas", '{"name": "Mallory", "x": "', '"}']])
    for (const kind of ["multipart/form-data", "text/plain", "application/x-www-form-urlencoded"]) {
      const sent = Object.assign(document.createElement("form"), { action: api + place, method: "POST", enctype: kind });
      sent.target = "sink";
      sent.append(Object.assign(document.createElement("input"), { name, value }));
      document.body.append(sent);
      const answered = new Promise((ok) => (frame.onload = () => ok(false)));
      sent.submit();
      await tried("", () => answered);
    }
  const shown = (tag, url, event) => () =>
    new Promise((ok) => {
      const made = document.createElement(tag);
      made["on" + event] = () => ok(true);
      made.onerror = () => ok(false);
      made.src = url;
      document.body.append(made);
    });
  await tried("show a picture", shown("img", gateway + "/ui/faces/aria.png", "load"));
  await tried("show a video", shown("video", `${api}/videos/${video}`, "loadedmetadata"));
  await tried("run what is no script", shown("script", api + "/personas", "load"));
  await tried("run a script", shown("script", gateway + "/ui/app.js", "load"));
  await tried("open a socket", () =>
    new Promise((ok, no) => {
      const socket = new WebSocket(api.replace("http", "ws"));
      socket.onopen = () => { socket.send(JSON.stringify({ type: "start", avatar: "aria" })); ok(true); };
      socket.onerror = no;
    }));
  return got;
}
"""


class _Pages(http.server.BaseHTTPRequestHandler):
    """An empty page, whatever is asked: the other site's own server."""

    def do_GET(self) -> None:
        body = b"<!doctype html><title>elsewhere</title><body>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[int]:
    """The port of another site's server."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Pages) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium(_ARGUMENTS) as made:
        yield made


class Kept:
    """What a gateway keeps: a persona, a conversation and its video."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self.persona = client.post(f"{PATH}/personas", json={"name": "Ada"}).raise_for_status().json()["id"]
        self.video = client.post(PATH, json={"text": "Hello!", "avatar": "aria"}).raise_for_status().json()["id"]

    def state(self) -> dict[str, Any]:
        """All that is kept, and what has reached a handler, but for GET, by which this is asked."""
        kept = {kind: self._client.get(f"{PATH}/{kind}").raise_for_status().json() for kind in KINDS}
        counted = [
            line for line in self._client.get("/metrics").text.splitlines() if line.startswith(("http_requests_total", "live_"))
        ]
        return {**kept, "counted": [line for line in counted if 'method="GET"' not in line]}


@pytest.fixture(scope="module")
def kept(client: httpx.Client) -> Kept:
    return Kept(client)


def _at(browser: Browser, url: str) -> Page:
    """A page of an attacker at ``url``, whatever is there."""
    page = browser.new_page()
    page.route(url, lambda route: route.fulfill(content_type="text/html", body="<!doctype html><title>mine</title><body>"))
    page.goto(url)
    page.unroute_all()
    return page


@pytest.mark.parametrize("name", [EVIL, "127.0.0.1", "localhost"])
def test_a_page_at_another_origin_neither_reads_nor_writes(
    mesh: Mesh, kept: Kept, elsewhere: int, browser: Browser, name: str
) -> None:
    """Of another site; and of the same one, since a port makes no site: another program's page on this machine."""
    before = kept.state()
    page = browser.new_page()
    page.goto(f"http://{name}:{elsewhere}/")
    assert page.evaluate(_ATTACK, [mesh.url, kept.persona, kept.video]) == []
    assert page.evaluate("origin") == f"http://{name}:{elsewhere}"
    assert kept.state() == before


@pytest.mark.parametrize("scheme", ["data:text/html,<body>", "about:blank"])
def test_a_page_without_an_origin_neither_reads_nor_writes(mesh: Mesh, kept: Kept, browser: Browser, scheme: str) -> None:
    before = kept.state()
    page = browser.new_page()
    page.goto(scheme)
    assert page.evaluate(_ATTACK, [mesh.url, kept.persona, kept.video]) == []
    assert kept.state() == before


def test_a_page_whose_name_was_made_to_point_here_neither_reads_nor_writes(mesh: Mesh, kept: Kept, browser: Browser) -> None:
    """Its origin is then that of the gateway, by a name that is not the gateway's."""
    before = kept.state()
    rebound = f"http://{REBOUND}:{mesh.port}"
    page = _at(browser, f"{rebound}/mine")
    assert page.evaluate("origin") == rebound
    # Metrics are exempt, since Prometheus asks by whatever name: they tell nothing about anybody.
    assert page.evaluate(_ATTACK, [rebound, kept.persona, kept.video]) == ["read metrics"]
    assert page.evaluate("async () => (await fetch('/v1/avatarchatbot/personas')).status") == 421
    assert kept.state() == before


def test_a_link_elsewhere_opens_the_page_which_the_other_cannot_read(mesh: Mesh, elsewhere: int, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(f"http://{EVIL}:{elsewhere}/")
    page.evaluate(
        "url => document.body.append(Object.assign(document.createElement('a'), {href: url, textContent: 'go'}))", mesh.url
    )
    with page.expect_popup() as popup:
        page.evaluate("url => { window.other = window.open(url); }", mesh.url)
    popup.value.wait_for_selector("#faces img")
    unreadable = "() => { try { return window.other.document.title; } catch { return 'no'; } }"
    assert page.evaluate(unreadable) == "no"
    page.get_by_text("go").click()
    page.wait_for_selector("#faces img")


def test_what_the_attack_does_works_on_the_gateways_own_page(mesh: Mesh, client: httpx.Client, browser: Browser) -> None:
    """So that it is not something else that stops it elsewhere."""
    kept = Kept(client)
    page = _at(browser, f"{mesh.url}/mine")
    got = page.evaluate(_ATTACK, [mesh.url, kept.persona, kept.video])
    assert {"read personas", "read a video", "write a persona", "delete a persona", "delete a video", "open a socket"} <= set(got)
    cards = kept.state()["personas"]["items"]
    assert "Mallory" in {card["persona"]["name"] for card in cards}
    assert kept.persona not in {card["id"] for card in cards}


def test_a_page_of_an_allowed_origin_reads_and_writes(mesh: Mesh, kept: Kept, elsewhere: int, browser: Browser) -> None:
    port = free_port()
    origin = f"http://{FRIEND}:{elsewhere}"
    settings = {"AVATARCHATBOT_PORT": str(port), "AVATARCHATBOT_ORIGINS": origin, **mesh.storage, **mesh.urls()}
    with running("AvatarChatbot.gateway", **settings):
        gateway = f"http://127.0.0.1:{port}"
        ready(gateway)
        page = browser.new_page()
        page.goto(f"{origin}/")
        api = f"{gateway}{PATH}"
        read = page.evaluate("async (url) => (await fetch(url)).json()", f"{api}/personas")
        assert kept.persona in {card["id"] for card in read["items"]}
        write = """async (url) => {
            const headers = { "Content-Type": "application/json" };
            return (await fetch(url, { method: "POST", headers, body: JSON.stringify({ name: "Bo" }) })).status;
        }"""
        assert page.evaluate(write, f"{api}/personas") == 201
        video = """(url) => new Promise((ok, no) => {
            const made = Object.assign(document.createElement("video"), {crossOrigin: "anonymous", src: url});
            made.onloadedmetadata = () => ok(made.videoWidth);
            made.onerror = () => no(new Error(made.error.message));
        })"""
        assert page.evaluate(video, f"{api}/videos/{kept.video}") > 0
        page.goto(f"http://{EVIL}:{elsewhere}/")
        assert page.evaluate("url => fetch(url).then(() => 'read', () => 'no')", f"{api}/personas") == "no"


def test_a_video_is_shown_where_its_address_is_typed(mesh: Mesh, client: httpx.Client, browser: Browser) -> None:
    """By a page that the browser makes for it, under the policy of the answer."""
    video = Kept(client).video
    page = browser.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(f"{mesh.url}{PATH}/videos/{video}")
    page.wait_for_function("document.querySelector('video')?.videoWidth > 0")
    assert [complaint for complaint in complaints if "Content Security Policy" in complaint] == []
