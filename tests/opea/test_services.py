"""Microservices as OPEA's users write and start them: registered, forked, batched, behind TLS, as a megaservice's front."""

from __future__ import annotations

import asyncio
import itertools
import multiprocessing
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import httpx
import pytest
from fastapi import Request
from fastapi.testclient import TestClient

from comps import (
    MegaServiceEndpoint,
    MicroService,
    ServiceOrchestrator,
    ServiceRoleType,
    ServiceType,
    TextDoc,
    opea_microservices,
    register_microservice,
    register_statistics,
    statistics_dict,
)
from comps.cores.proto.api_protocol import AudioChatCompletionRequest, ChatCompletionResponse
from comps.cores.proto.docarray import LLMParams
from tests.serving import serving

fork = multiprocessing.get_context("fork")


@contextmanager
def forked(service: MicroService) -> Iterator[None]:
    """As OPEA's tests do: constructed here, served by a child."""
    process = fork.Process(target=service.start, daemon=False)
    process.start()
    try:
        yield
    finally:
        service.stop()
        process.terminate()
        process.join(10)


@pytest.fixture
def registered() -> MicroService:
    @register_microservice(name="added@opea", host="127.0.0.1", port=0, endpoint="/v1/add")
    async def add(request: TextDoc) -> TextDoc:
        return {"text": f"{request.text}OPEA Project!"}  # type: ignore[return-value]

    @register_microservice(name="added@opea", host="127.0.0.1", port=1, endpoint="/v1/slow")
    def slow(request: TextDoc) -> TextDoc:
        time.sleep(0.5)
        return TextDoc(text=f"{request.text}late")

    return opea_microservices.pop("added@opea")


def test_a_registered_function_is_served_by_a_child_that_inherits_the_port(registered: MicroService) -> None:
    registered.add_route("/v1/sum", lambda: 1 + 1, methods=["GET"])
    assert registered.name == "added@opea/MicroService"
    with pytest.raises(RuntimeError, match="port:"):
        MicroService(name="second", host="127.0.0.1", port=registered.port)
    with forked(registered), httpx.Client(base_url=registered.base_url, trust_env=False) as client:
        assert client.post("/v1/add", json={"text": "Hello, "}).json()["text"] == "Hello, OPEA Project!"
        assert client.post("/v1/slow", json={"text": "Hello, "}).json()["text"] == "Hello, late"
        assert client.get("/v1/sum").json() == 2
        assert client.post("/v1/add", json={"text": 5}).status_code == 422


def test_the_app_answers_in_this_process_too(registered: MicroService) -> None:
    client = TestClient(registered.app)
    assert client.get("/metrics").status_code == 200
    assert client.get("/v1/health_check").json() == {
        "Service Title": "added@opea",
        "Version": "1.5",
        "Service Description": "OPEA Microservice Infrastructure",
    }
    assert "megaservice_request_pending" in client.get("/metrics").text


def test_a_remote_service_is_only_described() -> None:
    service = MicroService(name="s2", host="fakehost", port=8008, endpoint="/v1/add", use_remote_service=True)
    assert service.endpoint_path() == "http://fakehost:8008/v1/add"
    assert service.service_type is ServiceType.LLM
    for method in (service.start, service.stop):
        with pytest.raises(RuntimeError):
            method()
    keyed = MicroService(name="s3", host="https://host:1", api_key="k", endpoint="/v1/chat", use_remote_service=True)
    assert (keyed.endpoint_path("m"), keyed.api_key_value) == ("https://host:1/v1/chat", "k")


def test_latencies_are_registered_told_and_bounded() -> None:
    service = MicroService("timed", host="127.0.0.1", port=0)

    @register_statistics(names=["timed@opea"])
    async def timed() -> None:
        statistics_dict["timed@opea"].append_latency(2.0, 0.5)

    service.add_route("/timed", timed)
    try:
        client = TestClient(service.app, base_url="http://localhost")
        assert client.get("/v1/statistics").json()["timed@opea"]["p50_latency"] is None
        client.post("/timed")
        told = client.get("/v1/statistics").json()["timed@opea"]
        assert {key: told[key] for key in ("p50_latency", "p99_latency", "average_latency")} == dict.fromkeys(
            ("p50_latency", "p99_latency", "average_latency"), 2.0
        )
        assert told["average_latency_first_token"] == 0.5
        for seconds in range(20_000):
            statistics_dict["timed@opea"].append_latency(float(seconds))
        assert client.get("/v1/statistics").json()["timed@opea"]["p50_latency"] == pytest.approx(14_999.5)
    finally:
        del statistics_dict["timed@opea"]


class Batched:
    def __init__(self, fails: bool = False) -> None:
        self.service = MicroService(
            "batched",
            host="127.0.0.1",
            port=0,
            dynamic_batching=True,
            dynamic_batching_timeout=0.3,
            dynamic_batching_max_batch_size=3,
        )
        self.service.dynamic_batching_infer = self.infer  # type: ignore[method-assign]
        self.service.add_route("/v1/add", self.add)
        self.sizes: list[int] = []
        self.fails = fails

    async def add(self, request: TextDoc) -> dict[str, Any]:
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        async with self.service.buffer_lock:
            self.service.request_buffer[ServiceType.EMBEDDING].append({"request": request, "response": future})
        return await future

    async def infer(self, service_type: Enum, batch: list[dict[str, Any]]) -> list[Any]:
        assert service_type is ServiceType.EMBEDDING
        self.sizes.append(len(batch))
        if self.fails:
            raise RuntimeError("no memory")
        return [{"result": f"processed: {item['request'].text}"} for item in batch]


@pytest.mark.anyio
@pytest.mark.parametrize("fails", [False, True])
async def test_requests_that_wait_are_answered_together_and_a_failure_reaches_them_all(fails: bool) -> None:
    batched = Batched(fails)
    with serving(batched.service):
        async with httpx.AsyncClient(base_url=batched.service.base_url, trust_env=False) as client:
            answers = await asyncio.gather(*(client.post("/v1/add", json={"text": str(k)}) for k in range(7)))
    assert [answer.status_code for answer in answers] == [500 if fails else 200] * 7
    if not fails:
        assert [answer.json()["result"] for answer in answers] == [f"processed: {k}" for k in range(7)]
    assert sum(batched.sizes) == 7
    assert max(batched.sizes) == 3


def test_startup_events_are_called_and_awaited() -> None:
    called: list[str] = []

    async def later() -> None:
        await anyio.lowlevel.checkpoint()
        called.append("later")

    service = MicroService("started", host="127.0.0.1", port=0)
    service.add_startup_event(later)
    service.add_startup_event(lambda: called.append("now"))
    with serving(service):
        assert called == ["later", "now"]
        assert service.event_loop is not None


def test_it_serves_tls(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "1"]
        + ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
        check=True,
        capture_output=True,
    )
    service = MicroService(
        "secure", protocol="https", host="localhost", port=0, ssl_keyfile=str(key), ssl_certfile=str(certificate)
    )
    with serving(service):
        assert service.endpoint_path() == f"https://localhost:{service.port}/"
        trusted = ssl.create_default_context(cafile=str(certificate))
        assert httpx.get(f"{service.base_url}/health", verify=trusted, trust_env=False).status_code == 200


class AvatarChatbotService:
    """The second generation's application, by OPEA's recipe."""

    def __init__(self, backend: str) -> None:
        self.megaservice = ServiceOrchestrator()
        self.service = MicroService(
            type(self).__name__,
            service_role=ServiceRoleType.MEGASERVICE,
            host="127.0.0.1",
            port=0,
            endpoint=str(MegaServiceEndpoint.AVATAR_CHATBOT),
            input_datatype=AudioChatCompletionRequest,
            output_datatype=ChatCompletionResponse,
        )
        self.service.add_route(self.service.endpoint, self.handle_request, methods=["POST"])
        kinds = (
            ("asr", ServiceType.ASR),
            ("llm", ServiceType.LLM),
            ("tts", ServiceType.TTS),
            ("animation", ServiceType.ANIMATION),
        )
        nodes = [MicroService.remote(name, backend, f"/{name}", service_type=kind) for name, kind in kinds]
        for node in nodes:
            self.megaservice.add(node)
        for first, second in itertools.pairwise(nodes):
            self.megaservice.flow_to(first, second)
        self.megaservice.align_inputs = self.align_inputs  # type: ignore[method-assign]

    def align_inputs(self, inputs: Any, cur_node: str, runtime_graph: Any, parameters: Any, **kwargs: Any) -> Any:
        match self.megaservice.services[cur_node].service_type:
            case ServiceType.LLM:
                return {"messages": [{"role": "user", "content": inputs["asr_result"]}], "max_tokens": parameters["max_tokens"]}
            case ServiceType.TTS:
                return {"text": inputs["choices"][0]["message"]["content"], "voice": kwargs["voice"]}
            case ServiceType.ANIMATION:
                return {"byte_str": inputs["tts_result"]}
        return inputs

    async def handle_request(self, request: Request) -> Any:
        asked = AudioChatCompletionRequest.model_validate(await request.json())
        parameters = LLMParams(max_tokens=asked.max_tokens or 128, stream=False)
        results, graph = await self.megaservice.schedule({"audio": asked.audio}, parameters, voice=asked.voice)
        return results[graph.all_leaves()[-1]]["video_path"]


@pytest.fixture(scope="module")
def models() -> Iterator[str]:
    """What OPEA's model servers answer, in their shapes."""
    service = MicroService("models", host="127.0.0.1", port=0)

    async def asr(request: Request) -> Any:
        return {"asr_result": (await request.json())["audio"]}

    async def llm(request: Request) -> Any:
        asked = await request.json()
        return {"choices": [{"message": {"content": f"{asked['messages'][0]['content']}/{asked['max_tokens']}"}}]}

    async def tts(request: Request) -> Any:
        asked = await request.json()
        return {"tts_result": f"{asked['text']}/{asked['voice']}"}

    async def animation(request: Request) -> Any:
        return {"id": "1", "video_path": f"/outputs/{(await request.json())['byte_str']}.mp4"}

    for name, handler in (("asr", asr), ("llm", llm), ("tts", tts), ("animation", animation)):
        service.add_route(f"/{name}", handler)
    with serving(service):
        yield service.base_url


def test_an_application_by_opeas_recipe_answers_the_bare_path_and_says_what_is_wrong(models: str) -> None:
    application = AvatarChatbotService(models)
    with serving(application.service), httpx.Client(base_url=application.service.base_url, trust_env=False) as client:
        path = application.service.endpoint
        answer = client.post(path, json={"audio": "UklG", "max_tokens": 64})
        assert (answer.status_code, answer.json()) == (200, "/outputs/UklG/64/default.mp4")
        missing = client.post(path, json={"max_tokens": 64})
        assert (missing.status_code, missing.json()["field"]) == (422, "audio")
        broken = client.post(path, content=b"{")
        assert (broken.status_code, broken.json()["code"]) == (400, "malformed_body")
