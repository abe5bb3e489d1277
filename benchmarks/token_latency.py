"""A language model's answer streamed through a megaservice to 64 clients at once: time to its first byte, beside the model's own.

``scripts/bench token_latency``
"""

from __future__ import annotations

import asyncio
import time
from contextlib import ExitStack
from multiprocessing.connection import Connection
from typing import Any

import aiohttp
import numpy as np
from fastapi import Request

from benchmarks import llm_stand_in
from benchmarks.chain import started
from benchmarks.machine import machine
from comps import MicroService, ServiceOrchestrator, ServiceRoleType, ServiceType
from comps.cores.proto.docarray import LLMParams

CLIENTS, ROUNDS = 64, 5
PATH = "/v1/chat/completions"
QUESTION = {"messages": [{"role": "user", "content": "One sentence, please."}], "stream": True}


def model(ports: Connection) -> None:
    service = MicroService("llm stand-in", host="127.0.0.1", port=0)
    service.add_route(PATH, llm_stand_in.chat)
    ports.send(service.port)
    service.start()


def megaservice(ports: Connection, port: int) -> None:
    """By OPEA's recipe, its one node the model."""
    mega = ServiceOrchestrator()
    mega.add(MicroService.remote("llm", f"http://127.0.0.1:{port}", PATH, service_type=ServiceType.LLM))
    service = MicroService("mega", service_role=ServiceRoleType.MEGASERVICE, host="127.0.0.1", port=0)

    async def handler(request: Request) -> Any:
        results, _ = await mega.schedule(await request.json(), LLMParams(stream=True))
        return results["llm/MicroService"]

    service.add_route(PATH, handler)
    ports.send(service.port)
    service.start()


async def ask(session: aiohttp.ClientSession, port: int) -> tuple[float, float]:
    """Seconds to the first byte, and to the last."""
    began = time.perf_counter()
    async with session.post(f"http://127.0.0.1:{port}{PATH}", json=QUESTION) as response:
        response.raise_for_status()
        await response.content.readany()
        first = time.perf_counter() - began
        assert (await response.read()).rstrip().endswith(b"[DONE]")
    return first, time.perf_counter() - began


async def together(port: int) -> list[tuple[float, float]]:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        return await asyncio.gather(*(ask(session, port) for _ in range(CLIENTS)))


def main() -> None:
    print(machine())
    with ExitStack() as stack:
        _, own = stack.enter_context(started(model))
        _, mega = stack.enter_context(started(megaservice, own))
        asyncio.run(together(mega))
        seen: dict[str, list[tuple[float, float]]] = {"the model itself": [], "through the megaservice": []}
        for _ in range(ROUNDS):
            seen["the model itself"] += asyncio.run(together(own))
            seen["through the megaservice"] += asyncio.run(together(mega))
    firsts = {}
    for name, answers in seen.items():
        first, last = np.array(answers).T
        firsts[name] = np.percentile(first, [50, 95])
        p50, p95 = firsts[name]
        print(f"{CLIENTS} clients, {name:23}: first byte p50 {p50:.3f}, p95 {p95:.3f} s, last p50 {np.median(last):.2f} s")
    later = firsts["through the megaservice"] - firsts["the model itself"]
    print(f"later by p50 {later[0]:.3f}, p95 {later[1]:.3f} s (at most 0.1)")


if __name__ == "__main__":
    main()
