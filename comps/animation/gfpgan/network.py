"""What a back end of the restorer does: whole faces, or a part of faces whose rest is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from comps.animation.gfpgan.windows import Window


class RestoringNetwork(Protocol):
    """The network, loaded on one device. Synchronous; used by one thread. Colours are RGB, about -1 … 1."""

    @property
    def sizes(self) -> tuple[int, ...]:
        """Batch sizes that the device has to prepare, and fills others up to; none where it takes any."""

    def still(self, face: NDArray[np.float32]) -> Any:
        """What ``part`` needs of a face at rest, opaque to the caller. ``face``: float32 [3, 512, 512]."""

    def whole(self, faces: NDArray[np.float32]) -> NDArray[np.float32]:
        """Restored faces: float32 [n, 3, 512, 512] of as many."""

    def part(self, faces: NDArray[np.float32], stills: Sequence[Any], box: Window) -> NDArray[np.float32]:
        """The box of the restored faces: float32 [n, 3, h, w], the same values as ``whole`` has there.

        ``faces`` differ only within the box from those at rest, one of ``stills`` (of ``still``) for each.
        """
