"""``perfprof check``: reads only, for pre-commit and CI."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from perfprof.optimizer.commands import arguments
from perfprof.optimizer.options import CheckOptions

if TYPE_CHECKING:
    from perfprof.optimizer.reports.contract import Document


@click.command("check")
@arguments.several(
    arguments.paths,
    arguments.only,
    arguments.json,
    arguments.min_share,
    click.option("--cache/--no-cache", default=None, help="Remember what was read. Default: --cache."),
    click.option("--diff", metavar="REV", help="Only code changed since this git revision."),
    arguments.jobs,
    arguments.executor,
    arguments.quiet,
    arguments.debug,
)
@click.pass_context
def command(ctx: click.Context, /, **given: Any) -> None:
    """Read PATHS and name what looks slow; silent when there is nothing. Runs nothing.

    The last recording, if there is one, ranks and filters. Exit code 1 if anything was found.
    """
    settings = arguments.settle(ctx, given)
    from perfprof.optimizer.checking import check
    from perfprof.optimizer.reports.document import document, dumps

    run = check(arguments.build(CheckOptions, settings))
    report, json = document(run), settings.get("json")
    if json is not None and str(json) != "-":
        json.write_text(dumps(report), "utf-8")
    if json is not None and str(json) == "-":
        click.echo(dumps(report), nl=False)
    elif not settings.get("quiet"):
        _show(report)
    ctx.exit(1 if report["findings"] else 0)


def _show(report: Document) -> None:
    """One line a finding, then what to do with them; skipped files go to standard error."""
    from perfprof.optimizer.reports.rows import line

    for skipped in report["skipped"]:
        click.echo(line(f"{skipped['path']}: not read: {skipped['reason']}"), err=True)
    for found in report["findings"]:
        share = f" ({found['share']:.0%} of the last recording)" if found["share"] is not None else ""
        click.echo(
            line(f"{found['path']}:{found['line']}: {found['rule']}: {found['message'] or found['title']}{share}")
        )
    if report["findings"]:
        count = len(report["findings"])
        click.echo(
            f"{count} finding{'s' if count > 1 else ''}. To measure, fix and prove: perfprof fix -- WORKLOAD"
        )
