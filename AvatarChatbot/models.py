"""``avatarchatbot models``: prepare the models that the embedded engines use, and say which are there."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from comps.models.catalogue import MODELS
from comps.models.folder import models_folder
from comps.models.prepare import prepare as prepare_model
from comps.models.state import COMMAND, State, state
from comps.models.wheels import ModelUnavailable

app = typer.Typer(no_args_is_help=True, help="The models of the embedded engines: wheels on PyPI carry them.")
_out = Console()
_err = Console(stderr=True)

_COLOURS = {State.PREPARED: "green", State.OUTDATED: "yellow", State.DAMAGED: "red", State.MISSING: "red"}


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


@app.command("list")
def listed() -> None:
    """Say of each model whether it is prepared, where it comes from, and under which licence."""
    table = Table("model", "state", "what it does", "wheel on PyPI", "licence", title=str(models_folder()))
    for model in MODELS.values():
        found = state(model, models_folder())
        colour = _COLOURS[found]
        table.add_row(model.name, f"[{colour}]{found}[/]", model.purpose, model.wheel, model.licence)
    _out.print(table)
    if any(state(model, models_folder()) is not State.PREPARED for model in MODELS.values()):
        _out.print(f"`{COMMAND}` prepares the rest.", highlight=False)
