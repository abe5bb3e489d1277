"""Which window of every map has to be computed for a part of the restored face."""

from __future__ import annotations

from typing import NamedTuple

from comps.animation.gfpgan.layout import SIZE, WHOLE, Step, Steps


class Window(NamedTuple):
    """Columns x0 … x1 and rows y0 … y1 of a map, the ends excluded."""

    x0: int
    y0: int
    x1: int
    y1: int

    @classmethod
    def whole(cls, size: int) -> Window:
        return cls(0, 0, size, size)

    def within(self, size: int) -> Window:
        """Without what lies beyond a map of ``size``."""
        return Window(max(self.x0, 0), max(self.y0, 0), min(self.x1, size), min(self.y1, size))

    def grown(self, by: int) -> Window:
        return Window(self.x0 - by, self.y0 - by, self.x1 + by, self.y1 + by)

    def halved(self) -> Window:
        """In a map of half the size, all that it touches."""
        return Window(self.x0 // 2, self.y0 // 2, -(-self.x1 // 2), -(-self.y1 // 2))

    def doubled(self) -> Window:
        return Window(*(2 * edge for edge in self))

    def union(self, other: Window) -> Window:
        x0, y0 = min(self.x0, other.x0), min(self.y0, other.y0)
        return Window(x0, y0, max(self.x1, other.x1), max(self.y1, other.y1))

    def slices(self, inner: Window) -> tuple[slice, slice]:
        """Rows and columns of ``inner`` in what this window shows."""
        return slice(inner.y0 - self.y0, inner.y1 - self.y0), slice(inner.x0 - self.x0, inner.x1 - self.x0)


def plan(steps: Steps, box: Window) -> dict[int, Window]:
    """The window of each step's map that the last step's ``box`` needs; vectors have empty ones. Steps not needed are absent.

    ``box`` is where the face differs from the face at rest, too.
    """
    needed = {len(steps) - 1: box}
    for at in range(len(steps) - 1, -1, -1):
        if at in needed:
            for which, source in enumerate(steps[at].inputs):
                window = need(steps[at], which, steps[source].size, needed[at], box)
                needed[source] = window.union(needed[source]) if source in needed else window
    return needed


def need(step: Step, which: int, size: int, window: Window, box: Window) -> Window:
    """The window of a step's input (of ``size``) that ``window`` of its output needs."""
    if not size:
        return Window.whole(0)
    if step.kind == "patch":
        return changed(box) if which else Window.whole(size)
    if step.kind == "latents":
        return Window.whole(size)
    if step.kind == "half":
        return window.doubled()
    if step.kind == "double":
        # A pixel is mixed of those of its half and the nearest beside it.
        return Window((window.x0 - 1) // 2, (window.y0 - 1) // 2, window.x1 // 2 + 1, window.y1 // 2 + 1).within(size)
    # What is added to a convolution, scales it, or shifts it is needed at the same place.
    return window if which else window.grown(step.reach).within(size)


def changed(box: Window) -> Window:
    """What a change of the face within ``box`` changes of its map of ``WHOLE`` side."""
    size = SIZE
    while size > WHOLE:
        size //= 2
        box = box.grown(1).halved().grown(1).within(size)
    return box
