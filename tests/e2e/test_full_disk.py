"""A whole mesh on a disk that runs full: refusals say so, what was sent to its end is whole, and it comes back by itself."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import httpx
import pytest
from anyio import to_thread

from AvatarChatbot import avatars
from comps.cores.proto import sse
from tests.e2e.mesh import Mesh
from tests.e2e.video import decode
from tests.live_player import LivePlayer, playing
from tests.small_disk import SmallDisk, small_disk

pytestmark = pytest.mark.timeout(180)

PATH = "/v1/avatarchatbot"
_ASKED = {"text": "Who are you?", "avatar": "aria", "seed": 1}
#: More than the records of an answer need, less than its video, bytes.
_FOR_RECORDS = 250 << 10
_PNG = {"Content-Type": "image/png"}
#: None of the program's own faces, which are known from the start.
_PICTURE = cv2.imencode(".png", cv2.flip(cv2.imread(str(avatars.path("mei"))), 1))[1].tobytes()


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallDisk]:
    with small_disk(tmp_path_factory.mktemp("small") / "disk", mb=64) as mounted:
        yield mounted


@pytest.fixture(scope="module")
def small_mesh(tmp_path_factory: pytest.TempPathFactory, disk: SmallDisk) -> Iterator[Mesh]:
    storage = {"STORAGE_BLOBS": f"{disk.folder}/blobs", "STORAGE_DATABASE": f"sqlite+aiosqlite:///{disk.folder}/records.db"}
    mesh = Mesh(tmp_path_factory.mktemp("mesh"), **storage)
    try:
        mesh.wait_until_ready()
        yield mesh
    finally:
        mesh.stop()


@pytest.fixture
def client(small_mesh: Mesh, disk: SmallDisk) -> Iterator[httpx.Client]:
    with small_mesh.client() as client:
        assert client.post(PATH, json=_ASKED).status_code == 200
        yield client
        disk.free()
        assert client.get("/health/ready").status_code == 200
        assert client.post(PATH, json=_ASKED).status_code == 200


def _refused(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.headers["content-type"]) == (507, "application/problem+json"), answer.text[:300]
    assert answer.json()["code"] == "insufficient_storage"


def _fill_database(client: httpx.Client) -> None:
    """Until not even the smallest record finds room."""
    for size in (2000, 100, 1):
        for _ in range(2000):
            if client.post(f"{PATH}/personas", json={"background": ["b" * size] * 10}).status_code == 507:
                break


def test_what_cannot_be_kept_is_refused_with_507(client: httpx.Client, small_mesh: Mesh, disk: SmallDisk) -> None:
    disk.fill()
    _refused(client.get("/health/ready"))
    _refused(httpx.get(f"{small_mesh.addresses()['animation']}/health/ready", trust_env=False))
    brought = client.post(f"{PATH}/avatars", content=_PICTURE, headers=_PNG)
    _refused(brought)
    assert brought.json()["node"] == "animation"
    _refused(client.post(PATH, json=_ASKED))
    _refused(client.post(PATH, json={"text": "Who are you?", "avatar": "kofi"}))
    _fill_database(client)
    _refused(client.post(f"{PATH}/personas", json={"name": "Ada"}))
    _refused(client.post(PATH, json=_ASKED, headers={"Accept": "video/mp4"}))
    assert client.get(f"{PATH}/conversations").status_code == 200
    assert client.get("/health/live").status_code == 200


def test_what_needs_no_room_is_done(client: httpx.Client, small_mesh: Mesh, disk: SmallDisk) -> None:
    """What would only be remembered for the next time."""
    avatar_id = client.post(PATH, json=_ASKED).json()["avatar_id"]
    disk.fill()
    mesh = small_mesh.addresses()
    described = httpx.post(f"{mesh['describe']}/v1/describe", content=_PICTURE, headers=_PNG, timeout=60, trust_env=False)
    assert described.status_code == 200
    with httpx.Client(base_url=mesh["animation"], timeout=60, trust_env=False) as animation:
        asked = {"avatar_id": avatar_id, "start_frame": 0, "frames": 3, "profile": {"size": 256}}
        assert animation.post("/v1/animation/chunks", json=asked).status_code == 200
        loop = animation.get("/v1/animation/idle", params={"avatar_id": avatar_id, "size": 256})
        assert loop.status_code == 200
        assert len(decode(loop.content).frames) == 250


def test_readiness_knows_how_much_was_too_much(client: httpx.Client, disk: SmallDisk) -> None:
    """There is room for a little, but not for a video."""
    disk.fill(leave=_FOR_RECORDS)
    assert client.get("/health/ready").status_code == 200
    _refused(client.post(PATH, json=_ASKED))
    _refused(client.get("/health/ready"))


def test_an_answer_that_was_sent_to_its_end_stays_whole(client: httpx.Client, disk: SmallDisk) -> None:
    """There is room for the records, none for the video."""
    disk.fill(leave=_FOR_RECORDS)
    answer = client.post(PATH, json=_ASKED, headers={"Accept": "video/mp4"})
    assert answer.status_code == 200
    assert len(decode(answer.content).frames) > 10
    turn = client.get(f"{PATH}/turns/{answer.headers['X-Turn-Id']}").json()
    assert (turn["status"], turn["video_id"], turn["error"]["code"]) == ("done", "", "insufficient_storage")
    assert turn["reply"]
    disk.free()
    disk.fill(leave=_FOR_RECORDS)
    events = client.post(PATH, json=_ASKED, headers={"Accept": sse.MEDIA_TYPE})
    *_, last = [event.data for event in sse.Parser().feed(events.content)]
    assert '"type":"done"' in last
    assert '"insufficient_storage"' in last
    assert "video_url" not in last
    assert client.get(answer.headers["Content-Location"]).status_code == 404


async def _answered(player: LivePlayer, text: str) -> None:
    asked = len(player.events)
    await player.client.send("text", text=text)
    await player.until(lambda: next((event for _, event in player.events[asked:] if event["type"] == "done"), None))


def _recording(player: LivePlayer) -> list[bool]:
    return [event["on"] for _, event in player.events if event["type"] == "recording"]


@pytest.mark.anyio
async def test_a_live_session_goes_on_unrecorded_and_says_so(client: httpx.Client, small_mesh: Mesh, disk: SmallDisk) -> None:
    async with playing(small_mesh.url, avatar="aria") as player:
        await _answered(player, "Who are you?")
        assert _recording(player) == []
        disk.fill()
        await to_thread.run_sync(_fill_database, client)
        await _answered(player, "What do you like?")
        await _answered(player, "Who are you?")
        assert _recording(player) == [False]
        disk.free()
        await _answered(player, "What do you like?")
        assert _recording(player) == [False, True]
        conversation = next(event for _, event in player.events if event["type"] == "ready")["conversation_id"]
    kept = await to_thread.run_sync(client.get, f"{PATH}/conversations/{conversation}")
    # The turn that ends as room comes back may be among them; the one before was lost.
    asked = [turn["question"] for turn in kept.json()["turns"]]
    assert asked in (["Who are you?", "What do you like?"], ["Who are you?", "Who are you?", "What do you like?"])
    disk.fill()
    async with playing(small_mesh.url, avatar="aria") as player:
        await _answered(player, "Who are you?")
        assert _recording(player) == [False]
