"""The command line: thin. Each command reads its options, calls one function, prints what came back.

Exit codes: 0 done; 1 the run or the check failed; 2 wrong use or configuration.
"""

import os
import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from evalkit import __version__
from evalkit.errors import EvalkitError, UsageError

app = typer.Typer(
    name="evalkit",
    help="Evaluate a large language model for industry: accuracy, generality, robustness, efficiency. Everything works offline.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
suite_app = typer.Typer(help="Build, check and show suites, and their private pools.", no_args_is_help=True)
board_app = typer.Typer(help="Build leaderboards from finished bundles.", no_args_is_help=True)
app.add_typer(suite_app, name="suite")
app.add_typer(board_app, name="leaderboard")

_INTERRUPTED = 130  # what typer ends with on Ctrl-C
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON and nothing else.")]


def _version(value: bool) -> None:
    if value:
        typer.echo(f"evalkit {__version__}")
        raise typer.Exit


@app.callback(epilog="--debug, anywhere on the line, shows the traceback of an error.")
def _main(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    """Options before the command."""


@app.command()
def run(
    config: Annotated[Path, typer.Argument(help="YAML of the run; configs/demo.yaml is the first to try.")],
    model: Annotated[str | None, typer.Option(help="Short name, folder, GGUF file or hub id, instead of the configuration's.")] = None,
    profile: Annotated[str | None, typer.Option(help="preview, fast or full.")] = None,
    limit: Annotated[int | None, typer.Option(help="Items of each suite, at most.")] = None,
    suites: Annotated[str | None, typer.Option(help="Names or folders, separated by commas.")] = None,
    memory: Annotated[
        float | None, typer.Option(metavar="GIB", help="Memory that the local engine keeps to, in GiB: of the machine, or of each GPU.")
    ] = None,
    processes: Annotated[
        int | None, typer.Option(metavar="N", help="Processes that answer for a local model: one a GPU, or sharing the CPU's cores.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the bundle; default runs/<name>/<model>.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be asked, and how long it would take.")] = False,
    as_json: AsJson = False,
) -> None:
    """Run a model through its suites; the same command again goes on where it stopped."""
    from evalkit import commands

    changes: dict[str, Any] = {
        "engine.model": model,
        "engine.memory_gib": memory,
        "engine.processes": processes,
        "profile": profile,
        "limit": limit,
        "suites": suites.split(",") if suites else None,
    }
    kept = {name: value for name, value in changes.items() if value is not None}
    commands.run(config, kept, out=out, dry_run=dry_run, as_json=as_json)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List suites, engines, metrics and operators."""
    from evalkit import commands

    commands.list_all(as_json=as_json)


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="A suite, an item's id, or the folder of a bundle.")],
    as_json: AsJson = False,
) -> None:
    """Show a suite, an item with its answer, or a bundle's axes."""
    from evalkit import commands

    commands.show(name, as_json=as_json)


@suite_app.command("build")
def suite_build(
    name: Annotated[str, typer.Argument(help="Suite to build; its name or folder.")],
    seed: Annotated[str, typer.Option(help="Seed of the draws; the public build uses 'public'.")] = "public",
    out: Annotated[Path | None, typer.Option(help="Folder for the frozen files; default <suite>/built.")] = None,
    pool: Annotated[Path | None, typer.Option(help="Private folder, outside of any repository: draw sealed siblings into it.")] = None,
) -> None:
    """Draw, perturb and freeze a suite, or sealed siblings of it."""
    from evalkit import commands

    commands.build(name, seed=seed, out=out, pool=pool)


@suite_app.command("new")
def suite_new(
    name: Annotated[str, typer.Argument(help="Suite that the pool belongs to.")],
    pool: Annotated[Path, typer.Option(help="Private folder, outside of any repository.")],
) -> None:
    """Scaffold a private pool: drafts for sealed twins of the hand-written items."""
    from evalkit import commands

    commands.new(name, pool=pool)


@suite_app.command("catalogue")
def suite_catalogue(
    name: Annotated[str, typer.Argument(help="Suite to show; its name or folder.")],
    out: Annotated[Path | None, typer.Option(help="Page to write; default catalogue-<suite>.html here.")] = None,
) -> None:
    """Write a page of all items, to read and search."""
    from evalkit import commands

    commands.catalogue(name, out=out)


@suite_app.command("check")
def suite_check(
    names: Annotated[list[str] | None, typer.Argument(help="Suites to check.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Check all suites that come with evalkit.")] = False,
    pool: Annotated[Path | None, typer.Option(help="A private pool of the suite: check both halves together.")] = None,
    as_json: AsJson = False,
) -> None:
    """Check suites: golds, options, pairs, sources, balance, reproducible build."""
    from evalkit import commands

    commands.check(names or [], every=every, as_json=as_json, pool=pool)


@app.command()
def report(folder: Annotated[Path, typer.Argument(help="Folder of a finished bundle.")]) -> None:
    """Write a bundle's report.html anew."""
    from evalkit import commands

    commands.report(folder)


@board_app.command("build")
def leaderboard_build(
    board: Annotated[str, typer.Argument(help="A board's name in leaderboards/, or its board.yaml.")],
    bundles: Annotated[list[Path] | None, typer.Argument(help="Bundles; default: those the board names.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the site; default beside board.yaml.")] = None,
) -> None:
    """Build the static site of a board from finished bundles."""
    from evalkit import commands

    commands.leaderboard(board, bundles or [], out=out)


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Say what this machine can run and measure."""
    from evalkit import commands

    commands.doctor(as_json=as_json)


def main() -> None:
    """Entry point: turns errors into one line and an exit code; `--debug`, anywhere on the line, shows the traceback."""
    debug = "--debug" in sys.argv
    sys.argv = [word for word in sys.argv if word != "--debug"]
    try:
        app()
    except EvalkitError as error:
        if debug:
            raise
        kind = "error" if isinstance(error, UsageError) else "failed"
        if _interrupted(error):
            _end_at_once(f"{kind}: {error}", error.exit_code)
        _end(f"{kind}: {error}", error.exit_code)
    except SystemExit as end:
        if end.code == _INTERRUPTED:
            _end_at_once("interrupted; nothing that was answered is lost: run the same command again to go on")
        raise
    except KeyboardInterrupt:
        _end_at_once("interrupted; run the same command again to go on")
    except BrokenPipeError:
        sys.exit(1)
    except Exception as error:
        if debug:
            raise
        _end(f"failed: {type(error).__name__}: {error}; this is a defect of evalkit: --debug shows where", 1)


def _end_at_once(text: str, code: int = 1) -> NoReturn:
    """After Ctrl-C, whatever Python would make of it."""
    # not by sys.exit: once a Ctrl-C has passed through code that was compiled from a string (as dataclasses are, in every
    # import), Python ends by the signal, whatever exit code it is given
    typer.echo(f"evalkit: {text}", err=True)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _interrupted(error: BaseException) -> bool:
    """Whether a Ctrl-C is behind `error`."""
    behind = error.__cause__ or error.__context__
    return isinstance(error, KeyboardInterrupt) or (behind is not None and _interrupted(behind))


def _end(text: str, code: int) -> NoReturn:
    typer.echo(f"evalkit: {text}", err=True)
    sys.exit(code)
