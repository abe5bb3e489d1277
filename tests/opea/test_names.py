"""Components, messages, YAML, traces, gateways and addresses of OPEA's."""

from __future__ import annotations

import asyncio
import importlib
import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from fastapi import Request, Response
from hypothesis import given
from hypothesis import strategies as st

import comps
from comps import (
    AvatarChatbotGateway,
    CustomLogger,
    MegaServiceEndpoint,
    MicroService,
    OpeaComponent,
    OpeaComponentLoader,
    OpeaComponentRegistry,
    ServiceOrchestrator,
    ServiceOrchestratorWithYaml,
    ServiceType,
    TextDoc,
    opea_telemetry,
)
from comps.cores.mega.utils import (
    ConfigError,
    SafeContextManager,
    get_access_token,
    handle_message,
    is_port_free,
    load_model_configs,
    sanitize_env,
)
from comps.cores.telemetry.opea_telemetry import in_memory_exporter
from comps.opea.sentences import DONE, sentences
from tests.serving import serving

DEEP = {
    "comps.version": "__version__",
    "comps.cores.mega.constants": "ServiceType MCPFuncType MicroServiceEndpoint MegaServiceEndpoint",
    "comps.cores.mega.dag": "DAG",
    "comps.cores.mega.base_statistics": "collect_all_statistics",
    "comps.cores.mega.utils": "handle_message ConfigError sanitize_env check_ports_availability is_port_free SafeContextManager "
    "load_model_configs get_access_token",
    "comps.cores.mega.micro_service": "MicroService opea_microservices register_microservice",
    "comps.cores.mega.logger": "CustomLogger",
    "comps.cores.proto.docarray": "LLMParams RetrieverParms RerankerParms TextDoc EmbedDoc SearchedDoc",
    "comps.cores.proto.api_protocol": "AudioChatCompletionRequest ChatCompletionRequest AudioSpeechRequest",
    "comps.cores.telemetry.opea_telemetry": "opea_telemetry tracer in_memory_exporter",
}


@pytest.mark.parametrize("module", DEEP)
def test_names_are_where_opeas_users_import_them(module: str) -> None:
    for name in DEEP[module].split():
        assert getattr(importlib.import_module(module), name) is not None


@pytest.mark.parametrize("name", ["comps.cores.mega.exporter", "comps.cores.mcp", "comps.cores.storages.opea_store"])
def test_what_is_for_other_applications_is_not_there(name: str) -> None:
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module(name)


@pytest.mark.parametrize(
    "name",
    [
        "CodeTransGateway",
        "DocSumGateway",
        "TranslationGateway",
        "RetrievalToolGateway",
        "FaqGenGateway",
        "VideoQnAGateway",
        "VisualQnAGateway",
        "MultimodalQnAGateway",
        "GraphragGateway",
    ],
)
def test_gateways_of_other_applications_are_not_there(name: str) -> None:
    assert not hasattr(comps, name)


MODEL = {"model_name": "m", "displayName": "M", "endpoint": "http://m", "minToken": 1, "maxToken": 2}


def test_model_configs_are_found_by_name() -> None:
    other = {**MODEL, "model_name": "n"}
    assert load_model_configs(json.dumps([MODEL, other])) == {"m": MODEL, "n": other}


@pytest.mark.parametrize("text", ["", "{", "{}", "[]", "[1]", json.dumps([{**MODEL, "endpoint": ""}]), '[{"model_name": "m"}]'])
def test_model_configs_that_do_not_work_are_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="MODEL_CONFIGS"):
        load_model_configs(text)


def test_a_token_is_asked_for_with_the_clients_credentials() -> None:
    service = MicroService("tokens", host="127.0.0.1", port=0)

    async def token(request: Request) -> Any:
        form = await request.form()
        known = (form["grant_type"], form["client_id"], form["client_secret"]) == ("client_credentials", "me", "secret")
        return {"access_token": "t0ken"} if known else Response(status_code=401)

    service.add_route("/token", token)
    with serving(service):
        url = f"{service.base_url}/token"
        assert get_access_token(url, "me", "secret") == "t0ken"
        assert get_access_token(url, "me", "wrong") == ""
    assert get_access_token(url, "me", "secret") == ""


def test_paths_and_numbers_are_opeas() -> None:
    assert f"{MegaServiceEndpoint.AVATAR_CHATBOT}" == "/v1/avatarchatbot"
    assert len(list(MegaServiceEndpoint)) == 26
    assert [kind.value for kind in ServiceType] == list(range(29))
    assert (ServiceType.ANIMATION.value, ServiceType.ARB_POST_HEARING_ASSISTANT.value) == (17, 28)
    assert comps.LLMParams(streaming=False).stream is False


class Component(OpeaComponent):
    def check_health(self) -> bool:
        return True

    async def invoke(self, *args: Any, **kwargs: Any) -> Any:
        return args, kwargs


def test_components_are_registered_loaded_and_forgotten() -> None:
    OpeaComponentRegistry.register("TEST")(Component)
    try:
        with pytest.raises(ValueError, match="TEST"):
            OpeaComponentRegistry.register("TEST")(Component)
        assert OpeaComponentRegistry.get("TEST") is Component
        loader = OpeaComponentLoader("TEST", type="embedding", description="d", config={"a": 1})
        assert asyncio.run(loader.invoke(1, b=2)) == ((1,), {"b": 2})
        loader.component.update_config("a", 2)
        meta = {"name": "TEST", "type": "embedding", "description": "d", "config": {"a": 2}}
        assert loader.component.get_meta() == meta
    finally:
        OpeaComponentRegistry.unregister("TEST")
        OpeaComponentRegistry.unregister("TEST")
    with pytest.raises(KeyError):
        OpeaComponentRegistry.get("TEST")


def test_messages_become_a_prompt() -> None:
    user = {"role": "user", "content": "opea project! "}
    assert handle_message([user]) == "user: opea project! \n"
    assert handle_message([{"role": "system", "content": "System Prompt"}, user]) == "System Prompt\nuser: opea project! \n"
    assert handle_message("as it is") == "as it is"
    picture = {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}
    parts = [{"type": "text", "text": "hello, "}, picture]
    assert handle_message([{"role": "user", "content": parts}]) == ("user: hello, \n", ["https://example.org/a.png"])
    turns = [user, {"role": "assistant", "content": "Yes?"}, {"role": "user", "content": "Who?"}]
    assert handle_message(turns) == "user: opea project! \nassistant: Yes?\nuser: Who?\n"
    with pytest.raises(ValueError, match="Unknown role"):
        handle_message([{"role": "tool", "content": "x"}])


@pytest.mark.anyio
@given(text=st.text(alphabet="ab. !?\n", max_size=40), cuts=st.lists(st.integers(0, 40), max_size=6))
def test_sentences_lose_nothing_however_they_are_cut(text: str, cuts: list[int]) -> None:
    edges = sorted({0, len(text), *(min(cut, len(text)) for cut in cuts)})
    pieces = [text[a:b].encode() for a, b in itertools.pairwise(edges)]

    async def read() -> list[str]:
        async def given_pieces() -> Any:
            for piece in pieces:
                yield piece

        return [sentence async for sentence in sentences(given_pieces())]

    found = anyio.run(read)
    assert DONE not in found
    assert "".join(found).strip() == text.strip()


@pytest.mark.anyio
@pytest.mark.timeout(20)
@pytest.mark.parametrize("kind", ["a", ".", ".a", " ", "a. ", "\n", "é", "。"])
async def test_megabytes_of_any_text_take_time_by_their_length(kind: str) -> None:
    text = (kind * (2 << 20))[: 2 << 20]

    async def pieces() -> Any:
        for at in range(0, len(text), 5000):
            yield text[at : at + 5000].encode()

    found = [sentence async for sentence in sentences(pieces())]
    assert "".join(found).strip() == text.strip()
    assert max(map(len, found), default=0) <= 8000 + 5000


@pytest.fixture(scope="module")
def adding() -> Iterator[str]:
    service = MicroService("adding", host="127.0.0.1", port=0)
    for word in ("opea ", "project!"):

        async def add(document: TextDoc, word: str = word) -> dict[str, Any]:
            return {"text": f"{document.text}{word}"}

        service.add_route(f"/{word.strip(' !')}", add)
    with serving(service):
        yield service.base_url


@pytest.mark.anyio
async def test_a_yaml_file_describes_a_megaservice(adding: str, tmp_path: Path) -> None:
    described = tmp_path / "mega.yaml"
    services = f"opea_micro_services:\n  s1:\n    endpoint: {adding}/opea\n  s2:\n    endpoint: {adding}/project\n"
    described.write_text(services + 'opea_mega_service:\n  port: 9999\n  mega_flow:\n    - "s1 >> s2"\n')
    mega = ServiceOrchestratorWithYaml(yaml_file_path=str(described))
    assert mega.all_leaves() == ["s2"]
    await mega.schedule(initial_inputs={"text": "Hello, "})
    assert mega.result_dict["s2"]["text"] == "Hello, opea project!"
    assert mega.get_all_final_outputs() == {"s2": mega.result_dict["s2"]}


@pytest.mark.parametrize(
    ("flow", "edges"),
    [
        ("['(s1, s2) >> s3']", {"s1": {"s3"}, "s2": {"s3"}, "s3": set()}),
        ("['s1 >> (s2, s3)']", {"s1": {"s2", "s3"}, "s2": set(), "s3": set()}),
        ("['s1 >> s2', 's2 >> s3']", {"s1": {"s2"}, "s2": {"s3"}, "s3": set()}),
    ],
)
def test_flows_are_written_as_opea_writes_them(tmp_path: Path, flow: str, edges: dict[str, set[str]]) -> None:
    mega = ServiceOrchestratorWithYaml(_described(tmp_path, flow))
    assert dict(mega.graph) == edges
    assert mega.docs["opea_micro_services"]["s2"]["endpoint"] == "http://fakehost:8008/v1/s2"


@pytest.mark.parametrize("flow", ["['s1 >> s9']", "['s1 >> s2 >> s1']", "7"])
def test_a_flow_that_makes_no_sense_is_refused(tmp_path: Path, flow: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        ServiceOrchestratorWithYaml(_described(tmp_path, flow))


def _described(folder: Path, flow: str) -> Path:
    services = "".join(f"  s{k}: {{endpoint: 'http://fakehost:8008/v1/s{k}'}}\n" for k in (1, 2, 3))
    (folder / "mega.yaml").write_text(f"opea_micro_services:\n{services}opea_mega_service: {{port: 1, mega_flow: {flow}}}\n")
    return folder / "mega.yaml"


def test_calls_are_traced_with_their_parents() -> None:
    in_memory_exporter.clear()

    @opea_telemetry
    def child() -> None: ...

    @opea_telemetry
    def parent() -> None:
        child()

    @opea_telemetry
    async def waiting() -> int:
        await asyncio.sleep(0.01)
        child()
        return 3

    parent()
    assert asyncio.run(waiting()) == 3
    spans = in_memory_exporter.get_finished_spans()
    assert [span.name for span in spans] == ["child", "parent", "child", "waiting"]
    assert spans[0].parent.span_id == spans[1].context.span_id
    assert spans[2].parent.span_id == spans[3].context.span_id
    for _ in range(1100):
        child()
    assert len(in_memory_exporter.get_finished_spans()) == 1000


def test_a_gateway_of_the_first_generation_serves_at_once(adding: str) -> None:
    backend = MicroService("video", host="127.0.0.1", port=0)

    async def video(request: Request) -> Any:
        return {"video_path": f"/outputs/{(await request.json())['byte_str']}.mp4"}

    backend.add_route("/video", video)
    mega = ServiceOrchestrator()
    with serving(backend):
        mega.add(MicroService.remote("animation", backend.base_url, "/video", service_type=ServiceType.ANIMATION))
        gateway = AvatarChatbotGateway(megaservice=mega, host="127.0.0.1", port=0)
        try:
            with httpx.Client(base_url=gateway.service.base_url, trust_env=False) as client:
                assert client.post("/v1/avatarchatbot", json={"audio": "UklG"}).json() == "/outputs/UklG.mp4"
                assert client.post("/v1/avatarchatbot", json={}).status_code == 422
                assert client.get("/v1/list_service").json()["animation/MicroService"]["endpoint"] == f"{backend.base_url}/video"
                assert client.get("/v1/list_parameters").json() is None
        finally:
            gateway.stop()


def test_small_helpers_do_what_theirs_do(caplog: pytest.LogCaptureFixture) -> None:
    logger = CustomLogger("opea-test")
    with caplog.at_level("INFO"):
        logger.info("told")
        logger("WARNING", "warned")
    assert [record.message for record in caplog.records] == ["told", "warned"]
    logger.close()
    assert sanitize_env(" a b # comment") == "a b"
    assert sanitize_env(None) is None
    service = MicroService("here", host="127.0.0.1", port=0)
    with serving(service):
        assert not is_port_free("127.0.0.1", service.port)
    with SafeContextManager(3) as three:
        assert three == 3
