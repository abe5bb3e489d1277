"""What is made of hibari's files once they are extracted."""

from __future__ import annotations

from pathlib import Path

from comps.models.onnx_outputs import with_output

#: The durations of the phonemes, in frames of 25 ms: inside the graph as it comes.
DURATIONS = "/Clip_output_0"


def finish(folder: Path) -> None:
    """Write ``hibari_timed.onnx``: the acoustic model with the phonemes' durations as its last output."""
    model = (folder / "hibari/assets/hibari.onnx").read_bytes()
    (folder / "hibari_timed.onnx").write_bytes(with_output(model, DURATIONS))
