"""The fast forms of the generator draw what its plain form draws."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("openvino")

from benchmarks.plain import seeded  # noqa: E402
from benchmarks.plain.wav2lip import lower_halves  # noqa: E402
from comps.animation.wav2lip import calibration  # noqa: E402
from comps.animation.wav2lip.layout import OFFICIAL, Generator  # noqa: E402
from comps.animation.wav2lip.loading import load  # noqa: E402
from comps.animation.wav2lip.network import MouthNetwork  # noqa: E402
from comps.animation.wav2lip.rows import plan  # noqa: E402
from comps.cores.devices import Device  # noqa: E402

#: Frames of three faces, as of three sessions; and of one, as of a still picture.
SEVERAL, STILL = np.array([0, 1, 2, 0, 1]), np.zeros(5, np.int64)


@pytest.fixture(scope="module", params=[1, 4], ids=["official width", "a quarter"])
def checkpoint(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    network = seeded.wav2lip(request.param)
    return network, seeded.save_safetensors(network, tmp_path_factory.mktemp("wav2lip") / "seeded.safetensors")


def _drawn(network: MouthNetwork, which: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    faces = [network.face(crop) for crop in seeded.faces(3)]
    return network.mouths([faces[at] for at in which], seeded.mels(len(which)))


@pytest.mark.parametrize("which", [SEVERAL, STILL], ids=["several faces", "a still face"])
@pytest.mark.parametrize("runtime", ["torch", "openvino"])
def test_f32_is_the_plain_networks(checkpoint: tuple[Any, Path], runtime: Any, which: Any) -> None:
    plain, path = checkpoint
    expected = lower_halves(plain, seeded.faces(3)[which], seeded.mels(len(which)))
    drawn = _drawn(load(path, Device("cpu", runtime, "f32", 1)), which)
    assert drawn.shape == expected.shape
    assert drawn.dtype == np.float32
    assert np.abs(drawn - expected).max() <= 1e-4


@pytest.mark.parametrize("runtime", ["torch", "openvino"])
def test_bf16_is_near(checkpoint: tuple[Any, Path], runtime: Any) -> None:
    plain, path = checkpoint
    expected = lower_halves(plain, seeded.faces(3)[SEVERAL], seeded.mels(len(SEVERAL)))
    drawn = _drawn(load(path, Device("cpu", runtime, "bf16", 1)), SEVERAL)
    assert np.abs(drawn - expected).mean() <= 5e-3


@pytest.mark.parametrize("runtime", ["torch", "openvino"])
def test_a_frame_does_not_depend_on_its_company(checkpoint: tuple[Any, Path], runtime: Any) -> None:
    """Chunks are drawn again after a failure, in other batches, and must come out the same."""
    network = load(checkpoint[1], Device("cpu", runtime, "f32", 1))
    face, other = (network.face(crop) for crop in seeded.faces(2))
    mels = seeded.mels(3)
    together = network.mouths([face, other, face], mels)
    alone = network.mouths([face], mels[2:])
    assert np.abs(together[2] - alone[0]).max() <= 1e-5


def test_no_frames_is_no_mistake(checkpoint: tuple[Any, Path]) -> None:
    for runtime in ("torch", "openvino"):
        network = load(checkpoint[1], Device("cpu", runtime, "f32", 1))  # type: ignore[arg-type]
        assert network.mouths([], seeded.mels(0)).shape == (0, 3, 48, 96)


def test_only_rows_that_are_needed_are_computed() -> None:
    assert [rows.first for rows in plan(Generator(OFFICIAL))] == [0, 0, 1, 4, 10, 22, 47]


def test_the_process_that_draws_by_openvino_never_imports_torch(checkpoint: tuple[Any, Path], tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from comps.animation.wav2lip.loading import load; "
        "from comps.cores.devices import Device; "
        "load(Path(sys.argv[1]), Device('cpu', 'openvino', 'f32', 1), Path(sys.argv[2])); "
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program, str(checkpoint[1]), str(tmp_path)], check=True)


def test_int8_is_near_and_is_int8(checkpoint: tuple[Any, Path]) -> None:
    plain, path = checkpoint
    expected = lower_halves(plain, seeded.faces(3)[SEVERAL], seeded.mels(len(SEVERAL)))
    network = load(path, Device("cpu", "openvino", "int8", 1))
    # Ranges are measured on faces and speech; this network of random weights has only seen noise, and uses a part of them.
    assert np.abs(_drawn(network, SEVERAL) - expected).mean() <= 2e-2
    computed = network.computed()  # type: ignore[attr-defined]
    assert computed.count("u8") == sum(len(stage) for stage in Generator(OFFICIAL).decoder) + 1, "all but the last layer"


def test_the_mouth_moves_in_int8_as_it_does_in_f32() -> None:
    """A network that was trained has activations far beyond their deviations: cut off, they hold the mouth still."""
    path = Path(__file__).parent / "quarter.safetensors"
    if not path.exists():
        pytest.skip(f"{path} is not here: scripts/train_wav2lip makes it")
    moved = []
    for dtype in ("f32", "int8"):
        network = load(path, Device("cpu", "openvino", dtype, 1))  # type: ignore[arg-type]
        # Not what the ranges were measured on.
        mels = calibration.mels()[:, ::-1] * 0.9
        drawn = network.mouths([network.face(calibration.faces()[0][:, ::-1])] * len(mels), mels)
        moved.append(drawn - drawn.mean(axis=0))
    assert 0.9 < (moved[0] * moved[1]).sum() / (moved[0] ** 2).sum() < 1.1
