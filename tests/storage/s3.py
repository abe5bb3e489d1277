"""An S3 server (moto) that is talked to over HTTP, as a cluster's is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from moto.server import ThreadedMotoServer

BUCKET = "avatars"


@contextmanager
def s3_server(host: str = "127.0.0.1") -> Iterator[str]:
    """Its address; it listens at ``host``, and has the bucket ``BUCKET``."""
    server = ThreadedMotoServer(ip_address=host, port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    httpx.put(f"http://{host}:{port}/{BUCKET}", trust_env=False).raise_for_status()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()
