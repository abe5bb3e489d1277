"""What Gaudi needs of our networks, on a stand-in that records it: none is at hand where this is tested."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("safetensors")

from benchmarks.plain import gfpgan, seeded  # noqa: E402
from benchmarks.plain.wav2lip import lower_halves  # noqa: E402
from comps.animation import torch_devices  # noqa: E402
from comps.animation.gfpgan.alignment import MOUTH  # noqa: E402
from comps.animation.gfpgan.loading import load as load_restorer  # noqa: E402
from comps.animation.torch_devices import BUCKETS, bucket, torch_device  # noqa: E402
from comps.animation.wav2lip.loading import load  # noqa: E402
from comps.cores.devices import Device  # noqa: E402

Shapes = tuple[tuple[int, ...], ...]


class Gaudi:
    """``habana_frameworks.torch`` on the processor: calls of wrapped graphs, with their inputs' shapes and types; marks."""

    def __init__(self) -> None:
        self.calls: list[tuple[Shapes, set[Any]]] = []
        self.marks = 0
        self.placed: list[str] = []

    def wrap_in_hpu_graph(self, module: Any) -> Callable[..., Any]:
        assert isinstance(module, torch.nn.Module)

        def replay(*inputs: Any) -> Any:
            self.calls.append((tuple(tuple(tensor.shape) for tensor in inputs), {tensor.dtype for tensor in inputs}))
            return module(*inputs)

        return replay

    def mark_step(self) -> None:
        self.marks += 1


@pytest.fixture
def gaudi(monkeypatch: pytest.MonkeyPatch) -> Gaudi:
    found = Gaudi()
    names = ["habana_frameworks", "habana_frameworks.torch", "habana_frameworks.torch.core", "habana_frameworks.torch.hpu"]
    modules = {name: ModuleType(name) for name in names}
    habana = modules["habana_frameworks.torch"]
    for name, module in modules.items():
        module.__path__ = []  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, name, module)
    habana.core, habana.hpu = modules[names[2]], modules[names[3]]  # type: ignore[attr-defined]
    habana.core.mark_step = found.mark_step
    habana.hpu.wrap_in_hpu_graph = found.wrap_in_hpu_graph

    def place(name: str) -> Any:
        found.placed.append(name)
        return torch.device("cpu")

    monkeypatch.setattr(torch_devices, "_place", place)
    return found


def test_gaudi_draws_in_fixed_shapes_marks_and_bf16(gaudi: Gaudi, tmp_path: Path) -> None:
    plain = seeded.wav2lip(4)
    path = seeded.save_safetensors(plain, tmp_path / "seeded.safetensors")
    network = load(path, Device("hpu", "torch", "bf16", 1))
    assert gaudi.placed == ["hpu"]
    warm = {shapes for shapes, _ in gaudi.calls}
    assert {shapes[0][0] for shapes in warm if shapes[0][1] == 1} == set(BUCKETS), "each batch size is drawn before it is needed"

    faces = [network.face(crop) for crop in seeded.faces(3)]
    which = np.arange(37) % 3
    crops, mels = seeded.faces(3), seeded.mels(37)
    gaudi.calls.clear()
    before = gaudi.marks
    for count in (1, 3, 5, 37):
        drawn = network.mouths([faces[at] for at in which[:count]], mels[:count])
        expected = lower_halves(plain, crops[which[:count]], mels[:count])
        assert drawn.shape == expected.shape
        assert np.abs(drawn - expected).mean() <= 2e-2, "bf16 throughout, the audio encoder too"
        still = network.mouths([faces[0]] * count, mels[:count])
        assert np.abs(still - lower_halves(plain, crops[[0] * count], mels[:count])).mean() <= 2e-2
    assert {shapes for shapes, _ in gaudi.calls} <= warm, "nothing is compiled anew for another number of frames"
    assert gaudi.marks - before == len(gaudi.calls) == 2 * (1 + 1 + 1 + 2)
    assert all(types == {torch.bfloat16} for _, types in gaudi.calls)


def test_gaudi_restores_in_fixed_shapes(gaudi: Gaudi, tmp_path: Path) -> None:
    plain = gfpgan.seeded(4)
    path = gfpgan.save_safetensors(plain, tmp_path / "seeded.safetensors")
    restorer = load_restorer(path, Device("hpu", "torch", "bf16", 1))
    assert restorer.warm_up() > 0
    warm = {shapes for shapes, _ in gaudi.calls}
    faces = gfpgan.faces(1)
    x0, y0, x1, y1 = MOUTH
    with torch.inference_mode():
        expected = gfpgan.pictures(plain(gfpgan.network_input(faces)))[:, y0:y1, x0:x1]
    gaudi.calls.clear()
    before = gaudi.marks
    for count in (1, 3):
        part = restorer.restore_part(faces.repeat(count, axis=0), faces, np.zeros(count, np.int64), MOUTH)
        assert np.abs(part.astype(int) - expected).mean() <= 2
    assert {shapes for shapes, _ in gaudi.calls} <= warm, "nothing is compiled anew for another number of mouths"
    assert [shapes[0][0] for shapes, _ in gaudi.calls] == [1, 1, 4], "the face at rest, and filled batches"
    assert gaudi.marks - before == len(gaudi.calls)
    assert all(types == {torch.bfloat16} for _, types in gaudi.calls)


@pytest.mark.parametrize(("count", "size"), [(1, 1), (2, 2), (3, 4), (9, 16), (32, 32)])
def test_buckets_hold_what_they_are_asked_for(count: int, size: int) -> None:
    assert bucket(count) == size


def test_processors_take_any_batch_and_record_nothing() -> None:
    on = torch_device(Device("cpu", "torch", "f32", 1))
    assert [on.batch(count) for count in (1, 3, 7)] == [1, 3, 7]
    assert on.sizes == ()
    assert on.program(len) is len
