"""The services at OPEA's addresses, in the shapes of both its generations; a megaservice by its recipe over them."""

from __future__ import annotations

import base64
import io
import itertools
import re
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from AvatarChatbot import avatars
from comps import LLMParams, MicroService, ServiceOrchestrator, ServiceType
from tests.e2e.mesh import Mesh, free_port, ready, running


@pytest.fixture(scope="module")
def services(mesh: Mesh) -> Iterator[dict[str, httpx.Client]]:
    clients = {name: httpx.Client(base_url=url, timeout=60, trust_env=False) for name, url in mesh.addresses().items()}
    yield clients
    for client in clients.values():
        client.close()


def _seconds(sound: str | bytes) -> float:
    data = base64.b64decode(sound) if isinstance(sound, str) else sound
    with wave.open(io.BytesIO(data)) as file:
        return file.getnframes() / file.getframerate()


def test_speech_is_recognised_in_all_shapes(services: dict[str, httpx.Client], question: bytes) -> None:
    asr, sound = services["asr"], base64.b64encode(question).decode()
    assert asr.post("/v1/asr", json={"audio": sound}).json()["asr_result"].lower().startswith("who are you")
    form = asr.post(
        "/v1/audio/transcriptions", files={"file": ("q.wav", question)}, data={"model": "whisper-1", "language": "en"}
    )
    assert form.json()["text"].lower().startswith("who are you")
    first = asr.post("/v1/audio/transcriptions", json={"byte_str": sound}).json()
    assert first["query"].lower().startswith("who are you")
    assert (first["max_tokens"], first["stream"]) == (1024, True)
    missing = asr.post("/v1/audio/transcriptions", json={"model": "x"})
    assert (missing.status_code, missing.json()["field"]) == (422, "file")


def test_text_is_spoken_in_all_shapes(services: dict[str, httpx.Client]) -> None:
    tts = services["tts"]
    for voice in ("default", "male"):
        answer = tts.post("/v1/tts", json={"text": "Hello there.", "voice": voice})
        assert _seconds(answer.json()["tts_result"]) > 0.5
    spoken = tts.post(
        "/v1/audio/speech", json={"input": "Hello there.", "model": "microsoft/speecht5_tts", "response_format": "wav"}
    )
    assert spoken.headers["content-type"] == "audio/wav"
    assert _seconds(spoken.content) > 0.5
    assert _seconds(tts.post("/v1/audio/speech", json={"text": "Hello there."}).json()["byte_str"]) > 0.5
    missing = tts.post("/v1/audio/speech", json={"voice": "default"})
    assert (missing.status_code, missing.json()["field"]) == (422, "input")


def test_the_model_answers_in_all_shapes(services: dict[str, httpx.Client]) -> None:
    llm = services["llm"]
    chat = llm.post(
        "/v1/chat/completions", json={"model": "tgi", "messages": "What do you like?", "max_tokens": 64, "stream": False}
    )
    assert chat.json()["choices"][0]["message"]["content"]
    first = {
        "query": "What do you like?",
        "max_new_tokens": 64,
        "top_k": 10,
        "top_p": 0.95,
        "typical_p": 0.95,
        "streaming": False,
    }
    generated = llm.post("/v1/chat/completions", json={**first, "temperature": 0.01, "repetition_penalty": 1.03}).json()
    assert generated["prompt"] == "What do you like?"
    assert len(generated["text"]) > 3
    events = llm.post("/v1/chat/completions", json={"query": "What do you like?"}).text.split("\n\n")
    assert events[0].startswith("data: b")
    assert events[-2:] == ["data: [DONE]", ""]


def test_a_clip_is_drawn_in_opeas_shape(services: dict[str, httpx.Client], question: bytes) -> None:
    animation, sound = services["animation"], base64.b64encode(question).decode()
    face = base64.b64encode(avatars.path("aria").read_bytes()).decode()
    answer = animation.post("/v1/animation", json={"byte_str": sound, "avatar": face})
    assert answer.status_code == 200, answer.text
    assert animation.get(answer.json()["video_path"]).headers["content-type"] == "video/mp4"
    assert animation.post("/v1/animation", json={"avatar": face}).status_code == 422


@pytest.mark.anyio
async def test_opeas_wiring_runs_over_our_services(mesh: Mesh, question: bytes) -> None:
    """The chain of 1.2 and later: whisper, a chat server, speecht5, animation."""

    class Application(ServiceOrchestrator):
        def align_inputs(self, inputs: Any, cur_node: str, runtime_graph: Any, parameters: dict[str, Any], **kwargs: Any) -> Any:
            match self.services[cur_node].service_type:
                case ServiceType.LLM:
                    asked = [{"role": "user", "content": inputs["asr_result"]}]
                    return {
                        "model": "tgi",
                        "messages": asked,
                        **{key: parameters[key] for key in ("max_tokens", "top_p", "stream")},
                    }
                case ServiceType.TTS:
                    return {"text": inputs["choices"][0]["message"]["content"], "voice": kwargs["voice"]}
                case ServiceType.ANIMATION:
                    return {"byte_str": inputs["tts_result"], "avatar": kwargs["face"]}
            return inputs

    mega, at = Application(), mesh.addresses()
    nodes = [
        MicroService.remote("whisper", at["asr"], "/v1/asr", service_type=ServiceType.ASR),
        MicroService.remote("tgi", at["llm"], "/v1/chat/completions", service_type=ServiceType.LLM),
        MicroService.remote("speecht5", at["tts"], "/v1/tts", service_type=ServiceType.TTS),
        MicroService.remote("animation", at["animation"], "/v1/animation", service_type=ServiceType.ANIMATION),
    ]
    for node in nodes:
        mega.add(node)
    for before, after in itertools.pairwise(nodes):
        assert mega.flow_to(before, after)
    face = base64.b64encode(avatars.path("aria").read_bytes()).decode()
    for stream in (False, True):
        parameters = LLMParams(max_tokens=128, stream=stream)
        sound = {"audio": base64.b64encode(question).decode()}
        results, graph = await mega.schedule(sound, parameters, voice="default", face=face)
        assert results[graph.all_leaves()[-1]]["video_path"].startswith("/v1/animation/videos/")
    await mega.stop()


def test_the_migration_pages_example_runs_as_it_is_written(mesh: Mesh, question: bytes, tmp_path: Path) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", Path("docs/opea.md").read_text(), re.DOTALL)
    at = mesh.addresses()
    for service, port in {"asr": 9099, "llm": 9000, "tts": 9088, "animation": 9066}.items():
        # The mesh takes other ports where these are taken.
        example = example.replace(str(port), at[service].rpartition(":")[2])
    script, port = tmp_path / "avatarchatbot.py", free_port()
    script.write_text(example)
    with running(script, MEGA_SERVICE_HOST_IP="127.0.0.1", MEGA_SERVICE_PORT=str(port)):
        url = f"http://127.0.0.1:{port}"
        ready(url)
        asked = {"audio": base64.b64encode(question).decode(), "max_tokens": 64}
        answer = httpx.post(f"{url}/v1/avatarchatbot", json=asked, timeout=60, trust_env=False)
        missing = httpx.post(f"{url}/v1/avatarchatbot", json={}, trust_env=False)
    assert answer.status_code == 200, answer.text
    assert httpx.get(at["animation"] + answer.json(), trust_env=False).headers["content-type"] == "video/mp4"
    assert (missing.status_code, missing.json()["field"]) == (422, "audio")
