"""Answers that are sent while they are made: MP4 as it comes, events, and what happens when something breaks in the middle."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from AvatarChatbot import avatars
from comps import MicroService
from comps.cores.proto import sse
from tests.e2e.mesh import Mesh
from tests.e2e.video import decode
from tests.media.browser import buffered_in_chromium
from tests.serving import serving

PATH = "/v1/avatarchatbot"


def _events(client: httpx.Client, **body: Any) -> list[tuple[str, dict[str, Any]]]:
    parser, events = sse.Parser(), []
    with client.stream("POST", PATH, json=body, headers={"Accept": "text/event-stream"}) as response:
        assert response.status_code == 200, response.read()
        for piece in response.iter_bytes():
            events += [(event.type, json.loads(event.data)) for event in parser.feed(piece)]
    return events


def test_events_tell_the_whole_answer(client: httpx.Client, question: bytes) -> None:
    events = _events(client, audio=base64.b64encode(question).decode(), avatar="aria")
    kinds = [kind for kind, _ in events]
    assert kinds[0] == "transcript"
    assert kinds[-1] == "done"
    done = events[-1][1]["answer"]
    assert "".join(event["delta"] for kind, event in events if kind == "reply") == done["reply"]
    fragments = [event for kind, event in events if kind == "fragment"]
    assert [fragment["kind"] for fragment in fragments[:2]] == ["init", "media"]
    assert fragments[0]["content_type"].startswith('video/mp4; codecs="avc1.')
    at = 0.0
    for fragment in fragments[1:]:
        assert fragment["pts_s"] == pytest.approx(at, abs=1e-6)
        assert fragment["duration_s"] <= 0.2401
        at += fragment["duration_s"]
    assert at == pytest.approx(done["duration"], abs=0.05)
    video = b"".join(base64.b64decode(fragment["data"]) for fragment in fragments)
    assert client.get(done["video_path"]).content == video
    captions = [event for kind, event in events if kind == "caption"]
    assert " ".join(caption["text"] for caption in captions).split() == done["reply"].split()
    assert all(caption["start_s"] < caption["end_s"] <= done["duration"] + 1e-3 for caption in captions)
    assert captions[0]["webvtt"].startswith("00:00:00.000 --> ")


def test_a_browser_plays_the_fragments_as_they_come(client: httpx.Client) -> None:
    events = _events(client, text="What do you like?", avatar="aria")
    fragments = [event for kind, event in events if kind == "fragment"]
    played = buffered_in_chromium([base64.b64decode(f["data"]) for f in fragments], fragments[0]["content_type"])
    assert played["error"] is None
    assert len(played["buffered"]) == 1
    assert played["played_to"] > 0.5


def test_the_mp4_is_the_stored_one_and_names_its_turn(client: httpx.Client) -> None:
    with client.stream("POST", PATH, json={"text": "Who are you?"}, headers={"Accept": "video/mp4"}) as response:
        pieces = list(response.iter_bytes())
    assert response.headers["content-type"].startswith('video/mp4; codecs="avc1.')
    video = b"".join(pieces)
    assert client.get(response.headers["content-location"]).content == video
    assert decode(video).codecs == ("h264", "aac")
    turn = client.get(f"{PATH}/turns/{response.headers['x-turn-id']}").json()
    assert (turn["status"], turn["question"]) == ("done", "Who are you?")


@pytest.mark.parametrize("accept", ["video/mp4", "text/event-stream"])
def test_failures_before_the_first_fragment_keep_their_status(client: httpx.Client, accept: str) -> None:
    picture = base64.b64encode(Path("pyproject.toml").read_bytes()).decode()
    answer = client.post(PATH, json={"text": "Hello!", "avatar": picture}, headers={"Accept": accept})
    if accept == "video/mp4":
        assert (answer.status_code, answer.json()["field"]) == (415, "avatar")
    else:
        assert answer.status_code == 415 or '"code":"unsupported_media"' in answer.text.replace(" ", "")
    nothing = client.post(PATH, json={}, headers={"Accept": accept})
    assert (nothing.status_code, nothing.headers["content-type"]) == (422, "application/problem+json")


class BreakingModel:
    """A language model's server that breaks off in its third sentence."""

    def __init__(self) -> None:
        self.service = MicroService("breaking model", host="127.0.0.1", port=0)
        self.service.add_route("/v1/chat/completions", self.chat)
        self.service.add_route("/v1/models", self.models, methods=["GET"])
        self.left = 0

    async def models(self) -> dict[str, Any]:
        return {"object": "list", "data": [{"id": "m"}]}

    async def chat(self, request: Request) -> Response:
        endless = "endless" in (await request.json())["messages"][-1]["content"]

        async def said() -> AsyncIterator[bytes]:
            try:
                n = 0
                while endless or n < 40:
                    word = ["The", " old", " harbour", " is", " quiet", " tonight.", " "][n % 7]
                    yield sse.format_event(json.dumps({"model": "m", "choices": [{"delta": {"content": word}}]}))
                    n += 1
                    await anyio.sleep(0.05)
            except BaseException:
                self.left += 1
                raise

        return StreamingResponse(said(), media_type=sse.MEDIA_TYPE)


@pytest.fixture(scope="module")
def breaking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[BreakingModel, Mesh]]:
    model = BreakingModel()
    with serving(model.service):
        mesh = Mesh(tmp_path_factory.mktemp("breaking"), LLM_ENDPOINT=f"{model.service.base_url}/v1")
        try:
            mesh.wait_until_ready()
            with mesh.client() as client:
                # Known before the questions: finding a face for the first time takes longer than the model speaks.
                picture = avatars.path("aria").read_bytes()
                assert client.post(f"{PATH}/avatars", content=picture, headers={"Content-Type": "image/png"}).status_code == 201
            yield model, mesh
        finally:
            mesh.stop()


def test_what_breaks_in_the_middle_is_cut_short_and_kept(breaking: tuple[BreakingModel, Mesh]) -> None:
    _, mesh = breaking
    with mesh.client() as client:
        body = {"text": "Hello", "avatar": "aria"}
        got: list[bytes] = []
        with client.stream("POST", PATH, json=body, headers={"Accept": "video/mp4"}) as response:
            assert response.status_code == 200
            turn_id = response.headers["x-turn-id"]
            with pytest.raises(httpx.RemoteProtocolError):
                got.extend(response.iter_bytes())
        assert b"".join(got)[4:8] == b"ftyp"
        turn = client.get(f"{PATH}/turns/{turn_id}").json()
        assert (turn["status"], turn["error"]["code"], turn["error"]["node"]) == ("failed", "node_error", "llm")
        events = _events(client, text="Hello", avatar="aria")
        assert events[-1][0] == "error"
        assert events[-1][1]["problem"]["node"] == "llm"
        assert "fragment" in [kind for kind, _ in events]


def test_who_leaves_in_the_middle_stops_the_model(breaking: tuple[BreakingModel, Mesh]) -> None:
    model, mesh = breaking
    left = model.left
    with mesh.client() as client:
        body = {"text": "An endless story, please", "avatar": "aria"}
        with client.stream("POST", PATH, json=body, headers={"Accept": "video/mp4"}) as response:
            next(response.iter_bytes())
            turn_id = response.headers["x-turn-id"]
        end = anyio.run(_until_left, model, left)
        assert end > left
        turn = client.get(f"{PATH}/turns/{turn_id}").json()
        assert turn["status"] == "cut"
        assert len(turn["reply"]) < 200, "what was not heard is not remembered"
        load = httpx.get(mesh.addresses()["animation"] + "/v1/animation/load", trust_env=False).json()
        assert (load["reserved_fps"], load["queued_frames"]) == (0, 0)


async def _until_left(model: BreakingModel, left: int) -> int:
    with anyio.fail_after(5):
        while model.left == left:
            await anyio.sleep(0.02)
    await anyio.sleep(0.3)
    return model.left
