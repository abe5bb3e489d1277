"""Two keys at one gateway, without the services behind it: what is stored, and who hears of it."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from AvatarChatbot.gateway import AvatarChatbotGateway
from AvatarChatbot.keys import new_key
from comps.cores.common.settings import GatewaySettings, LogSettings, StorageSettings
from comps.cores.telemetry import logs

pytestmark = pytest.mark.anyio

PATH = "/v1/avatarchatbot"


class Gateway:
    def __init__(self, folder: Path, *names: str) -> None:
        made = {name: new_key(name) for name in names}
        self.keys = {name: key for name, (key, _) in made.items()}
        self.file = folder / "keys"
        self.file.write_text("\n".join(line for _, line in made.values()))
        storage = StorageSettings(blobs=f"{folder}/blobs", database=f"sqlite+aiosqlite:///{folder}/records.db")
        self.gateway = AvatarChatbotGateway(GatewaySettings(port=0, keys=self.file if names else None, storage=storage))
        self.store = self.gateway.store

    def client(self, name: str = "") -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {self.keys[name]}"} if name else {}
        transport = httpx.ASGITransport(app=self.gateway.service.app, client=("192.0.2.7", 1234))
        return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=headers)


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Gateway]:
    gateway = Gateway(tmp_path, "alice", "bob")
    await gateway.store.start()
    yield gateway
    await gateway.store.stop()


async def test_a_stranger_neither_lists_nor_reads_nor_deletes_a_conversation(gateway: Gateway) -> None:
    begun = await gateway.store.conversations.create({"name": "Alice's"}, owner="alice")
    turn = await gateway.store.conversations.add_turn(begun.id, "my medical question")
    mine = f"{PATH}/conversations/{begun.id}"
    async with gateway.client("bob") as bob:
        assert (await bob.get(f"{PATH}/conversations")).json() == {"items": [], "next_cursor": None}
        unknown = await bob.get(f"{PATH}/conversations/{'0' * 32}")
        for answer in (await bob.get(mine), await bob.delete(mine)):
            assert (answer.status_code, answer.json()) == (404, unknown.json())
        assert (await bob.get(f"{PATH}/turns/{turn.id}")).status_code == 404
    async with gateway.client("alice") as alice:
        assert (await alice.get(mine)).json()["turns"][0]["question"] == "my medical question"
        assert (await alice.get(f"{PATH}/turns/{turn.id}")).status_code == 200
        assert (await alice.delete(mine)).status_code == 204


async def test_a_key_that_was_exchanged_keeps_its_things(gateway: Gateway) -> None:
    begun = await gateway.store.conversations.create(owner="alice")
    new, line = new_key("alice")
    gateway.file.write_text(line)
    os.utime(gateway.file, ns=(1, 1))
    async with gateway.client("alice") as client:
        assert (await client.get(f"{PATH}/conversations")).status_code == 401
        client.headers["Authorization"] = f"Bearer {new}"
        assert [item["id"] for item in (await client.get(f"{PATH}/conversations")).json()["items"]] == [begun.id]


async def test_a_card_that_names_a_strangers_avatar_is_not_stored(gateway: Gateway) -> None:
    gateway.store.blobs.blocking.put(b"picture", "avatars", "a" * 32)
    await gateway.store.owned.hold_avatar("alice", "a" * 32, brought=False)
    card = {"name": "Eve", "avatar_id": "a" * 32}
    async with gateway.client("bob") as bob:
        refused = await bob.post(f"{PATH}/personas", json=card)
        assert (refused.status_code, refused.json()["field"]) == (404, "avatar_id")
        own = (await bob.post(f"{PATH}/personas", json={"name": "Eve", "avatar_id": "aria"})).json()
        assert (await bob.put(f"{PATH}/personas/{own['id']}", json=card)).status_code == 404
    async with gateway.client("alice") as alice:
        own = (await alice.post(f"{PATH}/personas", json=card)).json()
        assert (await alice.delete(f"{PATH}/avatars/{'a' * 32}")).status_code == 204
        # It may be edited all the same.
        assert (await alice.put(f"{PATH}/personas/{own['id']}", json={**card, "name": "Ann"})).status_code == 200


async def test_what_a_gateway_without_keys_stored_is_anonymous(tmp_path: Path) -> None:
    open_to_all = Gateway(tmp_path)
    await open_to_all.store.start()
    async with open_to_all.client() as client:
        made = (await client.post(f"{PATH}/personas", json={"name": "Ann"})).json()
    await open_to_all.store.stop()
    with_keys = Gateway(tmp_path, "alice", "anonymous")
    await with_keys.store.start()
    async with with_keys.client("alice") as alice, with_keys.client("anonymous") as anonymous:
        assert (await alice.get(f"{PATH}/personas")).json()["items"] == []
        assert [item["id"] for item in (await anonymous.get(f"{PATH}/personas")).json()["items"]] == [made["id"]]
    await with_keys.store.stop()


async def test_all_of_ones_own_is_counted_and_deleted_at_once(gateway: Gateway) -> None:
    for name in ("alice", "bob"):
        begun = await gateway.store.conversations.create({"name": "Ann"}, owner=name)
        await gateway.store.conversations.add_turn(begun.id, f"what {name} asked")
        gateway.store.blobs.blocking.put(b"picture", "avatars", "a" * 32)
        await gateway.store.owned.hold_avatar(name, "a" * 32, brought=False)
    nothing = {"conversations": 0, "personas": 0, "avatars": 0, "videos": 0}
    had = {**nothing, "conversations": 1, "avatars": 1}
    async with gateway.client("alice") as alice, gateway.client("bob") as bob, gateway.client() as stranger:
        for method in ("GET", "DELETE"):
            assert (await stranger.request(method, f"{PATH}/everything")).status_code == 401
        assert (await alice.get(f"{PATH}/everything")).json() == had
        deleted = await alice.delete(f"{PATH}/everything")
        assert (deleted.status_code, deleted.json()) == (200, had)
        assert (await alice.get(f"{PATH}/everything")).json() == nothing
        assert (await alice.get(f"{PATH}/avatars/{'a' * 32}")).status_code == 404
        assert (await bob.get(f"{PATH}/everything")).json() == had
        (listed,) = (await bob.get(f"{PATH}/conversations")).json()["items"]
        assert (listed["first_question"], listed["turn_count"]) == ("what bob asked", 1)
        assert (await bob.delete(f"{PATH}/everything")).json() == had
    assert [*gateway.store.blobs.blocking.keys("avatars")] == []


@pytest.fixture
def audited(caplog: pytest.LogCaptureFixture) -> Any:
    caplog.set_level(logging.INFO, "audit")

    def lines() -> list[dict[str, Any]]:
        return [record.fields for record in caplog.records if record.name == "audit"]  # type: ignore[attr-defined]

    return lines


async def test_every_deletion_is_audited_whoever_asks(gateway: Gateway, audited: Any) -> None:
    async with gateway.client("bob") as bob:
        paths = (await bob.get("/openapi.json")).json()["paths"]
        deletable = [path for path, operations in paths.items() if "delete" in operations]
        assert len(deletable) >= 4
        assert (await bob.delete(f"{PATH}/everything")).status_code == 200
        with_id = [path for path in deletable if "{" in path]
        assert {*deletable} - {*with_id} == {f"{PATH}/everything"}
        for path in with_id:
            name = path[path.index("{") + 1 : path.index("}")]
            await bob.delete(path.replace(f"{{{name}}}", "0" * 32))
            await bob.delete(path.replace(f"{{{name}}}", "said: it's%0A me"))
    all_of_it, *lines = audited()
    assert (all_of_it["who"], all_of_it["what"], all_of_it["status"]) == ("bob", f"{PATH}/everything", 200)
    assert lines == [
        {
            "action": "delete",
            "who": "bob",
            "what": path[: path.index("{")] + what,
            "status": 404,
            "address": "192.0.2.7",
        }
        for path in with_id
        for what in ("0" * 32, "…")
    ]


async def test_a_refused_key_is_audited_and_not_told(gateway: Gateway, audited: Any, caplog: pytest.LogCaptureFixture) -> None:
    secret = "ac_NotAKeyOfOurs"
    async with gateway.client() as client:
        for headers in ({}, {"X-API-Key": secret}, {"Authorization": f"Bearer {secret}"}):
            assert (await client.get(f"{PATH}/videos/{secret}", headers=headers)).status_code == 401
    line = {"action": "refuse", "who": "unknown", "what": f"GET {PATH}/videos/…", "address": "192.0.2.7"}
    assert audited() == [line] * 3
    assert secret not in caplog.text


def test_an_audit_line_is_fields_in_json_and_written_at_any_level(capsys: pytest.CaptureFixture[str]) -> None:
    from comps.cores.telemetry import audit

    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    root.handlers.clear()
    try:
        logs.configure(LogSettings(format="json", level="ERROR"))
        audit.line("delete", "ada", "videos/v\n1", status=204)
    finally:
        root.handlers[:] = before
        root.setLevel(level)
    (line,) = capsys.readouterr().err.splitlines()
    said = json.loads(line)
    assert (said["logger"], said["action"], said["who"], said["what"], said["status"]) == (
        "audit",
        "delete",
        "ada",
        "videos/v\n1",
        204,
    )
