"""Draws frames: a pure function of the rig and the frame's state, the same bytes in every process."""

from __future__ import annotations

from collections.abc import Callable

from comps.animation.warp import clip
from comps.animation.warp.geometry import Pixels
from comps.animation.warp.planes import Planes
from comps.animation.warp.rig import Rig
from comps.animation.warp.speaking import Speaking
from comps.animation.warp.state import FrameState
from comps.animation.warp.swaying import Swaying

#: Draws a mouth into the face layer of the rig's still with this number; how much of it shows, 0 … 1.
DrawMouth = Callable[[Planes, int, float], None]


class Renderer:
    """Draws the frames of one rig. Keeps no memory of earlier frames."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self._speaking = [Speaking(still.speech) for still in rig.stills]
        self._swaying = Swaying(rig.sway, rig.size) if rig.sway is not None else None

    def frame(self, state: FrameState, draw_mouth: DrawMouth | None = None) -> Pixels:
        """One frame: I420, BT.601 limited range, uint8 ``[size * 3 / 2, size]``. ``draw_mouth``: in place of warp's own mouth."""
        rig, which = self._rig, self.still(state)
        still = rig.stills[which]
        face = still.face.layer()
        activity = self.activity(state)
        if draw_mouth is None:
            self._speaking[which].draw(face, state.mouth, activity)
        else:
            draw_mouth(face, which, activity)
        if rig.blink is not None:
            for box, patch in rig.blink.patches(state.blink):
                face.paste(patch, box)
        shown = face.frame()
        if self._swaying is not None:
            self._swaying.draw(shown, face, state.head)
        return shown.pixels

    def picture(self, still: int) -> Planes:
        """A still of the rig, at rest."""
        return self._rig.stills[still].face

    @property
    def is_clip(self) -> bool:
        return self._rig.kind == "clip"

    def activity(self, state: FrameState) -> float:
        """How much of a drawn mouth the frame shows, 0 … 1. A clip's own mouth moves by itself: it is never shown."""
        return state.activity if self._rig.kind == "picture" else 1.0

    def still(self, state: FrameState) -> int:
        """Which of the rig's stills the frame shows."""
        return clip.index(state.frame, len(self._rig.stills))
