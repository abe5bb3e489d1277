"""Every service does what its OpenAPI document says, whatever it is asked: no 5xx, no undocumented status (Schemathesis)."""

from __future__ import annotations

import base64
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgpack
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from tests.e2e.mesh import Mesh

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance]
#: Schemathesis 4.32 makes draft 7's ``items`` of a tuple's ``prefixItems``, which its own validator then refuses: jsonschema
#: validates the answers of these paths.
WITH_TUPLES = {"/v1/asr", "/v1/tts"}
SERVICES = ("asr", "describe", "llm", "tts", "animation", "gateway")
PICTURE = Path("AvatarChatbot/avatars/aria.png")
#: A second of little, so that many of them leave room.
RESERVATION = {"fps": 1, "ttl_s": 1}
#: Of the valid requests these are the members that hold media.
MEDIA = {"audio", "file", "byte_str", "media", "avatar"}


class Seeds:
    """Requests that are valid, made of real media and of what the mesh has really stored."""

    def __init__(self, mesh: Mesh, speech: bytes) -> None:
        self.picture = PICTURE.read_bytes()
        self.speech = speech
        with mesh.client() as client:
            avatar = client.post("/v1/avatarchatbot/avatars", json={"media": _b64(self.picture)}).raise_for_status().json()
            persona = client.post("/v1/avatarchatbot/personas", json={"name": "Ada"}).raise_for_status().json()
            answer = client.post("/v1/avatarchatbot", json={"text": "Who are you?"}).raise_for_status().json()
        with httpx.Client(base_url=mesh.addresses()["animation"], timeout=60) as client:
            known = client.post("/v1/animation/avatars", json={"media": _b64(self.picture)}).raise_for_status().json()
            clip = {"byte_str": _b64(speech), "avatar_id": known["avatar_id"]}
            video = client.post("/v1/animation", json=clip).raise_for_status().json()
            place = client.post("/v1/animation/reservations", json=RESERVATION).raise_for_status().json()
        chat = {"messages": [{"role": "user", "content": "Who are you?"}]}
        self.bodies: dict[str, dict[str, Any]] = {
            "/v1/asr": {"audio": _b64(speech)},
            "/v1/audio/transcriptions": {"file": _b64(speech)},
            "/v1/describe": {"media": _b64(self.picture)},
            "/v1/describe/check": {"media": _b64(self.picture)},
            "/v1/chat/completions": chat,
            "/v1/tts": {"text": "Hello.", "voice": "default"},
            "/v1/audio/speech": {"input": "Hello.", "voice": "default", "response_format": "wav"},
            "/v1/animation": clip,
            "/v1/animation/avatars": {"media": _b64(self.picture)},
            "/v1/animation/chunks": {"avatar_id": known["avatar_id"], "start_frame": 0, "frames": 5, "phonemes": []},
            "/v1/animation/reservations": RESERVATION,
            "/v1/avatarchatbot": {"text": "Who are you?", "avatar": _b64(self.picture)},
            "/v1/avatarchatbot/avatars": {"media": _b64(self.picture)},
            "/v1/avatarchatbot/personas": {"name": "Ada"},
            "/v1/avatarchatbot/personas/draft": {"media": _b64(self.picture)},
            "/v1/avatarchatbot/avatars/check": {"media": _b64(self.picture)},
            "/v1/avatarchatbot/personas/{persona_id}": {"name": "Ada"},
        }
        self.parameters: dict[str, dict[str, Any]] = {
            "animation": {
                "avatar_id": known["avatar_id"],
                "video_id": video["id"],
                "key": place["reservation"],
                "size": 128,
                "fps": 25,
            },
            "gateway": {
                "avatar_id": avatar["avatar_id"],
                "persona_id": persona["id"],
                "conversation_id": answer["conversation_id"],
                "video_id": answer["id"],
                "turn_id": answer["id"],
            },
        }

    def plant(self, case: Any, service: str, data: st.DataObject) -> None:
        """Make a valid request of ``case``, but for some members that stay as they were made up."""
        # What others ask for is not deleted.
        known = self.parameters.get(service, {}) if case.method != "DELETE" else {}
        for name, value in known.items():
            for given_ones in (case.path_parameters, case.query):
                if given_ones and name in given_ones:
                    given_ones[name] = value
        valid = self.bodies.get(case.operation.path)
        if valid is None or case.method != "POST":
            return
        match (case.media_type or "").partition("/"):
            case ("audio", _, _):
                case.body = self.speech
            case ("image" | "video", _, _):
                case.body = self.picture
            case (_, _, "msgpack"):
                case.body = msgpack.packb(_raw(valid))
            case ("multipart", _, _):
                case.body = {**self._kept(case, data), **_raw(valid)}
            case (_, _, "json"):
                case.body = {**valid, **self._kept(case, data)}

    def _kept(self, case: Any, data: st.DataObject) -> dict[str, Any]:
        if not isinstance(case.body, dict) or not case.body:
            return {}
        names = data.draw(st.sets(st.sampled_from(sorted(case.body)), max_size=2))
        return {name: case.body[name] for name in names}


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _raw(document: dict[str, Any]) -> dict[str, Any]:
    return {name: base64.b64decode(value) if name in MEDIA else value for name, value in document.items()}


@pytest.fixture(scope="module")
def seeds(mesh: Mesh, question: bytes) -> Seeds:
    return Seeds(mesh, question)


def _operations(url: str) -> Iterator[Any]:
    for found in schemathesis.openapi.from_url(f"{url}/openapi.json").get_all_operations():
        operation = found.ok()
        assert operation is not None, found
        yield operation


@pytest.mark.timeout(400)
@pytest.mark.parametrize("service", SERVICES)
def test_nothing_undocumented_is_answered(service: str, mesh: Mesh, seeds: Seeds) -> None:
    statuses: dict[str, set[int]] = defaultdict(set)
    document = httpx.get(f"{mesh.addresses()[service]}/openapi.json", trust_env=False).json()
    for operation in _operations(mesh.addresses()[service]):
        made_up = st.one_of(operation.as_strategy(generation_mode=mode) for mode in _modes(operation))

        @seed(1)
        @given(case=made_up, data=st.data())
        @settings(
            max_examples=60,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def ask(case: Any, data: st.DataObject) -> None:
            if data.draw(st.booleans()):
                seeds.plant(case, service, data)
            answer = case.call(timeout=60)
            statuses[f"{case.method} {case.operation.path}"].add(answer.status_code)
            case.validate_response(answer, checks=_checks(case.operation.path))
            if case.operation.path in WITH_TUPLES:
                _validate(answer, document, case)

        ask()
    for path in seeds.bodies:
        reached = statuses.get(f"POST {path}")
        assert not reached or min(reached) < 300, f"{path}: no valid request was among those that were made, but {reached}"


def _checks(path: str) -> list[Any]:
    return CHECKS if path in WITH_TUPLES else [*CHECKS, response_schema_conformance]


def _validate(answer: Any, document: dict[str, Any], case: Any) -> None:
    """Against the schema of the operation, the status and the type of content, where that is JSON."""
    responses = document["paths"][case.operation.path][case.method.lower()]["responses"]
    kind = answer.headers["content-type"][0].partition(";")[0]
    schema = responses[str(answer.status_code)].get("content", {}).get(kind, {}).get("schema")
    if schema is not None and kind.endswith("json"):
        Draft202012Validator({**document, **schema}).validate(json.loads(answer.content))


def _modes(operation: Any) -> list[GenerationMode]:
    """Nothing can be wrong in a request that has no parameters and no body."""
    if operation.body or operation.query or operation.path_parameters:
        return [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
    return [GenerationMode.POSITIVE]
