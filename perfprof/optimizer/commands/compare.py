"""``perfprof compare``: two recordings or two revisions side by side, and the budget."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from perfprof.errors import UsageError
from perfprof.optimizer.commands import arguments

if TYPE_CHECKING:
    from perfprof.optimizer.comparing.budget import Budget
    from perfprof.optimizer.comparing.report import Report


@click.command(
    "compare", short_help="Compare two recordings or revisions; hold a budget.", cls=arguments.WorkloadCommand
)
@click.argument("before", metavar="A")
@click.argument("after", metavar="[B]", required=False)
@arguments.several(
    click.option(
        "--seconds",
        type=click.FloatRange(0),
        default=60.0,
        show_default=True,
        help="Wall clock for runs of two revisions by turns.",
    ),
    arguments.json,
    click.option(
        "--markdown", type=arguments.NewFile(), metavar="FILE", help="Write a comment for a pull request."
    ),
    arguments.quiet,
    arguments.debug,
)
@click.pass_context
def command(
    ctx: click.Context, /, before: str, after: str | None, seconds: float, markdown: Path | None, **given: Any
) -> None:
    """Compare A with B: recordings, runs, or git revisions ("." is the working tree) with a WORKLOAD.

    Revisions are laid out side by side and run by turns. One A alone is held against [tool.perfprof.budget].
    Exit code 1 if B breaks the budget or is worse than A by more than the budget's regression (0.1).
    """
    settings = arguments.settle(ctx, given)
    from perfprof.optimizer.comparing.budget import Budget
    from perfprof.optimizer.comparing.report import as_json, as_markdown, as_text

    report = _report(before, after, settings, settings.get("budget") or Budget(), seconds)
    json: Path | None = settings.get("json")
    for file, text in ((json, as_json), (markdown, as_markdown)):
        if file is not None:
            arguments.write(text(report), file)
    if not settings.get("quiet") and "-" not in map(str, (json, markdown)):
        click.echo(as_text(report), nl=False)
    ctx.exit(1 if report.breaches else 0)


def _report(before: str, after: str | None, settings: dict[str, Any], budget: Budget, seconds: float) -> Report:
    from perfprof.optimizer.comparing.report import of_recordings, of_revisions
    from perfprof.optimizer.comparing.sides import Revisions, revision

    root: Path = settings["root"]
    files = [_recording(name, root) for name in (before, after) if name is not None]
    if all(file is not None for file in files):
        return of_recordings([file for file in files if file is not None], (before, after or before), budget, root)
    if after is None:
        raise UsageError(
            "there is no such recording", where=before, todo="perfprof record -o FILE -- COMMAND makes one."
        )
    commits = [revision(name, root) for name in (before, after)]
    for name, commit in zip((before, after), commits, strict=True):
        if not commit:
            todo = "Name a recording (perfprof record -o FILE), a run, or a revision of this project's git."
            raise UsageError("this is neither a recording nor a git revision", where=name, todo=todo)
    if "workload" not in settings:
        todo = f"Put one after --: perfprof compare {before} {after} -- python bench.py"
        raise UsageError("to compare revisions, there must be a workload to run", todo=todo)
    with Revisions(root, *commits) as sides:
        return of_revisions(sides, settings["workload"], (before, after), budget, seconds)


def _recording(name: str, root: Path) -> Path | None:
    """The recording that is meant: a file, a folder of a run, or the name of a run."""
    for path in (Path(name), root / ".perfprof" / "runs" / name):
        for file in (path, path / "recording.sqlite"):
            if file.is_file():
                return file
    return None
