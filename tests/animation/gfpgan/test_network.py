"""The fast forms of the restorer give what its plain form gives, whole or in part."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("openvino")

from benchmarks.plain import gfpgan  # noqa: E402
from comps.animation.gfpgan.alignment import MOUTH  # noqa: E402
from comps.animation.gfpgan.layout import OFFICIAL, SIZE, Restorer  # noqa: E402
from comps.animation.gfpgan.loading import network  # noqa: E402
from comps.animation.gfpgan.network import RestoringNetwork  # noqa: E402
from comps.animation.gfpgan.windows import Window, plan  # noqa: E402
from comps.cores.devices import Device  # noqa: E402

#: Parts of the face: where mouths are, and such as touch the picture's edges.
BOXES = [Window(*MOUTH), Window(0, 0, 96, 64), Window(331, 250, 512, 512)]


class Seeded:
    """A checkpoint of random weights; two faces, the second of which is the first but within a box."""

    def __init__(self, divisor: int, folder: Path) -> None:
        self.plain = gfpgan.seeded(divisor)
        self.path = gfpgan.save_safetensors(self.plain, folder / f"seeded{divisor}.safetensors")
        self.rest, self.other = gfpgan.network_input(gfpgan.faces(2)).numpy()

    def speaking(self, box: Window) -> np.ndarray[Any, Any]:
        face = self.rest.copy()
        rows, columns = Window.whole(SIZE).slices(box)
        face[:, rows, columns] = self.other[:, rows, columns]
        return face

    def expected(self, faces: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        with torch.inference_mode():
            return np.asarray(self.plain(torch.from_numpy(faces)).numpy())


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Seeded:
    return Seeded(4, tmp_path_factory.mktemp("gfpgan"))


@pytest.fixture(scope="module", params=["torch", "openvino"])
def restoring(request: pytest.FixtureRequest, seeded: Seeded) -> RestoringNetwork:
    return network(seeded.path, Device("cpu", request.param, "f32", 1))


def test_f32_is_the_plain_networks(seeded: Seeded, restoring: RestoringNetwork) -> None:
    faces = np.stack([seeded.rest, seeded.other])
    expected, drawn = seeded.expected(faces), restoring.whole(faces)
    assert drawn.dtype == np.float32
    assert np.abs(drawn - expected).max() <= 1e-4
    assert np.abs(expected[0] - expected[1]).mean() > 1e-2


@pytest.mark.parametrize("box", BOXES)
def test_a_part_is_the_wholes(seeded: Seeded, restoring: RestoringNetwork, box: Window) -> None:
    faces = np.stack([seeded.speaking(box), seeded.rest])
    rows, columns = Window.whole(SIZE).slices(box)
    expected = seeded.expected(faces)[:, :, rows, columns]
    still = restoring.still(seeded.rest)
    drawn = restoring.part(faces, [still, still], box)
    assert drawn.shape == expected.shape
    assert np.abs(drawn - expected).max() <= 1e-4
    assert np.abs(expected[0] - expected[1]).mean() > 1e-2


def test_a_part_sees_a_change_anywhere_in_its_box(seeded: Seeded, restoring: RestoringNetwork) -> None:
    """The smallest change at the box's corner must reach the deepest maps as it does in the whole."""
    box = BOXES[0]
    face = seeded.rest.copy()
    face[:, box.y0, box.x0] *= -1
    face[:, box.y1 - 1, box.x1 - 1] *= -1
    rows, columns = Window.whole(SIZE).slices(box)
    drawn = restoring.part(face[None], [restoring.still(seeded.rest)], box)
    assert np.abs(drawn - seeded.expected(face[None])[:, :, rows, columns]).max() <= 1e-4


@pytest.mark.parametrize("runtime", ["torch", "openvino"])
def test_bf16_is_near(seeded: Seeded, runtime: Any) -> None:
    restoring = network(seeded.path, Device("cpu", runtime, "bf16", 1))
    rows, columns = Window.whole(SIZE).slices(BOXES[0])
    face = seeded.speaking(BOXES[0])[None]
    expected = seeded.expected(face)
    assert np.abs(restoring.whole(face) - expected).mean() <= 1e-2
    part = restoring.part(face, [restoring.still(seeded.rest)], BOXES[0])
    assert np.abs(part - expected[:, :, rows, columns]).mean() <= 1e-2


def test_no_faces_is_no_mistake(restoring: RestoringNetwork) -> None:
    none = np.zeros((0, 3, SIZE, SIZE), np.float32)
    assert restoring.whole(none).shape == (0, 3, SIZE, SIZE)
    assert restoring.part(none, [], BOXES[0]).shape == (0, 3, 224, 320)


def test_mouths_need_little_more_than_a_third_of_the_work() -> None:
    """Multiplications of the convolutions, of the part and of the whole."""
    layers = Restorer(OFFICIAL)
    shapes = layers.tensors()
    for name, (c_in, c_out) in layers.modulated.items():
        shapes[f"{name}.weight"] = (c_out, c_in, 1, 1) if "rgb" in name else (c_out, c_in, 3, 3)
    for level, channels in enumerate(layers.channels[1:]):
        shapes[f"condition.{level}.0.weight"] = (2 * channels, channels, 3, 3)

    def work(part: bool, box: Window) -> int:
        steps = layers.steps(part)
        return sum(
            (window.x1 - window.x0) * (window.y1 - window.y0) * int(np.prod(shapes[f"{steps[at].name}.weight"]))
            for at, window in plan(steps, box).items()
            if steps[at].kind in {"conv", "leaky", "residual", "generate"}
        )

    whole = work(False, Window.whole(SIZE))
    assert 2 * whole == pytest.approx(393e9, rel=0.01)
    assert work(True, BOXES[0]) < 0.37 * whole


def test_the_process_that_draws_by_openvino_never_imports_torch(seeded: Seeded, tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from comps.animation.gfpgan.loading import load; "
        "from comps.cores.devices import Device; "
        "load(Path(sys.argv[1]), Device('cpu', 'openvino', 'f32', 1), Path(sys.argv[2])); "
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program, str(seeded.path), str(tmp_path)], check=True)


@pytest.mark.slow
@pytest.mark.parametrize("runtime", ["torch", "openvino"])
def test_the_official_width_gives_the_plain_networks_pixels(tmp_path: Path, runtime: Any) -> None:
    seeded = Seeded(1, tmp_path)
    face = seeded.speaking(BOXES[0])[None]
    expected = seeded.expected(face)
    restoring = network(seeded.path, Device("cpu", runtime, "f32", 2))
    assert np.abs(restoring.whole(face) - expected).max() <= 1e-3
    rows, columns = Window.whole(SIZE).slices(BOXES[0])
    part = restoring.part(face, [restoring.still(seeded.rest)], BOXES[0])
    assert np.abs(part - expected[:, :, rows, columns]).max() <= 1e-3
