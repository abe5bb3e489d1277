"""The steps of the network in order, by the operations of any back end: at once, or as a graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, TypeVar

from comps.animation.gfpgan.layout import Step, Steps
from comps.animation.gfpgan.windows import Window, need

Array = TypeVar("Array")
Slices = tuple[slice, slice]


class Operations(Protocol[Array]):
    """What a back end computes with. Maps are [n, channels, rows, columns], vectors [n, length]."""

    def cropped(self, x: Array, at: Slices) -> Array:
        """Rows and columns of a map."""

    def run(self, step: Step, inputs: list[Array], padding: Window, at: Slices) -> Array:
        """A step that is none of the network's inputs. ``padding``: zeros around the first input left, above, right and below.

        ``at``: rows and columns of ``double`` that are wanted, of the first input that ``patch`` replaces, of the whole map that
        any other step makes.
        """


def evaluate(
    steps: Steps, windows: Mapping[int, Window], box: Window, operations: Operations[Array], given: Mapping[str, Array]
) -> Array:
    """What the last step gives. ``windows``: of ``windows.plan`` for ``box``; ``given``: the network's inputs by their kind."""
    last_use = {source: at for at in sorted(windows) for source in steps[at].inputs}
    made: dict[int, Array] = {}
    for at in sorted(windows):
        step, window = steps[at], windows[at]
        if step.kind in given:
            made[at] = given[step.kind]
            continue
        needed = [need(step, which, steps[source].size, window, box) for which, source in enumerate(step.inputs)]
        inputs = [
            made[source] if windows[source] == part else operations.cropped(made[source], windows[source].slices(part))
            for source, part in zip(step.inputs, needed, strict=True)
        ]
        padding = Window.whole(0)
        if step.reach:
            wanted, there = window.grown(step.reach), needed[0]
            padding = Window(there.x0 - wanted.x0, there.y0 - wanted.y0, wanted.x1 - there.x1, wanted.y1 - there.y1)
        made[at] = operations.run(step, inputs, padding, _place(step, window, needed))
        for source in step.inputs:
            if last_use[source] == at:
                made.pop(source, None)
    return made[len(steps) - 1]


def _place(step: Step, window: Window, needed: list[Window]) -> Slices:
    """``at`` of ``Operations.run``."""
    if step.kind == "double":
        return needed[0].doubled().slices(window)
    return Window.whole(step.size).slices(needed[1] if step.kind == "patch" else window)
