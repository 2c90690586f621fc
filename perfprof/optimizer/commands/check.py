"""``perfprof check``: reads only, for pre-commit and CI."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from perfprof.optimizer.commands import arguments
from perfprof.optimizer.options import CheckOptions

if TYPE_CHECKING:
    from perfprof.optimizer.run import Outcome, Run

FORMS = ("text", "json", "sarif", "github")


@click.command("check", short_help="Read code and name what grows slow with its data.")
@arguments.several(
    arguments.paths,
    arguments.only,
    click.option(
        "--format",
        "form",
        type=click.Choice(FORMS),
        default="text",
        help="How to print findings. Default: text.",
    ),
    arguments.json,
    arguments.min_share,
    click.option("--cache/--no-cache", default=None, help="Remember what was read. Default: --cache."),
    click.option(
        "--all", "unmeasured", is_flag=True, default=None, help="Also what only a run can show to matter."
    ),
    click.option("--diff", metavar="REV", help="Only code changed since this git revision."),
    arguments.jobs,
    arguments.executor,
    arguments.quiet,
    arguments.debug,
)
@click.pass_context
def command(ctx: click.Context, /, **given: Any) -> None:
    """Read PATHS and name what is slow with much data; silent when there is nothing. Runs nothing.

    Named is what the code itself shows to grow with its data. The last recording, if there is one, ranks and filters. Exit code 1 if anything was found.

    A comment `# perfprof: ignore[RULE] reason`, in the line or above it, keeps a finding quiet.
    """
    settings = arguments.settle(ctx, given)
    from perfprof.optimizer.checking import check

    run, json, form = check(arguments.build(CheckOptions, settings)), settings.get("json"), given["form"]
    if json is not None:
        arguments.write(_rendered("json", run), json)
    if form != "text":
        click.echo(_rendered(form, run), nl=False)
    elif not settings.get("quiet") and str(json) != "-":
        _show(run)
    ctx.exit(1 if run.outcomes else 0)


def _rendered(form: str, run: Run) -> str:
    """The run as report.json, as SARIF, or as commands for GitHub's log."""
    from perfprof.optimizer.reports import sarif
    from perfprof.optimizer.reports.document import document, dumps

    if form == "github":
        return "".join(_annotation(one, Path(run.root)) for one in run.outcomes)
    report = document(run)
    return sarif.render(report) if form == "sarif" else dumps(report)


def _annotation(outcome: Outcome, root: Path) -> str:
    """One finding as GitHub shows it beside the line: https://docs.github.com/actions, workflow commands."""
    found = outcome.finding
    place = f"file={_escaped(_from_here(found.path, root))},line={found.line},endLine={found.end_line}"
    text = f"{found.message} ({outcome.title})".replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return f"::warning {place},title={_escaped(f'perfprof {found.rule}')}::{text}\n"


def _escaped(value: str) -> str:
    """A property of a workflow command."""
    for mark, code in (("%", "%25"), ("\r", "%0D"), ("\n", "%0A"), (":", "%3A"), (",", "%2C")):
        value = value.replace(mark, code)
    return value


def _show(run: Run) -> None:
    """One line a finding, then what to do with them; what was not read or not shown goes to standard error."""
    if not (run.outcomes or run.skipped or run.hidden or run.unmeasured):
        return
    from perfprof.optimizer.reports.rows import line

    root = Path(run.root)
    for path, reason in sorted(run.skipped.items()):
        click.echo(line(f"{_from_here(path, root)}: not read: {reason}"), err=True)
    for outcome in run.outcomes:
        found = outcome.finding
        share = f", {found.share:.0%} of the last recording" if found.share is not None else ""
        place = f"{_from_here(found.path, root)}:{found.line}"
        click.echo(line(f"{place}: {found.rule}: {found.message} ({outcome.title}{share})"))
    _count(run)


def _count(run: Run) -> None:
    """How many are not shown, and what to do with those that are."""
    if run.hidden:  # else a recording of something small would silence everything unseen
        click.echo(f"{run.hidden} not shown: cold in the last recording (--min-share 0 shows all).", err=True)
    if run.unmeasured:
        more = "could pay, depending on the data: perfprof record -- WORKLOAD tells (--all shows them)."
        click.echo(f"{run.unmeasured}{' more' if run.outcomes else ''} {more}", err=True)
    if run.outcomes:
        count = f"{len(run.outcomes)} finding{'s' if len(run.outcomes) > 1 else ''}"
        click.echo(f"{count}. To measure, fix and prove: perfprof fix -- WORKLOAD")


def _from_here(path: str, root: Path) -> str:
    """A path of the project as one would type it in the folder where perfprof was called."""
    here = Path.cwd().resolve()
    near = here.is_relative_to(root) or root.is_relative_to(here)
    return Path(os.path.relpath(root / path, here)).as_posix() if near and not Path(path).is_absolute() else path
