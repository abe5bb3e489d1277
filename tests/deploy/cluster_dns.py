"""The test cluster's DNS, with what its own lacks: a headless Service is the addresses of its ready pods.

``python cluster_dns.py ADDRESS TOKEN``, in place of ``../shared/tools/cluster/kubedns.py``.
"""

from __future__ import annotations

import json
import ssl
import sys
import time
import urllib.request
from typing import Any

from dnslib import QTYPE, RCODE, RR, A
from dnslib.server import DNSServer

_API = "https://127.0.0.1:6443/api/v1"
_FRESH_S = 1.0


class Resolver:
    def __init__(self, token: str) -> None:
        self._headers = {"Authorization": f"Bearer {token}"}
        # The test cluster's certificate is its own.
        self._context = ssl._create_unverified_context()
        self._read_at = 0.0
        self._addresses: dict[str, list[str]] = {}

    def resolve(self, request: Any, _handler: Any) -> Any:
        reply, name = request.reply(), str(request.q.qname).lower()
        addresses = self._table().get(name)
        if addresses is None:
            reply.header.rcode = RCODE.NXDOMAIN
        elif request.q.qtype == QTYPE.A:
            for address in addresses:
                reply.add_answer(RR(name, QTYPE.A, rdata=A(address), ttl=1))
        return reply

    def _table(self) -> dict[str, list[str]]:
        if time.monotonic() - self._read_at > _FRESH_S:
            ready = {_name(found): _ready(found) for found in self._items("endpoints")}
            given = {_name(found): found["spec"].get("clusterIP") for found in self._items("services")}
            self._addresses = {name: ready.get(name, []) if address == "None" else [address] for name, address in given.items()}
            self._read_at = time.monotonic()
        return self._addresses

    def _items(self, kind: str) -> list[dict[str, Any]]:
        request = urllib.request.Request(f"{_API}/{kind}", headers=self._headers)
        with urllib.request.urlopen(request, context=self._context, timeout=3) as answer:
            found: list[dict[str, Any]] = json.load(answer)["items"]
            return found


def _name(found: dict[str, Any]) -> str:
    return f"{found['metadata']['name']}.{found['metadata']['namespace']}.svc.cluster.local."


def _ready(endpoints: dict[str, Any]) -> list[str]:
    return [address["ip"] for subset in endpoints.get("subsets") or [] for address in subset.get("addresses") or []]


if __name__ == "__main__":
    DNSServer(Resolver(sys.argv[2]), address=sys.argv[1], port=53).start()
