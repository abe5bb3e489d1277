"""Fetching what a client names: real servers on loopback, names answered by the test."""

from __future__ import annotations

import contextlib
import ipaddress
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path

import anyio
import anyio.abc
import pytest
from anyio.streams.tls import TLSListener

from comps.cores.errors import FetchFailed, Forbidden, TooLarge
from comps.media.fetch import fetch, is_public

pytestmark = pytest.mark.anyio

PICTURE = b"\x89PNG not really" * 100


class Server:
    """Answers each path with the raw bytes given for it; ``seen`` holds the request heads."""

    def __init__(self, answers: dict[str, list[bytes]]) -> None:
        self.answers = answers
        self.seen: list[str] = []
        self.port = 0

    async def handle(self, stream: anyio.abc.ByteStream) -> None:
        async with stream:
            head = b""
            while b"\r\n\r\n" not in head:
                head += await stream.receive()
            self.seen.append(head.decode())
            for piece in self.answers[head.split(b" ")[1].decode()]:
                if not piece:
                    await anyio.sleep(3600)
                await stream.send(piece)


@contextlib.asynccontextmanager
async def serving(answers: dict[str, list[bytes]], tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    server = Server(answers)
    listener: anyio.abc.Listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    server.port = listener.extra(anyio.abc.SocketAttribute.local_port)
    async with anyio.create_task_group() as tasks:
        with contextlib.suppress(anyio.BrokenResourceError):
            tasks.start_soon((TLSListener(listener, tls, standard_compatible=False) if tls else listener).serve, server.handle)
            yield server
        tasks.cancel_scope.cancel()


def ok(body: bytes = PICTURE, *headers: str) -> list[bytes]:
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *headers]
    return ["\r\n".join(lines).encode() + b"\r\n\r\n", body]


def moved(to: str, status: int = 302) -> list[bytes]:
    return [f"HTTP/1.1 {status} Moved\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n".encode()]


def names(**addresses: str | list[str]) -> Callable[[str, int], Awaitable[Sequence[str]]]:
    """A resolver that knows these names (``_`` stands for ``.``) and each literal address, and counts nothing twice."""

    async def resolver(host: str, port: int) -> Sequence[str]:
        with contextlib.suppress(ValueError):
            return [str(ipaddress.ip_address(host))]
        found = addresses.get(host.replace(".", "_"))
        if found is None:
            raise OSError("no such name")
        return [found] if isinstance(found, str) else found

    return resolver


async def get(url: str, **changes: object) -> bytes:
    options = {"max_bytes": 10_000, "timeout_s": 5.0, "allow_private": True, **changes}
    return await fetch(url, **options)  # type: ignore[arg-type]


async def test_fetches_what_is_there() -> None:
    async with serving({"/me.png?x=1": ok()}) as server:
        assert await get(f"http://127.0.0.1:{server.port}/me.png?x=1#top") == PICTURE
    assert "GET /me.png?x=1 HTTP/1.1" in server.seen[0]


async def test_connects_to_the_address_that_was_checked_and_keeps_the_name() -> None:
    async with serving({"/a": ok()}) as server:
        answers = iter(["127.0.0.1", "192.0.2.1", "192.0.2.1"])

        async def rebinding(host: str, port: int) -> Sequence[str]:
            assert host == "faces.test"
            return [next(answers)]

        assert await get(f"http://faces.test:{server.port}/a", resolver=rebinding) == PICTURE
        assert f"\r\nHost: faces.test:{server.port}\r\n" in server.seen[0]
        assert next(answers) == "192.0.2.1"


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A folder with cert.pem and key.pem for faces.test."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl here to make a certificate")
    command = "openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=faces.test"
    subprocess.run([*command.split(), "-addext", "subjectAltName=DNS:faces.test"], cwd=tmp_path, check=True, capture_output=True)
    return tmp_path


async def test_tls_is_checked_against_the_name(certificate: Path) -> None:
    server_side = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server_side.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    trust = ssl.create_default_context(cafile=str(certificate / "cert.pem"))
    resolver = names(faces_test="127.0.0.1", other_test="127.0.0.1")
    async with serving({"/a": ok()}, server_side) as server:
        assert await get(f"https://faces.test:{server.port}/a", resolver=resolver, tls=trust) == PICTURE
    async with serving({"/a": ok()}, server_side) as server:
        with pytest.raises(FetchFailed, match="cannot be reached"):
            await get(f"https://other.test:{server.port}/a", resolver=resolver, tls=trust)
        assert server.seen == []


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f000001",
        "127.1",
        "0x7f.1",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fe80::1]",
        "[fd00::1]",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "127。0。0。1",
    ],
)
async def test_private_addresses_are_forbidden_however_they_are_written(host: str) -> None:
    async with serving({"/": ok()}) as server:
        with pytest.raises((Forbidden, FetchFailed)) as caught:
            await get(f"http://{host}:{server.port}/", allow_private=False)
        assert server.seen == []
    # Where the system's resolver does not know the spelling there is no address, which is as good; none may connect.
    assert isinstance(caught.value, Forbidden) or "no address" in caught.value.detail or "valid URL" in caught.value.detail


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["93.184.216.34", "10.0.0.1"], ["::ffff:192.168.1.1"]])
async def test_a_name_with_a_private_address_is_forbidden(addresses: list[str]) -> None:
    with pytest.raises(Forbidden) as caught:
        await get("http://faces.test/a", allow_private=False, resolver=names(faces_test=addresses))
    assert (caught.value.status, caught.value.extra["field"]) == (403, "avatar")


async def test_redirects_are_followed_and_each_is_checked() -> None:
    """The first hop is let through by a resolver that lies once: only the check of the second can refuse."""
    async with serving({"/a": moved("/b"), "/b": moved("c", 307), "/c": ok()}) as server:
        assert await get(f"http://127.0.0.1:{server.port}/a") == PICTURE
        assert [head.split(" ")[1] for head in server.seen] == ["/a", "/b", "/c"]


async def test_a_redirect_into_the_private_network_is_forbidden(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving({"/a": moved("http://inside.test/secret"), "/secret": ok()}) as server:
        # The test's server plays the public internet; everything else on loopback stays private.
        monkeypatch.setattr("comps.media.fetch.is_public", lambda address: str(address) == "127.0.0.1")
        resolver = names(public_test="127.0.0.1", inside_test="127.0.0.2")
        with pytest.raises(Forbidden):
            await get(f"http://public.test:{server.port}/a", allow_private=False, resolver=resolver)
        assert len(server.seen) == 1


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "http://u:p@127.0.0.1/"])
async def test_redirects_to_other_schemes_are_forbidden(target: str) -> None:
    async with serving({"/a": moved(target)}) as server:
        with pytest.raises(Forbidden):
            await get(f"http://127.0.0.1:{server.port}/a")


async def test_endless_redirects_end() -> None:
    async with serving({"/a": moved("/a")}) as server:
        with pytest.raises(FetchFailed, match="redirects more than 3 times"):
            await get(f"http://127.0.0.1:{server.port}/a")
        assert len(server.seen) == 4


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://a.test/x", "data:image/png;base64,AA", "//a.test/x", "a.jpg", "", "http://"]
)
async def test_only_http(url: str) -> None:
    with pytest.raises((Forbidden, FetchFailed)):
        await get(url, resolver=names())


@pytest.mark.parametrize("url", ["http://[::1", "http://a.test:99999/", "http://\x00/", "http://" + "a" * 70_000])
async def test_malformed_urls(url: str) -> None:
    with pytest.raises(FetchFailed):
        await get(url, resolver=names())


async def test_too_large_by_its_header() -> None:
    async with serving({"/a": [b"HTTP/1.1 200 OK\r\nContent-Length: 10001\r\n\r\n", b""]}) as server:
        with pytest.raises(TooLarge) as caught:
            await get(f"http://127.0.0.1:{server.port}/a")
    assert caught.value.extra["field"] == "avatar"


async def test_too_large_without_a_length() -> None:
    async with serving({"/a": [b"HTTP/1.1 200 OK\r\n\r\n", *[b"x" * 1000] * 11, b""]}) as server:
        with pytest.raises(TooLarge):
            await get(f"http://127.0.0.1:{server.port}/a")


async def test_just_as_large_as_allowed() -> None:
    async with serving({"/a": ok(b"x" * 10_000)}) as server:
        assert len(await get(f"http://127.0.0.1:{server.port}/a")) == 10_000


async def test_compressed_bodies_are_refused() -> None:
    async with serving({"/a": ok(b"\x1f\x8b...", "Content-Encoding: gzip")}) as server:
        with pytest.raises(FetchFailed, match="compressed"):
            await get(f"http://127.0.0.1:{server.port}/a")
        assert "Accept-Encoding: identity" in server.seen[0]


async def test_a_slow_server_is_given_up() -> None:
    async with serving({"/a": [b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", b"x", b""]}) as server:
        with pytest.raises(FetchFailed, match=r"longer than 0\.3 s"):
            await get(f"http://127.0.0.1:{server.port}/a", timeout_s=0.3)


@pytest.mark.parametrize("status", [404, 500, 204, 206])
async def test_an_answer_that_is_no_picture(status: int) -> None:
    async with serving({"/a": [f"HTTP/1.1 {status} Hm\r\nContent-Length: 0\r\n\r\n".encode()]}) as server:
        with pytest.raises(FetchFailed, match=str(status)) as caught:
            await get(f"http://127.0.0.1:{server.port}/a")
    assert (caught.value.status, caught.value.code, caught.value.extra["field"]) == (422, "fetch_failed", "avatar")


async def test_a_body_that_breaks_off() -> None:
    async with serving({"/a": [b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", b"half"]}) as server:
        with pytest.raises(FetchFailed, match="breaks off"):
            await get(f"http://127.0.0.1:{server.port}/a")


async def test_a_server_that_speaks_something_else() -> None:
    async with serving({"/a": [b"SSH-2.0-OpenSSH\r\n\r\n"]}) as server:
        with pytest.raises(FetchFailed, match="cannot be reached"):
            await get(f"http://127.0.0.1:{server.port}/a")


async def test_no_server_and_no_name() -> None:
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = listener.extra(anyio.abc.SocketAttribute.local_port)
    await listener.aclose()
    with pytest.raises(FetchFailed, match="cannot be reached"):
        await get(f"http://127.0.0.1:{port}/a")
    with pytest.raises(FetchFailed, match="no address"):
        await get("http://nowhere.test/a", resolver=names())


async def test_the_second_address_is_tried_when_the_first_is_dead() -> None:
    async with serving({"/a": ok()}) as server:
        resolver = names(faces_test=["127.0.0.9", "127.0.0.1"])
        assert await get(f"http://faces.test:{server.port}/a", resolver=resolver) == PICTURE


async def test_no_proxy_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    async with serving({"/a": ok()}) as server:
        assert await get(f"http://127.0.0.1:{server.port}/a") == PICTURE


PUBLIC = ["8.8.8.8", "1.1.1.1", "2606:4700::1", "64:ff9b::808:808", "::ffff:8.8.8.8"]
PRIVATE = (
    "127.0.0.1 10.1.2.3 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 0.1.2.3 255.255.255.255",
    "240.0.0.1 224.0.0.1 239.1.1.1 192.0.0.1 192.0.2.1 198.18.0.1 198.51.100.1 203.0.113.1 192.88.99.1 ::1 ::",
    "::ffff:127.0.0.1 ::ffff:10.0.0.1 ::127.0.0.1 ::ffff:0:127.0.0.1 64:ff9b::7f00:1 64:ff9b::a00:1 64:ff9b:1::1 2002:7f00:1::1",
    "2002:808:808::1 2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2 fe80::1 fe80::1%eth0 fc00::1 fd00::1 fec0::1 ff02::1",
    "2001:db8::1 100::1 3fff::1",
)


async def test_is_public() -> None:
    assert [address for address in PUBLIC if not is_public(ipaddress.ip_address(address))] == []
    assert [address for line in PRIVATE for address in line.split() if is_public(ipaddress.ip_address(address))] == []
