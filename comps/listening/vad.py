"""Voice activity: Silero VAD (Silero Team, MIT) on onnxruntime. Runs only inside worker processes."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from comps.cores.onnx import InferenceSession, session
from comps.models.folder import model_folder

RATE = 16_000
#: Samples of a window: 32 ms.
WINDOW = 512
#: The last samples of the window before, which the model sees too.
_CONTEXT = 64
MODEL = "silero-vad"
_FILE = "silero_vad_16k_op15.onnx"


class Vad:
    """Of one microphone: it remembers what it heard. Raises FileNotFoundError where the model has not been prepared."""

    def __init__(self) -> None:
        self._session = _session()
        self._context = np.zeros(_CONTEXT, np.float32)
        self._state = np.zeros((2, 1, 128), np.float32)

    def probability(self, window: NDArray[np.int16]) -> float:
        """Of speech, 0 … 1, in the next ``WINDOW`` samples: int16 [512] at 16 kHz."""
        sound = np.concatenate([self._context, window.astype(np.float32) / 32768])
        self._context = sound[-_CONTEXT:]
        inputs = {"input": sound[None], "state": self._state, "sr": np.array(RATE, np.int64)}
        probability, self._state = self._session.run(None, inputs)
        return float(probability[0, 0])


@functools.cache
def _session() -> InferenceSession:
    """One for all microphones of a process: it keeps nothing between two windows."""
    folder = model_folder(MODEL)
    if folder is None:
        raise FileNotFoundError(f"the model {MODEL} has not been prepared")
    return session(folder / _FILE)
