"""Microservices served in threads of the test process, on loopback ports of their own."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from comps import MicroService


@contextmanager
def serving(*services: MicroService) -> Iterator[None]:
    """All of ``services`` answer inside, and have stopped after."""
    threads = [threading.Thread(target=service.start, daemon=True) for service in services]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 20
    while not all(service.server.started for service in services):
        assert time.monotonic() < deadline, "a service did not start"
        time.sleep(0.01)
    try:
        yield
    finally:
        for service in services:
            service.stop()
        for thread in threads:
            thread.join(15)
            assert not thread.is_alive(), "a service did not stop"
