"""``avatarchatbot``: ask a question, run the mesh, see what would run here."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from typer.core import TyperGroup

from AvatarChatbot import models
from AvatarChatbot.__main__ import INTERRUPTED, main
from AvatarChatbot.commands.output_file import STDOUT, OutputFile, opened
from AvatarChatbot.conflict import conflict
from AvatarChatbot.local import LocalMesh, ServiceFailedError
from AvatarChatbot.ports import PortError, bind
from AvatarChatbot.settings_table import rows
from AvatarChatbot.version import __version__
from comps.cores.errors import Problem
from comps.cores.telemetry import logs
from comps.storage.private import private_folder

#: After what ``--help`` says.
_EXIT_CODES = (
    "Exit codes: 0 done; 1 the mesh refused or failed, or something is missing; 2 wrong usage, or the mesh did not start; "
    "130 ended by Ctrl-C (up: 0)."
)


class _Commands(TyperGroup):
    """At Ctrl-C, exit with status 130 and print nothing."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise typer.Exit(INTERRUPTED) from None


app = typer.Typer(cls=_Commands, no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__, epilog=_EXIT_CODES)
app.add_typer(models.app, name="models")
_out = Console()
_err = Console(stderr=True)

_STAGES = {
    "start": "start the services",
    "asr": "hear the question",
    "describe": "look at the face",
    "avatar": "learn to move it",
    "llm": "think of an answer",
    "tts": "speak it",
    "animation": "draw the video",
}


class _Bars:
    """A bar for each stage that runs. A Progress of ``answer_stream``."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, stage: str, done: int, total: int) -> None:
        if stage not in self._tasks:
            self._tasks[stage] = self._progress.add_task(_STAGES.get(stage, stage), total=total)
        self._progress.update(self._tasks[stage], completed=done, total=total)


def _progress_bars() -> Progress:
    columns = (TextColumn("{task.description:<20}"), BarColumn(30), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=_err)


@app.command()
def ask(
    audio: Annotated[Path | None, typer.Option(help="The question: a sound file.", exists=True, dir_okay=False)] = None,
    text: Annotated[str | None, typer.Option(help="The question, typed.")] = None,
    avatar: Annotated[str | None, typer.Option(help="Who answers: a picture or clip, a URL, or one of our own by name.")] = None,
    persona: Annotated[Path | None, typer.Option(help="A persona card (JSON).", exists=True, dir_okay=False)] = None,
    voice: Annotated[str, typer.Option(help='A voice by name or description ("an old sailor").')] = "default",
    points: Annotated[
        Path | None, typer.Option(help="Side-car points of the avatar (JSON).", exists=True, dir_okay=False)
    ] = None,
    engine: Annotated[str | None, typer.Option(help="Who draws the face: an animation engine by name.")] = None,
    restore: Annotated[str | None, typer.Option(help="What of the face is restored: none, mouth or face.")] = None,
    size: Annotated[int | None, typer.Option(help="Width and height of the video, pixels.")] = None,
    output: Annotated[Path, typer.Option("-o", "--output", help="Where the video goes; - for the standard output.")] = Path(
        "answer.mp4"
    ),
    report: Annotated[Path | None, typer.Option(help="Where a report goes (JSON).")] = None,
    url: Annotated[str | None, typer.Option(help="Ask the mesh that runs at this address, rather than start one.")] = None,
    key: Annotated[str | None, typer.Option(help="The key for --url; better in AVATARCHATBOT_KEY: others see arguments.")] = None,
) -> None:
    """Ask a question; a video of the answer is written."""
    # Not at the top: the supervisor of ``up`` stays small without it.
    from AvatarChatbot.commands import ask as asking  # noqa: PLC0415

    if (audio is None) == (text is None):
        raise typer.BadParameter("give --audio or --text, one of them")
    if key is not None and url is None:
        raise typer.BadParameter("--key is for --url")
    values: dict[str, Any] = {"text": text, "voice": voice, "avatar": _avatar(avatar)}
    values |= {"engine": engine, "restore": restore, "size": size}
    if audio is not None:
        values["audio"] = audio.read_bytes()
    if persona is not None:
        values["persona"] = _json_file(persona)
    if points is not None:
        values["points"] = _json_file(points)
    started = time.perf_counter()
    try:
        request = asking.checked(values)
        with _file(output, "--output") as video, contextlib.ExitStack() as stack:
            told = None if report is None else stack.enter_context(_file(report, "--report"))
            with _progress_bars() as progress:
                asked = asking.ask(request, video, _Bars(progress), log_file=_log_file(), url=url, key=key)
                fields = asyncio.run(asked)
            fields.setdefault("timings", {})["total"] = round(time.perf_counter() - started, 3)
            video.keep()
            if told is not None:
                told.write((json.dumps(fields, indent=1, ensure_ascii=False) + "\n").encode())
                told.keep()
    except Problem as problem:
        _err.print(f"[bold red]{problem.document()['title']}[/]: {problem.detail}", highlight=False)
        raise typer.Exit(1) from None
    except ServiceFailedError as error:
        _err.print(f"[bold red]The mesh did not start[/]: {error}", highlight=False)
        raise typer.Exit(2) from None
    except OSError as error:
        _err.print(f"[bold red]The answer could not be written[/]: {error.strerror}", highlight=False)
        raise typer.Exit(1) from None
    _print_answer(output, fields)


@contextlib.contextmanager
def _file(path: Path, option: str) -> Iterator[OutputFile]:
    """Open the output file that ``option`` names. Raises BadParameter where it cannot be written."""
    with contextlib.ExitStack() as stack:
        try:
            file = stack.enter_context(opened(path))
        except OSError as error:
            raise typer.BadParameter(f"{path} cannot be written: {error.strerror}", param_hint=option) from None
        yield file


def _avatar(avatar: str | None) -> str | bytes | None:
    """A file's content; names, ids and URLs as they are."""
    if avatar is None or not Path(avatar).is_file():
        if avatar is not None and ("/" in avatar or "." in avatar) and "://" not in avatar:
            raise typer.BadParameter(f"there is no file {avatar}", param_hint="--avatar")
        return avatar
    return Path(avatar).read_bytes()


def _json_file(path: Path) -> Any:
    try:
        return json.loads(path.read_text())
    except ValueError as error:
        raise typer.BadParameter(f"{path} is not JSON: {error}") from None


def _log_file() -> Path:
    folder = Path("~/.local/state/avatarchatbot").expanduser()
    private_folder(folder)
    return folder / "ask.log"


def _print_answer(output: Path, fields: dict[str, Any]) -> None:
    console = _err if output == STDOUT else _out
    console.print(f"[bold]You:[/] {fields['transcript']}", highlight=False)
    console.print(f"[bold]Answer:[/] {fields['reply']}", highlight=False)
    engines = ", ".join(f"{stage} {engine}" for stage, engine in fields["engines"].items())
    timings = " · ".join(f"{stage} {seconds:.2f} s" for stage, seconds in fields["timings"].items())
    console.print(f"[dim]engines: {engines}[/]", highlight=False)
    console.print(f"[dim]timings: {timings}[/]", highlight=False)
    console.print(f"[green]{output}[/]: {fields['duration']:.1f} s of video", highlight=False)


def _print_version(asked: bool) -> None:
    if asked:
        _out.print(f"avatarchatbot {__version__}", highlight=False)
        raise typer.Exit


@app.callback()
def main_options(
    version: Annotated[  # its callback has done what it asks for
        bool, typer.Option("--version", help="Say the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    if (told := conflict()) is not None:
        _err.print(f"[bold yellow]Careful[/]: {told}", highlight=False, soft_wrap=True)


@app.command()
def up(
    port: Annotated[
        int | None, typer.Option(help="Port of the gateway; without it AVATARCHATBOT_PORT, or 8888.", min=0, max=65535)
    ] = None,
) -> None:
    """Run the whole mesh on this machine until Ctrl-C."""
    logs.configure()
    try:
        asyncio.run(_up(port))
    except (PortError, ServiceFailedError) as error:
        _err.print(f"[bold red]The mesh did not start[/]: {error}", highlight=False)
        raise typer.Exit(2) from None


async def _up(port: int | None) -> None:
    started = time.perf_counter()
    mesh = LocalMesh(sockets=bind(port))
    with contextlib.suppress(asyncio.CancelledError):
        _cancel_at_signals()
        async with mesh:
            _print_mesh(mesh, time.perf_counter() - started)
            await asyncio.Event().wait()


def _cancel_at_signals() -> None:
    """Cancel the task that calls this at the first SIGINT or SIGTERM, whatever it is doing; further ones change nothing."""
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    assert task is not None

    def stop() -> None:
        if not task.cancelling():
            _out.print("stopping")
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)


def _print_mesh(mesh: LocalMesh, seconds: float) -> None:
    table = Table("service", "address", title=f"ready after {seconds:.1f} s")
    for service in mesh.services:
        table.add_row(service.part.name, service.url)
    _out.print(table)
    assert mesh.gateway is not None
    example = "curl -F audio=@question.wav -F avatar=@me.jpg -H 'Accept: video/mp4' -o answer.mp4"
    _out.print(f"{example} {mesh.gateway.url}/v1/avatarchatbot", highlight=False, soft_wrap=True)
    _out.print(f"or talk to it in a browser: {mesh.gateway.url}/", highlight=False)


@app.command()
def doctor(
    face: Annotated[
        Path | None,
        typer.Option(help="A picture or clip: say what will look wrong in it.", exists=True, dir_okay=False),
    ] = None,
) -> None:
    """Say which engine would run at each stage, why not a better one, and what to type for it; or how well a face will look."""
    if face is not None:
        from AvatarChatbot.doctor_face import examine_face  # noqa: PLC0415

        raise typer.Exit(0 if examine_face(face, _out) else 1)

    from AvatarChatbot.doctor import advices, examine, neural  # noqa: PLC0415

    table = Table("stage", "engine", "", "why")
    stages: dict[str, bool] = {}
    for finding in examine():
        table.add_row(finding.stage, finding.engine, "[green]✔[/]" if finding.chosen else "[dim]–[/]", finding.reason)
        stages[finding.stage] = stages.get(finding.stage, False) or finding.chosen
    _out.print(table)
    table = Table("neural animation", "")
    for fact in neural():
        table.add_row(*fact)
    _out.print(table)
    for advice in advices():
        _out.print(advice, highlight=False, soft_wrap=True)
    if not all(stages.values()):
        raise typer.Exit(1)


@app.command()
def key(name: Annotated[str, typer.Argument(help="Whose key it is, for you to tell them apart.")]) -> None:
    """Make a key for a client of the gateway. It is shown once; its line goes into the file AVATARCHATBOT_KEYS."""
    from AvatarChatbot.keys import new_key  # noqa: PLC0415

    if len(name.split()) != 1:
        raise typer.BadParameter("a name is one word")
    made, line = new_key(name)
    _err.print(f"The key of {name}, shown this once:", highlight=False)
    _out.print(made, highlight=False, soft_wrap=True)
    _err.print("Its line in the file of keys (a rate, in requests a minute, may follow):", highlight=False)
    _out.print(line, highlight=False, soft_wrap=True)


@app.command()
def settings() -> None:
    """Print every setting: its environment name, its value now, what it does. Into a pipe: a line each, tabs between."""
    if not _out.is_terminal:
        for row in rows():
            typer.echo("\t".join(" ".join(cell.split()) for cell in row))
        return
    table = Table("setting", "value", "what it is")
    for row in rows():
        table.add_row(*row)
    _out.print(table)


if __name__ == "__main__":
    main()
