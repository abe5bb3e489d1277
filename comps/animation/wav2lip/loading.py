"""A checkpoint of Wav2Lip → the generator on a device."""

from __future__ import annotations

from pathlib import Path

from comps.animation.folded import folded
from comps.animation.wav2lip.network import MouthNetwork
from comps.cores.devices import Device


def load(checkpoint: Path, device: Device, cache: Path | None = None) -> MouthNetwork:
    """The generator of ``checkpoint``, ready to draw. ``cache``: a folder for folded weights, which load faster.

    Blocks for seconds. Raises UnusableCheckpoint where the file is not Wav2Lip's in one of the formats of ``checkpoint.read``.
    """
    weights = folded(checkpoint, "wav2lip", cache)
    if device.runtime == "openvino":
        from comps.animation.wav2lip.openvino_network import OpenvinoNetwork  # noqa: PLC0415 - an extra

        return OpenvinoNetwork(weights, device)
    from comps.animation.wav2lip.torch_network import TorchNetwork  # noqa: PLC0415 - an extra

    return TorchNetwork(weights, device)
