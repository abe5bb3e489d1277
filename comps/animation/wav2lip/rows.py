"""Which rows each stage of the decoder has to compute so that the lower half of the face comes out exactly.

A 3 × 3 convolution reads one row above the first that is needed, and a transposed one of stride 2 reads row ⌊i / 2⌋ for row i.
So stage 6 of the decoder starts at row 22 of its 48, and the first two stages compute everything. A stage that starts inside the
picture pads its upper border with zeros; no row that is needed reads what comes of that.
"""

from __future__ import annotations

from dataclasses import dataclass

from comps.animation.wav2lip.jobs import FACE
from comps.animation.wav2lip.layout import Generator


@dataclass(frozen=True)
class StageRows:
    """Rows of one stage: ``first``, the first row that it reads of its own input, and of the face encoder's features beside it;
    ``skipped``, how many rows of what the stage before it computed lie above that."""

    first: int
    skipped: int


def plan(generator: Generator) -> tuple[StageRows, ...]:
    """For each of the decoder's stages after the first, and for the output block."""
    firsts = [FACE // 2 - 1]
    for stage in reversed(generator.decoder[1:]):
        needed = max(0, firsts[0] - (len(stage) - 1))
        doubles = stage[0].stride == (2, 2)
        firsts.insert(0, needed // 2 if doubles else 0)
    rows = [StageRows(firsts[0], 0)]
    for before, first, stage in zip(firsts[:-1], firsts[1:], generator.decoder[1:], strict=True):
        computed = 2 * before if stage[0].stride == (2, 2) else before
        rows.append(StageRows(first, first - computed))
    return tuple(rows)
