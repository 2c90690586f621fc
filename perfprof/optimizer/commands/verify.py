"""``perfprof verify``: anybody's patch before the same judge."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from perfprof.errors import UsageError
from perfprof.optimizer.commands import arguments
from perfprof.optimizer.options import FixOptions


@click.command(
    "verify", short_help="Judge anybody's patch or migration by the same gate.", cls=arguments.WorkloadCommand
)
@click.argument("patches", nargs=-1, metavar="PATCH...")
@arguments.several(
    arguments.tests,
    arguments.database,
    click.option("--deep/--no-deep", default=None, help="Let CrossHair look for differences, too."),
    click.option(
        "--seen-types/--all-types",
        default=None,
        help="What differs only for types that no call had is told, and does not reject.",
    ),
    arguments.tolerance,
    arguments.json,
    click.option(
        "--markdown", type=arguments.NewFile(), metavar="FILE", help="Write a pull request comment; - prints it."
    ),
    click.option(
        "--given",
        type=click.Path(path_type=Path, exists=True, dir_okay=False),
        metavar="FILE",
        help="Judge nothing: does the verdict in this report.json still hold?",
    ),
    arguments.timeout,
    arguments.quiet,
    arguments.debug,
)
@click.pass_context
def command(
    ctx: click.Context, /, patches: tuple[str, ...], markdown: Path | None, given: Path | None, **others: Any
) -> None:
    """Judge PATCH as perfprof judges its own: a patch file, - for standard input, a git range, a migration.

    A range is main..branch, or a revision for what has changed since it. A migration is an .sql file that builds an
    index. Several patches are judged apart, and the accepted ones together. Without a workload the tests are the
    workload. Nothing is applied.

    Exit codes: 0 all accepted; 1 rejected or cannot tell; 2 wrong use; 3 red before any change.
    """
    deep, seen_types = bool(others.pop("deep")), bool(others.pop("seen_types"))
    tolerance = (
        others.pop("tolerance") or 0.0
    )  # that of the settings is for rules that ask, not for anybody's patch
    settings = arguments.settle(ctx, others)
    if not patches:
        raise UsageError("there is no patch", todo="perfprof verify change.patch -- python bench.py")
    if given is not None:
        _standing(ctx, patches, settings, given)
    _settle_workload(settings)
    from perfprof.optimizer.greeting import greeting
    from perfprof.optimizer.progress import Progress

    options = arguments.build(FixOptions, settings)
    progress = Progress(quiet=bool(settings.get("quiet")))
    progress.say(greeting(options.root) + "\n")

    from perfprof.optimizer.judge.verifying import verify
    from perfprof.optimizer.reports import keep, show
    from perfprof.optimizer.reports.markdown import render

    run = verify(patches, options, progress, deep=deep, seen_types=seen_types, tolerance=tolerance)
    document = keep(replace(run, asked=ctx.meta[arguments.ASKED]))
    printed = "-" in (str(markdown), str(settings.get("json")))
    show(document, settings.get("json"), quiet=bool(settings.get("quiet")) or printed)
    if markdown is not None:
        arguments.write(render(document), markdown)
    ctx.exit(0 if document["totals"]["accepted"] == len(patches) else 1)


def _settle_workload(settings: dict[str, Any]) -> None:
    """The tests are the workload where there is no other."""
    if "workload" in settings:
        return
    if "tests" not in settings:
        raise UsageError(
            "nothing can show a gain: there is no workload and there are no tests",
            todo="Put a command after --: perfprof verify PATCH --tests 'pytest -q' -- python bench.py",
        )
    settings["workload"] = settings["tests"]


def _standing(ctx: click.Context, patches: tuple[str, ...], settings: dict[str, Any], report: Path) -> None:
    """Say what an earlier verdict is still worth, and leave."""
    from perfprof.optimizer.judge.binding import standing

    options = arguments.build(FixOptions, settings)
    found = standing(patches, options.project, report)
    for patch, decision, reason in found:
        click.echo(f"{patch}: {decision}: {reason}")
    ctx.exit(0 if all(decision == "accepted" for _, decision, _ in found) else 1)
