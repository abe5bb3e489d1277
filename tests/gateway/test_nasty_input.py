"""Numbers without bound, half characters, depth: each is the client's fault, a 4xx that names the field."""

from __future__ import annotations

import json
import resource
import socket
from collections.abc import Iterator
from typing import Any

import httpx
import msgpack
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from AvatarChatbot.gateway import AvatarChatbotGateway
from AvatarChatbot.request import AvatarChatRequest
from comps.cores.common.settings import GatewaySettings, LlmSettings, StorageSettings
from comps.cores.errors import BadInput
from comps.cores.mega.micro_service import MicroService
from comps.cores.proto.avatar import ChunkRequest, Persona, SpeechRequest
from comps.cores.proto.wire import pack, validate
from comps.llms import service as llm
from comps.opea.payloads import QueryOrChatRequest
from tests.e2e.mesh import free_port
from tests.serving import serving

pytestmark = pytest.mark.timeout(60)

PATH = "/v1/avatarchatbot"
CHAT = "/v1/chat/completions"
ZERO_ID = "0" * 32


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, MicroService]]:
    """A gateway without any services behind it: what is asked here must not get that far. And an llm service."""
    folder = tmp_path_factory.mktemp("store")
    storage = StorageSettings(blobs=str(folder / "blobs"), database=f"sqlite+aiosqlite:///{folder / 'db'}")
    nowhere = f"http://127.0.0.1:{free_port()}"
    urls = {f"{name}_url": nowhere for name in ("asr", "llm", "tts", "animation", "describe")}
    gateway = AvatarChatbotGateway(GatewaySettings(port=0, address_rate=0, storage=storage, **urls))
    model = llm.build(LlmSettings(port=0, engine="responder"))
    with serving(gateway.service, model):
        yield {"gateway": gateway.service, "llm": model}


@pytest.fixture(scope="module")
def client(services: dict[str, MicroService]) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=services["gateway"].base_url, trust_env=False, timeout=20) as made:
        yield made


@pytest.fixture(scope="module")
def model(services: dict[str, MicroService]) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=services["llm"].base_url, trust_env=False, timeout=20) as made:
        yield made


def _refused(answer: httpx.Response, field: str | None, status: tuple[int, ...] = (400, 422)) -> dict[str, Any]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    problem: dict[str, Any] = answer.json()
    assert answer.status_code in status, problem
    assert problem["title"] != "Internal error"
    if field is not None:
        assert problem["field"] == field
    return problem


NUMBERS = ["9" * 400, "-" + "9" * 400, "1" + "0" * 4000, "1e400", "-1e400", "NaN", "Infinity", "-Infinity"]
FIELDS = ["max_tokens", "temperature", "top_p", "top_k", "seed", "frequency_penalty", "presence_penalty", "repetition_penalty"]


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: number[:12])
@pytest.mark.parametrize("field", FIELDS)
def test_numbers(client: httpx.Client, model: httpx.Client, field: str, number: str) -> None:
    body = f'{{"text": "Hi", "messages": "Hi", "{field}": {number}}}'.encode()
    headers = {"Content-Type": "application/json"}
    _refused(client.post(PATH, content=body, headers=headers), field)
    _refused(model.post(CHAT, content=body, headers=headers), field)
    _refused(client.post(PATH, data={"text": "Hi", field: number}), field)
    _refused(client.post(PATH, files={"text": (None, "Hi"), field: (None, number)}), field)
    _refused(model.post(CHAT, data={"messages": "Hi", field: number}), field)


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: number[:12])
def test_numbers_inside(client: httpx.Client, model: httpx.Client, number: str) -> None:
    headers = {"Content-Type": "application/json"}
    for place, field in (
        ('"profile": {"size": %s}', "profile.size"),
        ('"points": {"mouth": [[%s, 1]]}', "points.mouth.0.0"),
        ('"whatever": [[{"a": %s}]]', "whatever.0.0.a"),
    ):
        body = f'{{"text": "Hi", {place % number}}}'
        _refused(client.post(PATH, content=body, headers=headers), field)
    body = f'{{"messages": "Hi", "response_format": {{"a": [{number}]}}}}'
    _refused(model.post(CHAT, content=body, headers=headers), "response_format.a.0")


def test_numbers_of_too_many_digits_to_read(client: httpx.Client) -> None:
    body = '{"text": "Hi", "top_k": ' + "9" * 100_000 + "}"
    _refused(client.post(PATH, content=body, headers={"Content-Type": "application/json"}), None)


@pytest.mark.parametrize("bad", ["\ud800", "a\udfffb", "\udc00\ud800", "\0", "a\0"], ids=ascii)
@pytest.mark.parametrize(
    ("place", "field"),
    [
        ({"text": ...}, "text"),
        ({"text": "Hi", "avatar": ...}, "avatar"),
        ({"text": "Hi", "voice": ...}, "voice"),
        ({"text": "Hi", "persona": ...}, "persona"),
        ({"text": "Hi", "persona": {"name": ...}}, "persona.name"),
        ({"text": "Hi", "persona": {"likes": ["tea", ...]}}, "persona.likes.1"),
        ({"text": "Hi", "persona": {"system_prompt": ...}}, "persona.system_prompt"),
        ({"text": "Hi", "persona": {"provenance": {...: "seen"}}}, "persona.provenance.?"),
        ({"text": "Hi", "stop": ...}, "stop"),
        ({"text": "Hi", "stop": ["a", ...]}, "stop.1"),
        ({"text": "Hi", "conversation_id": ...}, "conversation_id"),
        ({"messages": ...}, "messages"),
        ({"messages": [{"role": "user", "content": ...}]}, "messages.0.content"),
        ({"text": "Hi", "points": {...: [[1, 2]]}}, "points.?"),
        ({"text": "Hi", ...: 1}, "?"),
    ],
    ids=str,
)
def test_half_characters(client: httpx.Client, model: httpx.Client, place: Any, field: str, bad: str) -> None:
    body = json.dumps(_filled(place, bad))
    name = field.replace("?", bad.encode("utf-8", "replace").decode().replace("\0", "?"))
    headers = {"Content-Type": "application/json"}
    _refused(client.post(PATH, content=body, headers=headers), name)
    if field.startswith(("messages", "stop", "persona.")):
        with_question = json.dumps({"messages": "Hi", **_filled(place, bad)})
        _refused(model.post(CHAT, content=with_question, headers=headers), name)


def _filled(place: Any, value: str) -> Any:
    if place is ...:
        return value
    if isinstance(place, list):
        return [_filled(item, value) for item in place]
    if isinstance(place, dict):
        return {value if key is ... else key: _filled(item, value) for key, item in place.items()}
    return place


def test_half_characters_of_stored_personas(client: httpx.Client) -> None:
    headers = {"Content-Type": "application/json"}
    for bad in ("\ud800", "\0"):
        body = json.dumps({"name": bad})
        _refused(client.post(f"{PATH}/personas", content=body, headers=headers), "name")
        _refused(client.put(f"{PATH}/personas/{ZERO_ID}", content=body, headers=headers), "name")


@pytest.mark.parametrize("charset", ["unicode_escape", "raw_unicode_escape", "utf-7", "undefined", "idna", "nonsense", "hex"])
def test_charsets_of_forms(client: httpx.Client, charset: str) -> None:
    form = b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\n\\ud800 +2AA-\r\n--x--\r\n'
    headers = {"Content-Type": f"multipart/form-data; boundary=x; charset={charset}"}
    answer = client.post(PATH, content=form, headers=headers)
    # Where the charset makes it a text of backslashes, nothing is wrong with it but that no service is there.
    assert answer.status_code in (400, 422, 503)


@pytest.mark.parametrize("depth", [100, 900, 5_000, 100_000])
def test_depth(client: httpx.Client, model: httpx.Client, depth: int) -> None:
    deep = "[" * depth + "]" * depth
    for value in (deep, "[" * depth, '{"a":' * min(depth, 50_000)):
        for field in ("persona", "profile", "points", "messages"):
            problem = _refused(client.post(PATH, data={"text": "Hi", field: value}), None)
            assert problem["field"].partition(".")[0] == field
    _refused(client.post(PATH, files={"text": (None, "Hi"), "persona": ("p.json", deep.encode())}), None)
    headers = {"Content-Type": "application/json"}
    for body in (deep, f'{{"text": "Hi", "persona": {deep}}}', f'{{"text": "Hi", "other": {deep}}}'):
        _refused(client.post(PATH, content=body, headers=headers), None)
        _refused(client.post(f"{PATH}/personas", content=body, headers=headers), None)
        _refused(model.post(CHAT, content=body, headers=headers), None)
    _refused(model.post(CHAT, content=f'{{"messages": "Hi", "response_format": {{"a": {deep}}}}}', headers=headers), None)
    packed = b"\x82\xa4text\xa2Hi\xa7persona" + b"\x91" * depth + b"\x90"
    _refused(client.post(PATH, content=packed, headers={"Content-Type": "application/msgpack"}), None)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b'{"text": "Hi", "points": {"mouth": [' + b"[]," * 5_000_000 + b"[]]}}", "application/json"),
        (b'{"text": "Hi", ' + b'"a":0,' * 2_000_000 + b'"b": 0}', "application/json"),
        (b"\x81\xa1a\xdd\x00\xff\xff\xff" + b"\x90" * 0xFFFFFF, "application/msgpack"),
        (b"\x81\xa1a\xdd\x00\x00\xff\xff" + (b"\xdd\x00\x00\x00\xff" + b"\xc0" * 255) * 0xFFFF, "application/msgpack"),
    ],
    ids=["lists", "members", "packed lists", "packed lists of lists"],
)
def test_more_values_than_any_document_has(client: httpx.Client, body: bytes, content_type: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    _refused(client.post(PATH, content=body, headers={"Content-Type": content_type}), None)
    # Kilobytes: the body several times, but not an object for each of its bytes.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000


@pytest.mark.parametrize(
    "body",
    [
        {"text": "Hi", "top_k": float("nan")},
        {"text": "Hi", "persona": {"likes": [float("inf")]}},
        {"text": "Hi", "stop": [msgpack.ExtType(5, b"x")]},
        {"text": "Hi", "seed": msgpack.Timestamp(1)},
        {"text": "a\0"},
        {"text": "Hi", "persona": {b"name": "x"}},
    ],
    ids=str,
)
def test_messagepack(client: httpx.Client, body: dict[str, Any]) -> None:
    _refused(client.post(PATH, content=msgpack.packb(body), headers={"Content-Type": "application/msgpack"}), None)


def test_what_only_messagepack_has_is_not_passed_on_to_a_model(model: httpx.Client) -> None:
    body = {"messages": "Hi", "response_format": {"a": b"bytes"}}
    _refused(model.post(CHAT, content=msgpack.packb(body), headers={"Content-Type": "application/msgpack"}), None)


BLANK = ["   ", "\u200b", "\u0301\u0302", "\n\t", "\ufeff", "\u2060", "\u202e", "\u3000", "\u200d\ufe0f", "\u3164"]
#: People ask so, too.
SIGNS = ["…", "?!", "-", "🙂", "```"]


@pytest.mark.parametrize("text", BLANK, ids=ascii)
def test_blank_text(client: httpx.Client, text: str) -> None:
    _refused(client.post(PATH, json={"text": text}), "text", (422,))
    _refused(client.post(PATH, data={"text": text}), "text", (422,))
    _refused(client.post(PATH, json={"messages": text}), "messages", (422,))
    _refused(client.post(PATH, json={"messages": [{"role": "user", "content": text}]}), "messages", (422,))


@pytest.mark.parametrize("text", SIGNS, ids=ascii)
def test_signs_alone_are_a_question(client: httpx.Client, text: str) -> None:
    # There is no asr, llm nor tts here: it is passed on to them.
    assert client.post(PATH, json={"text": text}).status_code == 503


def test_a_question_among_messages_is_no_longer_than_one_in_text(client: httpx.Client) -> None:
    _refused(client.post(PATH, json={"messages": "word " * 2000}), "messages", (422,))
    _refused(client.post(PATH, json={"messages": [{"role": "user", "content": "word " * 2000}]}), "messages", (422,))


@pytest.mark.parametrize("value", ["9" * 4000, "9" * 20, "-1", "1_0", "٣", "0x1", "1e3", "nan"])
def test_deadlines(client: httpx.Client, model: httpx.Client, value: str) -> None:
    headers = {"X-Deadline-Ms": value.encode()}
    _refused(client.get("/v1/statistics", headers=headers), "x-deadline-ms", (400,))
    _refused(model.post(CHAT, json={"messages": "Hi"}, headers=headers), "x-deadline-ms", (400,))


@pytest.mark.parametrize("value", ["bytes=%s-", "bytes=-%s", "bytes=0-%s", "bytes=%s-%s"])
@pytest.mark.parametrize("digits", [19, 400, 5_000])
def test_ranges(client: httpx.Client, services: dict[str, MicroService], value: str, digits: int) -> None:
    header = value.replace("%s", "9" * digits)
    # There is no video here: unknown ones are 404 whatever their range.
    assert client.get(f"{PATH}/videos/{ZERO_ID}", headers={"Range": header}).status_code == 404
    from AvatarChatbot.routes.videos import RangeNotSatisfiable, parse_range

    with pytest.raises(RangeNotSatisfiable) as caught:
        parse_range(header, 100)
    assert caught.value.extra["field"] == "Range"


@pytest.mark.parametrize("digits", [19, 30, 5000])
def test_lengths_of_bodies(services: dict[str, MicroService], digits: int) -> None:
    with socket.create_connection(("127.0.0.1", services["gateway"].port), timeout=10) as connection:
        head = (
            f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {'9' * digits}\r\n\r\n"
        )
        connection.sendall(head.encode())
        assert connection.recv(1000).split()[1] in (b"400", b"413")


@pytest.mark.parametrize("value", ["9" * 400, "9" * 5000, "0", "-1", "1e400", "nan", "", "\0"])
@pytest.mark.parametrize("path", ["conversations", "personas"])
def test_limits_of_pages(client: httpx.Client, path: str, value: str) -> None:
    _refused(client.get(f"{PATH}/{path}", params={"limit": value}), "limit")


@pytest.mark.parametrize("value", ["x", "é", "bmFuL3g", "aW5mL3g", "OQ" * 3000, "MS4wL2EAYg", "MS4wLwA"])
@pytest.mark.parametrize("path", ["conversations", "personas"])
def test_cursors(client: httpx.Client, path: str, value: str) -> None:
    _refused(client.get(f"{PATH}/{path}", params={"cursor": value}), "cursor")


@pytest.mark.parametrize("kind", ["avatars", "conversations", "personas", "turns", "videos"])
@pytest.mark.parametrize("name", ["%00", "a%00b", "%ed%a0%80", "%ff", "a" * 5000, "..%2f..%2fetc", "%0d%0a"])
def test_names_in_paths(client: httpx.Client, kind: str, name: str) -> None:
    for method in ("GET", "DELETE"):
        answer = client.request(method, f"{PATH}/{kind}/{name}")
        assert 400 <= answer.status_code < 500, answer.text
        assert answer.json()["title"] != "Internal error"
    if "%00" in name:
        _refused(answer, "path")
        _refused(client.get(f"{PATH}/{kind}?cursor={name}&limit=1"), "cursor")


@pytest.mark.parametrize(
    ("method", "path", "status", "title", "code"),
    [
        ("GET", "/nowhere", 404, "Not found", "not_found"),
        ("POST", "/v1/avatarchatbot/nowhere", 404, "Not found", "not_found"),
        ("GET", "/v1/avatarchatbot/conversations/x/y/z", 404, "Not found", "not_found"),
        ("DELETE", "/metrics", 405, "Method not allowed", "method_not_allowed"),
        ("PATCH", "/v1/avatarchatbot", 405, "Method not allowed", "method_not_allowed"),
    ],
)
def test_titles(client: httpx.Client, method: str, path: str, status: int, title: str, code: str) -> None:
    answer = client.request(method, path)
    assert (answer.status_code, answer.json()["title"], answer.json()["code"]) == (status, title, code)
    assert answer.json()["type"] == f"urn:avatarchatbot:problem:{code}"


ANY_TEXT = st.text(alphabet=st.characters(codec=None), max_size=20)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.integers(-(10**30), 10**30) | st.floats() | ANY_TEXT | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=12,
)
MODELS = [AvatarChatRequest, QueryOrChatRequest, SpeechRequest, ChunkRequest, Persona]


@pytest.mark.parametrize("kind", MODELS)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_what_is_let_in_can_be_written_in_every_form(kind: Any, data: st.DataObject) -> None:
    names = st.sampled_from(sorted(kind.model_fields))
    values = data.draw(st.dictionaries(names | ANY_TEXT, ANY_JSON, max_size=6))
    valid = {"text": "Hi", "messages": "Hi", "avatar_id": "a", "start_frame": 0, "frames": 1}
    if data.draw(st.booleans()):
        values = {**valid, **values}
    try:
        document = validate(kind, values)
    except BadInput as problem:
        json.dumps(problem.document()).encode()
        return
    pack(document)
    document.model_dump_json().encode()
    orjson.dumps(document.model_dump(mode="json"))
