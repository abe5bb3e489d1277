"""Two keys at one gateway: a walk over every route of its OpenAPI document and every message of its socket proves that B sees and
changes nothing of A's.

The walk knows what each id in a path, and each id in a body or a message, is; it fails on one that it has not been told of.
"""

from __future__ import annotations

import base64
import contextlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import anyio
import cv2
import httpx
import pytest
from anyio import to_thread
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from AvatarChatbot import avatars
from AvatarChatbot.keys import new_key
from AvatarChatbot.live.messages import ClientMessage
from tests.e2e.mesh import Mesh, free_port, ready, running
from tests.live_player import playing

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(240)]

PATH = "/v1/avatarchatbot"
UNKNOWN = "0" * 32
#: Operations that name nothing and list nothing of anybody's.
HARMLESS = {
    f"post {PATH}/avatars/check",
    *(f"get {path}" for path in ("/v1/health_check", "/health", "/health/live", "/health/ready", "/metrics", "/v1/statistics")),
    *(
        f"get {path}"
        for path in ("/v1/list_service", "/v1/list_parameters", f"{PATH}/asyncapi.json", f"{PATH}/voices", f"{PATH}/engines")
    ),
    f"get {PATH}/languages",
    *(f"get /v1/{path}" for path in ("models", "models/{model}", "audio/voices")),
}
#: Operations on all that the asker has.
OWN = {f"{method} {PATH}/everything" for method in ("get", "delete")}
#: Operations that make something of the asker's own. What their bodies name is in ``NAMED``.
MAKING = {
    *(f"post {path}" for path in (PATH, f"{PATH}/avatars", f"{PATH}/personas", f"{PATH}/personas/draft")),
    *(f"post /v1/{path}" for path in ("chat/completions", "audio/transcriptions", "audio/speech")),
}
#: Properties of bodies and messages that may name something that is stored.
_NAMES_A_THING = re.compile(r"(^|[_.])(ids?|session|avatar|persona|conversation|video|turn|voice|key|cursor)$")
#: Of those, the ones that do not: a document's own id, a ping's, a voice, a key.
_NAMES_NOTHING = re.compile(r"(^|\.)(id|voice|key)$")


class Two:
    """A gateway with a key each for ``a`` and ``b``; ``ids``: what A has, by the name of the parameter that names it."""

    def __init__(self, url: str, keys: dict[str, str], file: Path, log: Path, mesh: Mesh) -> None:
        self.url = url
        self.keys = keys
        self.file = file
        self.log = log
        self.blobs = mesh.folder / "blobs"
        self.a, self.b = (self.client(name) for name in "ab")
        self.ids: dict[str, str] = {}

    def client(self, name: str) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.keys[name]}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=60, trust_env=False)

    def fill(self) -> None:
        """Give A one of everything."""
        avatar = _registered(self.a, _face("mei"))
        persona = self.a.post(f"{PATH}/personas", json={"name": "Ann", "avatar_id": avatar}).raise_for_status().json()["id"]
        said = _asked(self.a, avatar=avatar, persona=persona)
        self.ids = {
            "avatar_id": avatar,
            "persona_id": persona,
            "conversation_id": said["conversation_id"],
            "video_id": said["id"],
            "turn_id": said["id"],
        }

    def seen_by_a(self) -> dict[str, Any]:
        """All of A's things, as A sees them."""
        kinds = {"avatars": "avatar_id", "personas": "persona_id", "conversations": "conversation_id", "turns": "turn_id"}
        seen = {kind: self.a.get(f"{PATH}/{kind}/{self.ids[name]}").raise_for_status().json() for kind, name in kinds.items()}
        seen["video"] = self.a.get(f"{PATH}/videos/{self.ids['video_id']}").raise_for_status().content
        for kind in ("avatars", "personas", "conversations", "videos"):
            seen[f"all {kind}"] = _listed(self.a, f"{PATH}/{kind}")
        return seen


def _face(name: str) -> bytes:
    """A picture that is none of the program's own."""
    picture = cv2.flip(cv2.imread(str(avatars.path(name))), 1)
    return bytes(cv2.imencode(".png", picture)[1])


def _registered(client: httpx.Client, picture: bytes) -> str:
    made = client.post(f"{PATH}/avatars", content=picture, headers={"Content-Type": "image/png"})
    return str(made.raise_for_status().json()["avatar_id"])


def _asked(client: httpx.Client, **fields: Any) -> dict[str, Any]:
    answer = client.post(PATH, json={"text": "Who are you?", "persona": {"name": "Ann"}, **fields})
    assert answer.is_success, answer.text
    return dict(answer.json())


def _listed(client: httpx.Client, path: str) -> list[Any]:
    items: list[Any] = []
    cursor = None
    while True:
        page = client.get(path, params={"limit": 2, **({"cursor": cursor} if cursor else {})}).raise_for_status().json()
        items += page["items"]
        if (cursor := page["next_cursor"]) is None:
            return items


@pytest.fixture(scope="module")
def two(mesh: Mesh, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    folder = tmp_path_factory.mktemp("owners")
    made = {name: new_key(name) for name in "ab"}
    file = folder / "keys"
    file.write_text("\n".join(f"{line} 6000" for _, line in made.values()))
    port, log = free_port(), folder / "log"
    settings = {**mesh.urls(), **mesh.storage, "AVATARCHATBOT_PORT": str(port), "AVATARCHATBOT_KEYS": str(file)}
    with running("AvatarChatbot.gateway", log=log, LOG_FORMAT="json", **settings):
        url = f"http://127.0.0.1:{port}"
        ready(url)
        two = Two(url, {name: key for name, (key, _) in made.items()}, file, log, mesh)
        two.fill()
        yield two
        two.a.close()
        two.b.close()


def _properties(schema: Any, components: dict[str, Any], prefix: str = "", depth: int = 0) -> Iterator[str]:
    """The dotted names of all properties of a JSON schema."""
    if isinstance(schema, list):
        for part in schema:
            yield from _properties(part, components, prefix, depth)
    if not isinstance(schema, dict) or depth > 4:
        return
    if (reference := schema.get("$ref")) is not None:
        yield from _properties(components[reference.rpartition("/")[2]], components, prefix, depth + 1)
    for name, part in schema.get("properties", {}).items():
        yield f"{prefix}{name}"
        yield from _properties(part, components, f"{prefix}{name}.", depth + 1)
    for inner in ("anyOf", "oneOf", "allOf", "items"):
        yield from _properties(schema.get(inner), components, prefix, depth)


def _names(schema: Any, components: dict[str, Any]) -> set[str]:
    return {name for name in _properties(schema, components) if _NAMES_A_THING.search(name) and not _NAMES_NOTHING.search(name)}


def _card(avatar_id: str) -> dict[str, Any]:
    return {"name": "Eve", "avatar_id": avatar_id}


#: What names a thing in an operation's body: operation → property → what is sent to name it, and of which kind the thing is.
NAMED: dict[str, dict[str, tuple[str, Any]]] = {
    f"post {PATH}": {
        "avatar": ("avatar_id", lambda value: {"text": "Hello!", "avatar": value}),
        "persona": ("persona_id", lambda value: {"text": "Hello!", "persona": value}),
        "persona.avatar_id": ("avatar_id", lambda value: {"text": "Hello!", "persona": _card(value)}),
        "conversation_id": ("conversation_id", lambda value: {"text": "Hello!", "conversation_id": value}),
    },
    "post /v1/chat/completions": {
        "persona": ("persona_id", lambda value: {"messages": "Hello!", "persona": value}),
        "persona.avatar_id": ("avatar_id", lambda value: {"messages": "Hello!", "persona": _card(value)}),
    },
    f"post {PATH}/avatars": {},
    f"post {PATH}/personas": {"avatar_id": ("avatar_id", _card)},
    f"post {PATH}/personas/draft": {},
    f"put {PATH}/personas/{{persona_id}}": {"avatar_id": ("avatar_id", _card)},
}
#: And in the socket's messages.
SAID: dict[str, dict[str, tuple[str, Any]]] = {
    "Start": {
        "avatar": ("avatar_id", lambda value: {"avatar": value}),
        "persona": ("persona_id", lambda value: {"persona": value}),
        "persona.avatar_id": ("avatar_id", lambda value: {"persona": _card(value)}),
        "conversation_id": ("conversation_id", lambda value: {"conversation_id": value, "avatar": "aria"}),
        "resume.session": ("session", lambda value: {"resume": {"session": value, "sequence": 0}}),
    },
    "ChangeAvatar": {
        "avatar": ("avatar_id", lambda value: {"avatar": value}),
        "persona": ("persona_id", lambda value: {"avatar": "aria", "persona": value}),
        "persona.avatar_id": ("avatar_id", lambda value: {"avatar": "", "persona": _card(value)}),
    },
}


def _operations(two: Two) -> Iterator[tuple[str, str, dict[str, Any], dict[str, Any]]]:
    document = two.b.get("/openapi.json").json()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            yield method, path, operation, document["components"]["schemas"]


def _body_names(operation: dict[str, Any], components: dict[str, Any]) -> set[str]:
    contents = operation.get("requestBody", {}).get("content", {}).values()
    return {name for content in contents for name in _names(content.get("schema"), components)}


def test_every_id_of_the_document_is_known_to_the_walk(two: Two) -> None:
    walked = set()
    for method, path, operation, components in _operations(two):
        name = f"{method} {path}"
        in_path = {part["name"] for part in operation.get("parameters", ()) if part["in"] == "path"}
        assert in_path == {*re.findall(r"\{(\w+)\}", path)}
        if name in HARMLESS:
            in_path = set()
        assert in_path <= two.ids.keys(), f"{name}: what is {in_path - two.ids.keys()}? Tell this test"
        is_page = "next_cursor" in json.dumps(components) and method == "get" and _is_listing(operation, components)
        assert in_path or is_page or name in HARMLESS | MAKING | OWN, f"{name}: does it list or make something? Tell this test"
        in_query = {part["name"] for part in operation.get("parameters", ()) if part["in"] == "query"}
        assert in_query <= {"limit", "cursor", "description", "engine", "restore"}, f"{name}: what does {in_query} name?"
        assert _body_names(operation, components) == NAMED.get(name, {}).keys(), f"{name}: its body names something else"
        walked.add(name)
    assert walked >= HARMLESS | MAKING | OWN | NAMED.keys()


def _is_listing(operation: dict[str, Any], components: dict[str, Any]) -> bool:
    schema = operation["responses"]["200"].get("content", {}).get("application/json", {}).get("schema", {})
    return "next_cursor" in {*_properties(schema, components)}


def test_b_sees_and_changes_nothing_by_any_route(two: Two) -> None:
    before = two.seen_by_a()
    asked = 0
    for method, path, operation, components in _operations(two):
        if "{" in path and f"{method} {path}" not in HARMLESS:
            body = {"json": {"name": "Eve"}} if "requestBody" in operation else {}
            answers = [two.b.request(method, path.format_map(ids), **body) for ids in (two.ids, _Unknown())]
            _assert_not_found(*answers, method, path)
            asked += 1
        elif method == "get" and _is_listing(operation, components):
            ids = json.dumps(_listed(two.b, path))
            assert not [name for name, value in two.ids.items() if value in ids], path
            asked += 1
        elif f"{method} {path}" in OWN:
            assert {*two.b.request(method, path).raise_for_status().json().values()} == {0}
            asked += 1
    for operation_name, named in NAMED.items():
        method, _, path = operation_name.partition(" ")
        own = two.b.post(f"{PATH}/personas", json={"name": "Eve"}).raise_for_status().json()["id"]
        for kind, body_of in named.values():
            for accept in ("application/json", "video/mp4", "text/event-stream") if path == PATH else ("application/json",):
                answers = [
                    two.b.request(method, path.format(persona_id=own), json=body_of(value), headers={"Accept": accept})
                    for value in (two.ids[kind], UNKNOWN)
                ]
                _assert_not_found(*answers, method, path)
                asked += 1
    assert asked > 25
    assert two.seen_by_a() == before
    assert _listed(two.b, f"{PATH}/videos") == _listed(two.b, f"{PATH}/avatars") == _listed(two.b, f"{PATH}/conversations") == []


class _Unknown(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return UNKNOWN


def _assert_not_found(anothers: httpx.Response, nobodys: httpx.Response, method: str, path: str) -> None:
    """Another's and what never was are told alike."""
    assert anothers.status_code == 404, (method, path, anothers.text)
    assert (anothers.status_code, anothers.json()) == (nobodys.status_code, nobodys.json()), (method, path)
    unlike = {"date", "content-length"}
    assert {name for name in anothers.headers if name not in unlike} == {name for name in nobodys.headers if name not in unlike}


async def test_b_sees_and_changes_nothing_by_any_message(two: Two) -> None:
    schemas = {kind.__name__: kind.model_json_schema() for kind in _messages()}
    named = {name: _names(schema, schema.get("$defs", {})) for name, schema in schemas.items()}
    assert {name: names for name, names in named.items() if names} == {name: {*probes} for name, probes in SAID.items()}
    before = await to_thread.run_sync(two.seen_by_a)
    async with playing(two.url, key=two.keys["a"], avatar=two.ids["avatar_id"], persona=two.ids["persona_id"]) as a:
        ids = {**two.ids, "session": a.client.session}
        for kind, message_of in SAID["Start"].values():
            problems = [await _refused(two, {"type": "start", **message_of(value)}) for value in (ids[kind], UNKNOWN)]
            assert problems[0]["code"] == "not_found"
            assert problems[0] == problems[1]
        async with playing(two.url, key=two.keys["b"], avatar="aria") as b:
            for kind, message_of in SAID["ChangeAvatar"].values():
                problems = []
                for value in (ids[kind], UNKNOWN):
                    since = anyio.current_time()
                    await b.client.send("avatar", **message_of(value))
                    failed = await b.until(lambda since=since: b.event("error", since))
                    problems.append(failed["problem"])
                assert problems[0]["code"] == "not_found"
                assert problems[0] == problems[1]
        # A's conversation was not disturbed.
        await a.client.send("text", text="Hello!")
        await a.until(lambda: a.event("done"))
        conversation = a.event("ready")["conversation_id"]  # type: ignore[index]
    after = await to_thread.run_sync(two.seen_by_a)
    after["all conversations"] = [item for item in after["all conversations"] if item["id"] != conversation]
    assert after == before


def _messages() -> tuple[Any, ...]:
    return get_args(get_args(ClientMessage)[0])


async def _refused(two: Two, start: dict[str, Any]) -> dict[str, Any]:
    async with connect(two.url.replace("http", "ws") + PATH, proxy=None) as socket:
        await socket.send(json.dumps({**start, "key": two.keys["b"]}))
        return dict(json.loads(await socket.recv())["problem"])


def test_deleting_what_two_have_leaves_the_others(two: Two) -> None:
    picture = _face("kofi")
    avatar = _registered(two.a, picture)
    assert two.b.post(PATH, json={"text": "Hello!", "avatar": avatar}).status_code == 404
    assert _registered(two.b, picture) == avatar
    videos = {name: _asked(client, avatar=avatar)["id"] for name, client in (("a", two.a), ("b", two.b))}
    assert two.a.delete(f"{PATH}/avatars/{avatar}").status_code == 204
    assert two.a.get(f"{PATH}/avatars/{avatar}").status_code == 404
    assert two.a.get(f"{PATH}/videos/{videos['a']}").status_code == 404
    assert two.a.post(PATH, json={"text": "Hello!", "avatar": avatar}).status_code == 404
    assert two.b.get(f"{PATH}/videos/{videos['b']}").status_code == 200
    assert [item["avatar_id"] for item in _listed(two.b, f"{PATH}/avatars")] == [avatar]
    _asked(two.b, avatar=avatar)
    assert list(two.blobs.glob(f"rigs/{avatar}.*"))
    assert two.b.delete(f"{PATH}/avatars/{avatar}").status_code == 204
    assert list(two.blobs.rglob(f"*{avatar}*")) == []
    assert two.b.get(f"{PATH}/videos/{videos['b']}").status_code == 404


def test_a_face_that_was_brought_is_its_bringers_alone(two: Two) -> None:
    avatar = _asked(two.a, avatar=_b64(_face("aria")))["avatar_id"]
    assert avatar in [item["avatar_id"] for item in _listed(two.a, f"{PATH}/avatars")]
    assert two.b.get(f"{PATH}/avatars/{avatar}").status_code == 404
    assert two.b.post(PATH, json={"text": "Hello!", "avatar": avatar}).status_code == 404
    _asked(two.a, avatar=avatar)
    assert two.a.delete(f"{PATH}/avatars/{avatar}").status_code == 204


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def test_our_own_avatars_are_everybodys(two: Two) -> None:
    avatar = _asked(two.a, avatar="mei")["avatar_id"]
    _asked(two.b, avatar=avatar)
    assert two.b.get(f"{PATH}/avatars/{avatar}").status_code == 200
    for client in (two.a, two.b):
        assert avatar not in [item["avatar_id"] for item in _listed(client, f"{PATH}/avatars")]
        assert client.delete(f"{PATH}/avatars/{avatar}").status_code == 404
    _asked(two.a, avatar=avatar)


def test_deletions_and_refused_keys_are_in_the_log(two: Two) -> None:
    persona = two.a.post(f"{PATH}/personas", json={"name": "Ann"}).json()["id"]
    two.a.delete(f"{PATH}/personas/{persona}")
    httpx.get(f"{two.url}{PATH}/videos", headers={"X-API-Key": "ac_wrong"}, trust_env=False)
    audit = _audit(two)
    deleted = {"action": "delete", "who": "a", "what": f"{PATH}/personas/{persona}", "status": 204, "address": "127.0.0.1"}
    assert [line for line in audit if deleted.items() <= line.items()]
    refused = {"action": "refuse", "who": "unknown", "what": f"GET {PATH}/videos", "address": "127.0.0.1"}
    assert [line for line in audit if refused.items() <= line.items()]
    assert "ac_wrong" not in two.log.read_text()


def _audit(two: Two) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in two.log.read_text().splitlines() if line.startswith("{")]
    return [line for line in lines if line["logger"] == "audit"]


async def test_a_key_that_is_withdrawn_ends_its_conversations(two: Two) -> None:
    """One that is exchanged goes on with the new key."""
    before = two.file.read_text()
    new, line = new_key("a")
    async with contextlib.AsyncExitStack() as stack:
        b = await stack.enter_async_context(playing(two.url, key=two.keys["b"], avatar="aria"))
        old = two.url.replace("http", "ws") + PATH
        socket = await connect(old, proxy=None)
        await socket.send(json.dumps({"type": "start", "avatar": "aria", "key": two.keys["a"]}))
        session = json.loads(await socket.recv())["session"]
        # The network breaks: who closes a connection ends the session.
        socket.transport.abort()
        await socket.wait_closed()
        two.file.write_text(f"{before}\n{line} 6000\n")
        resume = {"type": "start", "resume": {"session": session, "sequence": 1}}
        await _admitted(two, new)
        a = await stack.enter_async_context(connect(old, proxy=None))
        await a.send(json.dumps({**resume, "key": new}))
        # Both of the first keys go.
        two.file.write_text(f"{line} 6000\n")
        try:
            failed = await b.until(lambda: b.event("error"), 10)
            assert failed["problem"]["code"] == "unauthorized"
            await b.until(lambda: b.is_over, 10)
            assert b.client.connection.close_code == 1008
            async with connect(old, proxy=None) as socket:
                await socket.send(json.dumps({**resume, "key": two.keys["a"]}))
                assert json.loads(await socket.recv())["problem"]["code"] == "unauthorized"
            refused = [line for line in _audit(two) if line["action"] == "refuse" and line["what"] == f"websocket {PATH}"]
            assert refused[-1]["address"] == "127.0.0.1"
            await a.send(json.dumps({"type": "text", "text": "Hello!"}))
            with anyio.fail_after(20), contextlib.suppress(ConnectionClosed):
                async for message in a:
                    if isinstance(message, str) and json.loads(message)["type"] == "done":
                        return
            raise AssertionError("the conversation that goes on with a new key has ended")
        finally:
            two.file.write_text(before)
            await _admitted(two, two.keys["b"])


async def _admitted(two: Two, key: str) -> None:
    """Wait until the gateway has looked at the file of keys again."""
    async with httpx.AsyncClient(base_url=two.url, headers={"X-API-Key": key}, trust_env=False) as client:
        with anyio.fail_after(10):
            while (await client.get(f"{PATH}/personas")).status_code != 200:
                await anyio.sleep(0.1)
