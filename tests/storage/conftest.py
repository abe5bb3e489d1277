"""Every test of what is kept runs on each database and each store that it may be kept in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import fsspec.config
import pytest

from tests.storage import postgres
from tests.storage.s3 import BUCKET, s3_server


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Postgres]:
    if postgres.binaries() is None:
        pytest.skip("PostgreSQL is not installed (requirements/debian-dev.txt)")
    with postgres.running() as server:
        yield server


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path}/data/db.sqlite"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """Of an empty database."""
    if request.param == "sqlite":
        found: str = request.getfixturevalue("sqlite_url")
        return found
    server: postgres.Postgres = request.getfixturevalue("postgres_server")
    return server.database()


@pytest.fixture(scope="session")
def s3_bucket() -> Iterator[str]:
    """A bucket, found as ``FSSPEC_S3_…`` in the environment would say."""
    before = dict(fsspec.config.conf)
    with s3_server() as endpoint:
        fsspec.config.conf["s3"] = {"endpoint_url": endpoint, "key": "test", "secret": "test"}
        try:
            yield BUCKET
        finally:
            fsspec.config.conf.clear()
            fsspec.config.conf.update(before)
