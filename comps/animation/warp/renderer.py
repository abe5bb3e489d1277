"""Draws frames: a pure function of the rig and the frame's state, the same bytes in every process."""

from __future__ import annotations

from comps.animation.warp import clip
from comps.animation.warp.geometry import Pixels
from comps.animation.warp.rig import Rig
from comps.animation.warp.speaking import Speaking
from comps.animation.warp.state import FrameState
from comps.animation.warp.swaying import Swaying


class Renderer:
    """Draws the frames of one rig. Keeps no memory of earlier frames."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self._speaking = [Speaking(still.speech) for still in rig.stills]
        self._swaying = Swaying(rig.sway, rig.size) if rig.sway is not None else None

    def frame(self, state: FrameState) -> Pixels:
        """One frame: I420, BT.601 limited range, uint8 ``[size * 3 / 2, size]``."""
        rig = self._rig
        which = clip.index(state.frame, len(rig.stills))
        still = rig.stills[which]
        face = still.face.layer()
        # A clip's own mouth moves by itself: it is never shown.
        activity = state.activity if rig.kind == "picture" else 1.0
        self._speaking[which].draw(face, state.mouth, activity)
        if rig.blink is not None:
            for box, patch in rig.blink.patches(state.blink):
                face.paste(patch, box)
        shown = face.frame()
        if self._swaying is not None:
            self._swaying.draw(shown, face, state.head)
        return shown.pixels
