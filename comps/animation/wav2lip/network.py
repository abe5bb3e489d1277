"""What a back end of the generator does: what does not depend on the sound once, the lower half of the face for each frame."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class MouthNetwork(Protocol):
    """The generator, loaded on one device. Synchronous; used by one thread."""

    def face(self, crop: NDArray[np.uint8]) -> Any:
        """What depends on the face alone, opaque to the caller. ``crop``: uint8 BGR [96, 96, 3]."""

    def mouths(self, faces: Sequence[Any], mels: NDArray[np.float32]) -> NDArray[np.float32]:
        """Rows 48 … 95 of the generated faces: float32 BGR [n, 3, 48, 96], 0 … 1.

        ``faces``: one of ``face`` for each frame, the same object for frames of a still picture; frames of several avatars may
        come together. ``mels``: float32 [n, 80, 16], about -4 … 4.
        """
