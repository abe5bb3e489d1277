"""The picture that settings name for requests which bring none."""

from __future__ import annotations

from pathlib import Path

from anyio import to_thread

from comps.cores.errors import NodeUnavailable


async def read(path: Path, *, setting: str, node: str) -> bytes:
    """The file's bytes. Raises NodeUnavailable, which names ``setting``: the request is right, the service is not."""
    try:
        return await to_thread.run_sync(path.read_bytes)
    except OSError as error:
        raise NodeUnavailable(f"the file that {setting} names cannot be read ({type(error).__name__})", node=node) from error
