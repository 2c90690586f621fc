"""``perfprof check``: reads only, for pre-commit and CI."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from perfprof.optimizer.commands import arguments
from perfprof.optimizer.options import CheckOptions

if TYPE_CHECKING:
    from perfprof.optimizer.run import Run


@click.command("check", short_help="Read code and name what grows slow with its data.")
@arguments.several(
    arguments.paths,
    arguments.only,
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
    """
    settings = arguments.settle(ctx, given)
    from perfprof.optimizer.checking import check

    run, json = check(arguments.build(CheckOptions, settings)), settings.get("json")
    if json is not None:
        _write(run, json)
    if not settings.get("quiet") and str(json) != "-":
        _show(run)
    ctx.exit(1 if run.outcomes else 0)


def _write(run: Run, file: Path) -> None:
    """The findings as report.json, printed if the file is ``-``."""
    from perfprof.optimizer.reports.document import document, dumps

    text = dumps(document(run))
    if str(file) == "-":
        click.echo(text, nl=False)
    else:
        file.write_text(text, "utf-8")


def _show(run: Run) -> None:
    """One line a finding, then what to do with them; what was not read or not shown goes to standard error."""
    if not (run.outcomes or run.skipped or run.hidden or run.unmeasured):
        return
    from perfprof.optimizer.reports.rows import line

    for path, reason in sorted(run.skipped.items()):
        click.echo(line(f"{path}: not read: {reason}"), err=True)
    for found in (outcome.finding for outcome in run.outcomes):
        share = f" ({found.share:.0%} of the last recording)" if found.share is not None else ""
        click.echo(line(f"{found.path}:{found.line}: {found.rule}: {found.message}{share}"))
    if run.hidden:  # else a recording of something small would silence everything unseen
        click.echo(f"{run.hidden} not shown: cold in the last recording (--min-share 0 shows all).", err=True)
    if run.unmeasured:
        more = "could pay, depending on the data: perfprof record -- WORKLOAD tells (--all shows them)."
        click.echo(f"{run.unmeasured}{' more' if run.outcomes else ''} {more}", err=True)
    if run.outcomes:
        count = f"{len(run.outcomes)} finding{'s' if len(run.outcomes) > 1 else ''}"
        click.echo(f"{count}. To measure, fix and prove: perfprof fix -- WORKLOAD")
