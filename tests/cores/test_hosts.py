"""Which Host headers a service answers, over HTTP and WebSockets: a page whose name was made to point here is refused."""

from __future__ import annotations

import pytest
from fastapi import WebSocket

from comps import MicroService
from comps.cores.mega.gate import OPEN
from comps.cores.mega.hosts import HostNames
from tests.asgi import asked

pytestmark = pytest.mark.anyio


def _service(*hosts: str, host: str = "127.0.0.1") -> MicroService:
    service = MicroService("hosts", host=host, port=0, hosts=hosts)

    async def socket(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.close()

    service.add_route("/thing", lambda: {"here": True}, methods=["GET"])
    service.app.add_api_websocket_route("/socket", socket)
    return service


@pytest.fixture(scope="module")
def service() -> MicroService:
    return _service("avatars.example", "*.inside.example", "asr")


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("localhost:8888", 200),
        ("localhost:", 200),
        ("LOCALHOST:8888", 200),
        ("localhost.", 200),
        ("127.0.0.1:8888", 200),
        ("127.8.7.6", 200),
        ("[::1]", 200),
        ("[::1]:8888", 200),
        ("[0:0:0:0:0:0:0:1]:8888", 200),
        ("10.1.2.3:9099", 200),
        ("[fd00::12]", 200),
        ("avatars.example", 200),
        ("Avatars.Example.:443", 200),
        ("a.b.inside.example", 200),
        ("asr:9099", 200),
        ("evil.example", 421),
        ("evil.example:8888", 421),
        ("localhost.evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("evil.localhost", 421),
        ("inside.example", 421),
        ("xinside.example", 421),
        ("asr.evil.example", 421),
        ("avatars.example.evil.example", 421),
        ("2130706433", 421),
        ("0x7f.1", 421),
        ("127.1", 421),
        ("", 400),
        (" localhost", 400),
        ("localhost ", 400),
        ("evil.example@localhost", 400),
        ("localhost@evil.example", 400),
        ("localhost:80:80", 400),
        ("localhost:port", 400),
        ("localhost:99999", 400),
        ("localhost,evil.example", 400),
        ("localhost/evil", 400),
        ("localhost#", 400),
        ("http://localhost", 400),
        ("::1", 400),
        ("[::1", 400),
        ("[::1]x", 400),
        ("[127.0.0.1]", 400),
        ("[evil.example]", 400),
        ("localhost..", 400),
        (".", 400),
        ("loc\xe0lhost", 400),
        ("a" * 300, 400),
    ],
)
async def test_a_request_and_a_socket_are_answered_for_hosts_of_ours_alone(service: MicroService, host: str, status: int) -> None:
    for kind, path, welcome in (("http", "/thing", 200), ("websocket", "/socket", 101)):
        answer = await asked(service.app, path, [("Host", host)], kind=kind)
        assert answer.status == (welcome if status == 200 else status), (kind, host)
        if status != 200:
            assert (answer.problem["status"], answer.problem["field"]) == (status, "Host")


@pytest.mark.parametrize("hosts", [[], ["localhost", "localhost"], ["localhost", "evil.example"], ["evil.example", "127.0.0.1"]])
async def test_one_host_is_named(service: MicroService, hosts: list[str]) -> None:
    assert (await asked(service.app, "/thing", [("Host", host) for host in hosts])).status == 400


async def test_probes_and_metrics_are_asked_by_any_name(service: MicroService) -> None:
    for path in OPEN:
        # OPEA's wav2lip server has a probe of that name: of our services animation alone answers it.
        status = 404 if path == "/v1/health" else 200
        assert (await asked(service.app, path, [("Host", "pod.somewhere.svc")])).status == status
        assert (await asked(service.app, path + "/", [("Host", "pod.somewhere.svc")])).status == 421
    for path in ("/v1/statistics", "/docs", "/openapi.json", "/nowhere"):
        assert (await asked(service.app, path, [("Host", "pod.somewhere.svc")])).status == 421


async def test_names_are_those_it_listens_on_and_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MESH_HOSTS", "asr, asr.avatars.svc")
    service = MicroService("named", host="localhost", port=0)
    for name, status in (("asr", 404), ("asr.avatars.svc", 404), ("localhost", 404), ("avatars.svc", 421)):
        assert (await asked(service.app, "/thing", [("Host", name)])).status == status
    monkeypatch.setenv("MESH_HOSTS", '["tts"]')
    service = MicroService("json", host="0.0.0.0", port=0)
    assert (await asked(service.app, "/thing", [("Host", "tts:9088")])).status == 404
    assert (await asked(service.app, "/thing", [("Host", "0.0.0.0:9088")])).status == 404


def test_what_is_no_name_is_refused_at_the_start() -> None:
    for name in ("http://avatars.example", "a b", "*.*.example", "*.10.0.0.1", "", "avatars.example/"):
        with pytest.raises(ValueError, match="is not the name of a host"):
            HostNames([name])
    assert "anything.example" in HostNames(["*"])
    assert "127.0.0.1" not in HostNames(["127.0.0.1", "::1", "[::1]"])
