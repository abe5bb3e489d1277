"""A checkpoint of GFPGAN → the restorer on a device."""

from __future__ import annotations

from pathlib import Path

from comps.animation.folded import folded
from comps.animation.gfpgan.network import RestoringNetwork
from comps.animation.gfpgan.restorer import FaceRestorer
from comps.cores.devices import Device


def load(checkpoint: Path, device: Device, cache: Path | None = None) -> FaceRestorer:
    """The restorer of ``checkpoint``. ``cache``: a folder for folded weights, which load faster.

    Blocks for seconds. Raises UnusableCheckpoint where the file is not GFPGAN's in one of the formats of ``checkpoint.read``.
    """
    return FaceRestorer(network(checkpoint, device, cache))


def network(checkpoint: Path, device: Device, cache: Path | None = None) -> RestoringNetwork:
    """Its network. As ``load``."""
    weights = folded(checkpoint, "gfpgan", cache)
    if device.runtime == "openvino":
        from comps.animation.gfpgan.openvino_network import OpenvinoNetwork  # noqa: PLC0415 - an extra

        return OpenvinoNetwork(weights, device)
    from comps.animation.gfpgan.torch_network import TorchNetwork  # noqa: PLC0415 - an extra

    return TorchNetwork(weights, device)
