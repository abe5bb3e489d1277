"""Report what will look wrong with a face, as ``POST …/avatars/check`` does, without a mesh."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from rich.console import Console
from rich.table import Table

from comps.cores.common.settings import DescribeSettings
from comps.cores.errors import Problem
from comps.cores.proto.face_report import FaceReport
from comps.describe.engines.draft import DraftEngine

_STYLES = {"error": "bold red", "warning": "yellow", "note": "dim"}


def examine_face(path: Path, out: Console) -> bool:
    """Print the report on a picture or clip. Returns whether its face can be used."""
    # Silence asyncio, which warns of a child process that the worker pool has already waited for.
    logging.getLogger("asyncio").setLevel(logging.ERROR)
    try:
        media = path.read_bytes()
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


async def _report(media: bytes) -> FaceReport:
    engine = DraftEngine(DescribeSettings())
    try:
        return await engine.check(media)
    finally:
        await engine.stop()
