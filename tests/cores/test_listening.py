"""Listening sockets: free ports that nobody else gets, and sockets that a supervisor hands over."""

from __future__ import annotations

import contextlib
import socket
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from comps import MicroService
from comps.cores.mega.listening import hand_over, listen
from tests.serving import serving

_HOST = "127.0.0.1"


def test_many_that_choose_a_free_port_at_once_get_one_each() -> None:
    with ThreadPoolExecutor(16) as threads, contextlib.ExitStack() as opened:
        sockets = list(threads.map(lambda _: opened.enter_context(listen(_HOST, 0)), range(200)))
        ports = {listening.getsockname()[1] for listening in sockets}
    assert len(ports) == 200


def test_a_port_that_is_listened_at_cannot_be_bound_again() -> None:
    with listen(_HOST, 0) as listening, socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with pytest.raises(OSError, match="in use"):
            other.bind(listening.getsockname())
        with pytest.raises(OSError, match="in use"):
            listen(*listening.getsockname())


def test_a_service_takes_the_socket_that_was_bound_for_it() -> None:
    listening = listen(_HOST, 0)
    port = listening.getsockname()[1]
    with pytest.raises(RuntimeError, match=f"port:{port}"):
        MicroService(name="early", host=_HOST, port=port)
    hand_over(listening.dup())
    service = MicroService(name="handed", host=_HOST, port=port)
    with serving(service):
        assert httpx.get(f"http://{_HOST}:{port}/health/live", trust_env=False).status_code == 200
    with pytest.raises(RuntimeError):
        MicroService(name="late", host=_HOST, port=port)
    listening.close()
    assert MicroService(name="free", host=_HOST, port=port).port == port
