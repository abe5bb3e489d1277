"""What will look wrong with a face: the report of ``POST …/avatars/check``, made here without a mesh."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table

from comps.cores.common.settings import DescribeSettings
from comps.cores.errors import Problem
from comps.cores.proto.face_report import FaceReport
from comps.describe.engines.draft import DraftEngine

_STYLES = {"error": "bold red", "warning": "yellow", "note": "dim"}


def examine_face(path: Path, out: Console) -> bool:
    """Print the report on a picture or clip; whether its face can be used."""
    logging.disable(logging.INFO)
    try:
        media = path.read_bytes()
        with _quiet():
            report = asyncio.run(_report(media))
    except (Problem, OSError) as error:
        told = error.detail if isinstance(error, Problem) else error.strerror
        out.print(f"{path}: {told}", highlight=False, soft_wrap=True, markup=False)
        return False
    if report.findings:
        table = Table("finding", "", "what was seen", "what to change")
        for found in report.findings:
            style = _STYLES[found.severity]
            table.add_row(found.code, f"[{style}]{found.severity}[/]", found.detail, found.advice)
        out.print(table)
    word = "can be used" if report.usable else "cannot be used"
    out.print(f"{path}: {word}, score {report.score:.2f} of 1", highlight=False, soft_wrap=True, markup=False)
    return report.usable


@contextmanager
def _quiet() -> Iterator[None]:
    """MediaPipe's native code writes its start-up lines to file descriptor 2, whatever its log level says."""
    sys.stderr.flush()
    kept = os.dup(2)
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


async def _report(media: bytes) -> FaceReport:
    engine = DraftEngine(DescribeSettings())
    try:
        return await engine.check(media)
    finally:
        await engine.stop()
