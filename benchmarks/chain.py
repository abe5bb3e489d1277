"""Four echo services in a chain, each a process: what the megaservice itself costs, beside an ASGI app that only passes bytes on.

``scripts/bench chain [requests]``
"""

from __future__ import annotations

import asyncio
import itertools
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import numpy as np
import uvicorn
import uvloop
from fastapi import Request, Response

from benchmarks.machine import machine
from comps import MicroService, ServiceOrchestrator, ServiceRoleType, ServiceType

HOPS = 4
SIZES = {"small": 100, "1 MiB": 1 << 20}
CLIENTS = (1, 16, 64)
ROUNDS = 4
_CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
_spawn = multiprocessing.get_context("spawn")


def echo(ports: Connection) -> None:
    service = MicroService("echo", host="127.0.0.1", port=0)

    async def handler(request: Request) -> Response:
        return Response(await request.body(), media_type="application/json")

    service.add_route("/echo", handler, response_model=None)
    ports.send(service.port)
    service.start()


def megaservice(ports: Connection, backends: list[int]) -> None:
    """By OPEA's recipe."""
    mega = ServiceOrchestrator()
    nodes = [
        MicroService.remote(f"echo{k}", f"http://127.0.0.1:{port}", "/echo", service_type=ServiceType.UNDEFINED)
        for k, port in enumerate(backends)
    ]
    for node in nodes:
        mega.add(node)
    for first, second in itertools.pairwise(nodes):
        mega.flow_to(first, second)
    service = MicroService("mega", service_role=ServiceRoleType.MEGASERVICE, host="127.0.0.1", port=0)

    async def handler(request: Request) -> Any:
        results, graph = await mega.schedule(await request.json())
        return results[graph.all_leaves()[-1]]

    service.add_route("/ask", handler)
    ports.send(service.port)
    service.start()


def passthrough(ports: Connection, backends: list[int]) -> None:
    """The least that could be done: bytes from one service to the next."""
    session: list[aiohttp.ClientSession] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        if not session:
            session.append(aiohttp.ClientSession())
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        for port in backends:
            async with session[0].post(f"http://127.0.0.1:{port}/echo", data=body) as response:
                body = await response.read()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": body})

    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, access_log=False, lifespan="off")
    bound = config.bind_socket()
    ports.send(bound.getsockname()[1])
    uvloop.run(uvicorn.Server(config).serve(sockets=[bound]))


@contextmanager
def started(target: Any, *arguments: Any) -> Iterator[tuple[int, int]]:
    """Its pid and its port."""
    ours, theirs = _spawn.Pipe()
    process = _spawn.Process(target=target, args=(theirs, *arguments), daemon=True)
    process.start()
    try:
        yield process.pid or 0, int(ours.recv())
    finally:
        process.terminate()
        process.join()


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _CLOCK_TICKS


def rss_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmHWM"))) / 1000


async def load(port: int, body: bytes, clients: int, requests: int) -> tuple[list[float], int]:
    """Seconds of each request, and how many failed."""
    seconds: list[float] = []
    failed = 0
    left = iter(range(requests))
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def client() -> None:
            nonlocal failed
            for _ in left:
                began = time.perf_counter()
                async with session.post(f"http://127.0.0.1:{port}/ask", data=body) as response:
                    answer = await response.read()
                    failed += response.status != httpx.codes.OK or len(answer) != len(body)
                seconds.append(time.perf_counter() - began)

        await asyncio.gather(*(client() for _ in range(clients)))
    return seconds, failed


@dataclass
class Cost:
    """Of one front with one size of body and one number of clients. The fronts take turns, so that both meet the same machine."""

    seconds: list[float] = field(default_factory=list)
    wall: float = 0.0
    cpu: float = 0.0
    failed: int = 0

    @property
    def cpu_ms(self) -> float:
        return 1000 * self.cpu / len(self.seconds)

    def measure(self, pid: int, port: int, body: bytes, clients: int, requests: int) -> None:
        asyncio.run(load(port, body, clients, clients))
        before, began = cpu_s(pid), time.perf_counter()
        seconds, failed = asyncio.run(load(port, body, clients, requests))
        self.wall += time.perf_counter() - began
        self.cpu += cpu_s(pid) - before
        self.seconds += seconds
        self.failed += failed


def main() -> None:
    print(machine())
    requests = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    failed = total = 0
    with ExitStack() as stack:
        backends = [stack.enter_context(started(echo))[1] for _ in range(HOPS)]
        fronts = {"megaservice": stack.enter_context(started(megaservice, backends))}
        fronts["pass-through"] = stack.enter_context(started(passthrough, backends))
        for size, length in SIZES.items():
            body = b'{"text":"' + b"a" * length + b'"}'
            for clients in CLIENTS:
                count = requests // 3 if size == "small" else requests // 10
                costs = {name: Cost() for name in fronts}
                for _ in range(ROUNDS):
                    for name, (pid, port) in fronts.items():
                        costs[name].measure(pid, port, body, clients, max(clients, count // ROUNDS))
                for name, cost in costs.items():
                    p50, p95 = np.percentile(cost.seconds, [50, 95])
                    print(
                        f"{size:>6}, {clients:2} clients, {name:12}: p50 {1000 * p50:.1f}, p95 {1000 * p95:.1f} ms, "
                        f"{len(cost.seconds) / cost.wall:.0f} requests/s, CPU {cost.cpu_ms:.2f} ms a request, "
                        f"RSS at most {rss_mb(fronts[name][0]):.0f} MB",
                        flush=True,
                    )
                mega = costs["megaservice"]
                failed, total = failed + mega.failed, total + len(mega.seconds)
                print(f"        CPU of the megaservice: {mega.cpu_ms / costs['pass-through'].cpu_ms:.2f} × the pass-through's")
    print(f"{failed} of {total} requests failed")


if __name__ == "__main__":
    main()
