"""Who draws, by request, through the whole mesh: an engine that hears beside warp, over HTTP, the socket and the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect
from websockets.asyncio.client import connect

from tests.e2e.mesh import Mesh, free_port, ready, running
from tests.e2e.video import decode
from tests.e2e.web_page import browser_page, state
from tests.live_player import playing

pytestmark = pytest.mark.timeout(240)

PATH = "/v1/avatarchatbot"
CARD = {"name": "Ann", "likes": ["Ann loves long walks by the sea."]}


@pytest.fixture(scope="module")
def url(mesh: Mesh, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A gateway of its own before the mesh's services and an animation service that has two engines."""
    folder = tmp_path_factory.mktemp("engines")
    animation, gateway = free_port(), free_port()
    urls = mesh.urls()
    urls["AVATARCHATBOT_ANIMATION_URL"] = f"http://127.0.0.1:{animation}"
    with ExitStack() as stack:
        environment = {"ANIMATION_PORT": str(animation), "ANIMATION_WORKERS": "1", **mesh.storage}
        stack.enter_context(running("tests.animation.hearing", log=folder / "animation.log", **environment))
        ready(urls["AVATARCHATBOT_ANIMATION_URL"])
        environment = {"AVATARCHATBOT_PORT": str(gateway), "AVATARCHATBOT_ADDRESS_RATE": "0", **urls, **mesh.storage}
        stack.enter_context(running("AvatarChatbot.gateway", log=folder / "gateway.log", **environment))
        ready(f"http://127.0.0.1:{gateway}")
        yield f"http://127.0.0.1:{gateway}"


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, timeout=90, trust_env=False) as client:
        yield client


def test_an_answer_is_drawn_at_the_rate_that_its_engine_can(client: httpx.Client) -> None:
    """The engine says that a picture takes 40 ms: of one worker's time half is for sale, so 12.5 a second."""
    body = {"text": "What do you like?", "avatar": "aria", "persona": CARD, "engine": "hearing"}
    answer = client.post(PATH, json=body, headers={"Accept": "video/mp4"})
    assert answer.status_code == 200, answer.text
    video = decode(answer.content)
    assert len(video.frames) == pytest.approx(12.5 * video.audio_s, abs=3)


def test_the_engine_and_size_that_a_body_names_draw_the_answer(client: httpx.Client) -> None:
    body = {"text": "What do you like?", "avatar": "aria", "persona": CARD}
    by_default = client.post(PATH, json=body).json()
    assert by_default["engines"]["animation"] == "warp"
    named = {**body, "engine": "hearing", "restore": "mouth", "size": 256}
    answers = [
        client.post(PATH, json=named),
        client.post(PATH, json={**body, "profile": {"engine": "hearing", "restore": "mouth", "size": 256}}),
        client.post(PATH, data={**named, "persona": json.dumps(CARD)}, files={}),
    ]
    for answer in answers:
        assert answer.status_code == 200, answer.text
        assert answer.json()["engines"]["animation"] == "hearing"
        video = decode(client.get(answer.json()["video_path"]).content)
        assert video.frames.shape[1:3] == (256, 256)
        assert len(video.frames) == pytest.approx(25 * video.audio_s, abs=3)


@pytest.mark.parametrize(
    ("asked", "field", "there_is"),
    [
        ({"engine": "sadtalker"}, "engine", ("engines", ["warp", "hearing"])),
        ({"profile": {"engine": "sadtalker"}}, "engine", ("engines", ["warp", "hearing"])),
        ({"restore": "mouth"}, "restore", ("restores", ["none"])),
        ({"engine": "hearing", "restore": "face"}, "restore", ("restores", ["none", "mouth"])),
    ],
)
@pytest.mark.parametrize("accept", ["application/json", "video/mp4", "text/event-stream"])
def test_what_is_not_there_is_refused_before_anything_is_made(
    client: httpx.Client, asked: dict[str, Any], field: str, there_is: tuple[str, list[str]], accept: str
) -> None:
    before = client.get(f"{PATH}/conversations").json()["items"]
    refused = client.post(PATH, json={"text": "Who are you?", **asked}, headers={"Accept": accept})
    assert (refused.status_code, refused.json()["field"]) == (422, field), refused.text
    assert refused.json()[there_is[0]] == there_is[1]
    assert all(name in refused.json()["detail"] for name in there_is[1])
    assert client.get(f"{PATH}/conversations").json()["items"] == before


def test_who_can_draw_is_listed(client: httpx.Client) -> None:
    listed = client.get(f"{PATH}/engines").json()
    assert (listed["engine"], listed["engines"]) == ("warp", ["warp", "hearing"])
    assert listed["restores"] == {"warp": ["none"], "hearing": ["none", "mouth"]}
    assert client.get(f"{PATH}/engines", params={"engine": "sadtalker"}).status_code == 422


@pytest.mark.anyio
async def test_a_live_conversation_changes_who_draws_it(url: str) -> None:
    async with playing(url, avatar="aria", persona=CARD, engine="hearing", size=256) as player:
        for turn, engine in ((1, "hearing"), (2, "warp")):
            await player.client.send("text", text="What do you like?")
            done = await player.until(
                lambda turn=turn: next((e for _, e in player.events if e["type"] == "done" and e["turn"] == turn), None)
            )
            assert done["engines"]["animation"] == engine
            await player.client.send("engine", engine="warp")
        await player.client.send("engine", engine="sadtalker")
        error = await player.until(lambda: player.event("error"))
        assert (error["problem"]["status"], error["problem"]["field"]) == (422, "engine")
    assert player.stalls == []


@pytest.mark.anyio
async def test_a_live_conversation_by_an_engine_that_is_none_is_refused(url: str) -> None:
    async with connect(url.replace("http", "ws") + PATH, proxy=None) as socket:
        await socket.send(json.dumps({"type": "start", "avatar": "aria", "engine": "sadtalker"}))
        error = json.loads(await socket.recv())
    assert (error["type"], error["problem"]["status"], error["problem"]["engines"]) == ("error", 422, ["warp", "hearing"])


def test_the_page_offers_who_draws(url: str, mesh: Mesh) -> None:
    with browser_page(microphone=False) as page:
        page.goto(mesh.url)
        page.wait_for_selector("#voices option", state="attached")
        expect(page.locator("#engine option")).to_have_count(1)
        expect(page.locator("#engine")).to_be_hidden()
    with browser_page(microphone=False) as page:
        page.goto(url)
        expect(page.locator("#engine option")).to_have_text(["warp", "hearing", "hearing, mouth restored"])
        expect(page.locator("#engine")).to_have_value("warp/none")
        page.get_by_text("Voice, language and more").click()
        done: list[dict[str, Any]] = []
        page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: done.extend(_done(frame))))
        for engine in ("hearing/none", "warp/none"):
            page.select_option("#engine", engine)
            page.fill("#question", "Who are you?")
            page.press("#question", "Enter")
            state(page, "speaking")
            state(page, "ready")
    assert [event["engines"]["animation"] for event in done] == ["hearing", "warp"]


def _done(frame: str | bytes) -> list[dict[str, Any]]:
    event = json.loads(frame) if isinstance(frame, str) else {}
    return [event] if event.get("type") == "done" else []
