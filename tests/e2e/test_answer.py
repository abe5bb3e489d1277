"""The main job: a question and a face in, a video of that face speaking the answer out."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import anyio
import httpx
import numpy as np
import pytest
from numpy.typing import NDArray

from AvatarChatbot import avatars
from comps.cores.common.settings import LandmarkSettings
from comps.media.landmarks import Landmarker
from tests.e2e.mesh import Mesh
from tests.e2e.video import decode

PATH = "/v1/avatarchatbot"


def _post(client: httpx.Client, **body: Any) -> dict[str, Any]:
    answer = client.post(PATH, json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_a_spoken_question_and_a_picture_give_a_talking_video(client: httpx.Client, shared: Path) -> None:
    audio = (shared / "data/audio/who_are_you.wav").read_bytes()
    avatar = (shared / "data/avatars/avatar1.jpg").read_bytes()
    answer = client.post(PATH, files={"audio": audio, "avatar": avatar})
    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert said["transcript"].lower().strip("?. ") == "who are you"
    assert said["reply"]
    video = client.get(said["video_path"])
    assert (video.status_code, video.headers["content-type"].partition(";")[0]) == (200, "video/mp4")
    decoded = decode(video.content)
    assert decoded.codecs == ("h264", "aac")
    assert abs(decoded.video_s - said["duration"]) <= 0.1
    assert abs(decoded.audio_s - said["duration"]) <= 0.1
    assert anyio.run(_faces, decoded.frames) == [1] * len(decoded.frames)


async def _faces(frames: NDArray[np.uint8]) -> list[int]:
    landmarker = Landmarker(LandmarkSettings())
    try:
        return [len(await landmarker.faces(frame)) for frame in frames]
    finally:
        await landmarker.stop()


def test_opeas_body_works_unchanged(client: httpx.Client, question: bytes) -> None:
    said = _post(client, audio=base64.b64encode(question).decode(), max_tokens=64)
    assert said["video_path"].startswith(PATH)
    assert "who are you" in said["transcript"].lower()


def test_the_animation_service_takes_opeas_request(mesh: Mesh, question: bytes) -> None:
    body = {"byte_str": base64.b64encode(question).decode()}
    with httpx.Client(base_url=mesh.addresses()["animation"], timeout=60, trust_env=False) as animation:
        said = animation.post("/v1/animation", json=body)
        assert said.status_code == 200, said.text
        decoded = decode(animation.get(said.json()["video_path"]).content)
    assert decoded.codecs == ("h264", "aac")
    assert decoded.video_s == pytest.approx(1.2, abs=0.5)


def test_typed_questions_need_no_asr_and_known_personas_no_describe(client: httpx.Client) -> None:
    card = {"name": "Maria Rossi", "background": ["Maria was born in Naples.", "She works as a baker."]}
    said = _post(client, text="Where were you born?", persona=card)
    assert "naples" in said["reply"].lower()
    assert "asr" not in said["timings"]
    assert "describe" not in said["timings"]
    assert {"llm", "tts", "animation"} <= said["timings"].keys()


def test_mp4_by_accept_and_ranges(client: httpx.Client) -> None:
    answer = client.post(PATH, json={"text": "Hello!"}, headers={"Accept": "video/mp4"})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith('video/mp4; codecs="avc1.')
    assert "Accept" in answer.headers["vary"]
    kept = answer.headers["content-location"]
    part = client.get(kept, headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, answer.content[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(answer.content)}"
    tail = client.get(kept, headers={"Range": "bytes=-10"})
    assert tail.content == answer.content[-10:]
    beyond = client.get(kept, headers={"Range": f"bytes={len(answer.content)}-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(answer.content)}")
    assert client.delete(kept).status_code == 204
    assert client.get(kept).status_code == 404


def test_a_conversation_goes_on_and_is_deleted_with_its_videos(client: httpx.Client) -> None:
    first = _post(client, text="Hello!")
    second = _post(client, text="Who are you?", conversation_id=first["conversation_id"])
    kept = client.get(f"{PATH}/conversations/{first['conversation_id']}").json()
    assert [turn["question"] for turn in kept["turns"]] == ["Hello!", "Who are you?"]
    assert [turn["status"] for turn in kept["turns"]] == ["done", "done"]
    assert client.delete(f"{PATH}/conversations/{first['conversation_id']}").status_code == 204
    assert client.get(second["video_path"]).status_code == 404


def test_deleting_an_avatar_deletes_its_rig_and_videos(client: httpx.Client, shared: Path) -> None:
    avatar = (shared / "data/avatars/avatar2.jpg").read_bytes()
    registered = client.post(f"{PATH}/avatars", content=avatar, headers={"Content-Type": "image/jpeg"})
    assert registered.status_code == 201, registered.text
    avatar_id = registered.json()["avatar_id"]
    said = _post(client, text="Hello!", avatar=avatar_id, persona={"name": "Ann"})
    assert said["avatar_id"] == avatar_id
    assert avatar_id in [item["avatar_id"] for item in client.get(f"{PATH}/avatars").json()["items"]]
    assert client.delete(f"{PATH}/avatars/{avatar_id}").status_code == 204
    assert client.get(said["video_path"]).status_code == 404
    assert client.get(f"{PATH}/avatars/{avatar_id}").status_code == 404
    gone = client.post(PATH, json={"text": "Hello!", "avatar": avatar_id, "persona": {"name": "Ann"}})
    assert (gone.status_code, gone.json()["field"]) == (404, "avatar")


def test_stored_personas_answer(client: httpx.Client) -> None:
    made = client.post(f"{PATH}/personas", json={"name": "Ivo", "likes": ["Ivo loves chess."]})
    assert made.status_code == 201, made.text
    said = _post(client, text="What do you like?", persona=made.json()["id"])
    assert "chess" in said["reply"].lower()
    assert client.delete(f"{PATH}/personas/{made.json()['id']}").status_code == 204


def test_a_drafted_persona_keeps_its_face(client: httpx.Client) -> None:
    picture = avatars.path("mei").read_bytes()
    made = client.post(f"{PATH}/personas/draft", content=picture, headers={"Content-Type": "image/png"})
    assert made.status_code == 201, made.text
    card = made.json()["persona"]
    assert set(card["provenance"].values()) <= {"seen", "heard", "invented", "blank"}
    said = _post(client, text="Hello!", persona=made.json()["id"])
    assert said["avatar_id"] == card["avatar_id"]
    card["likes"] = ["She loves kites."]
    edited = client.put(f"{PATH}/personas/{made.json()['id']}", json=card)
    assert edited.status_code == 200, edited.text
    assert "kites" in _post(client, text="What do you like?", persona=made.json()["id"])["reply"]


def test_voices_are_listed_and_described(client: httpx.Client) -> None:
    assert len(client.get(f"{PATH}/voices").json()["voices"]) > 20
    said = _post(client, text="Hello!", voice="an old sailor")
    assert said["voice"]


def test_the_report_of_an_answer_is_in_the_videos_time(client: httpx.Client) -> None:
    said = _post(client, text="Who are you?")
    phonemes = said["phonemes"]
    assert all(start <= end for start, end, _ in phonemes)
    assert phonemes[-1][1] == pytest.approx(said["duration"], abs=0.05)
    assert said["engines"] == {"llm": "responder", "tts": "hibari", "animation": "warp"}
    assert json.dumps(said)
