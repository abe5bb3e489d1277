"""How the channels of a recording become one, where their mean would take out what they say.

A channel that was recorded with its wires crossed (antiphase) is the other's opposite: their mean is silence.
"""

from __future__ import annotations

from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

#: Two channels whose correlation is below this are opposites. Those of a wide stereo picture are above −0.3.
_OPPOSITE = -0.5
#: Low-frequency effects: no voice is there.
_EFFECTS = "LFE"


class Polarity:
    """Listens to the frames of a track, and tells which channels are opposites of the loudest."""

    def __init__(self) -> None:
        self._layout = ""
        #: Sums of products of channels, [k, k].
        self._products = np.zeros((0, 0))

    def heard(self, frame: Any) -> Any:
        """``frame``, an ``av.AudioFrame``. Of a track that changes its layout only the first counts."""
        self._layout = self._layout or frame.layout.name
        if frame.layout.nb_channels > 1 and frame.layout.name == self._layout:
            sound = planes(frame)
            if not len(self._products):
                self._products = np.zeros((len(sound), len(sound)))
            self._products += sound @ sound.T
        return frame

    def signs(self) -> NDArray[np.float32] | None:
        """float32 [k]: −1 for opposites, else 1; None where there are none."""
        energies = np.diag(self._products)
        if not len(energies) or not energies.max():
            return None
        loudest = int(energies.argmax())
        scale = np.sqrt(energies * energies[loudest])
        correlation = np.divide(self._products[loudest], scale, out=np.zeros(len(scale)), where=scale > 0)
        signs = np.where(correlation < _OPPOSITE, -1, 1).astype(np.float32)
        return signs if (signs < 0).any() else None


def planes(frame: Any) -> NDArray[np.float32]:
    """The frame's channels but for low-frequency effects: float32 [k, n], −1 … 1."""
    resampler = av.AudioResampler(format="fltp", layout=frame.layout.name, rate=frame.sample_rate)
    sound = np.concatenate([part.to_ndarray() for part in (*resampler.resample(frame), *resampler.resample(None))], axis=1)
    heard = [number for number, channel in enumerate(frame.layout.channels) if channel.name != _EFFECTS]
    return np.asarray(sound[heard], np.float32)


def mixed(frame: Any, signs: NDArray[np.float32]) -> Any:
    """A mono ``av.AudioFrame``: the mean of the channels, each with its sign. A frame of another layout stays as it is."""
    if frame.layout.nb_channels < 2 or len(sound := planes(frame)) != len(signs):
        return frame
    made = av.AudioFrame.from_ndarray(np.ascontiguousarray((signs @ sound / len(signs))[None, :]), format="fltp", layout="mono")
    made.sample_rate = frame.sample_rate
    return made
