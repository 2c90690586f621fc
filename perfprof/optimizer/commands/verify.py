"""``perfprof verify``: anybody's patch or migration before the same judge."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from perfprof.errors import UsageError
from perfprof.optimizer.commands import arguments
from perfprof.optimizer.options import FixOptions


@click.command("verify", cls=arguments.WorkloadCommand)
@click.argument("patch", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@arguments.several(
    arguments.tests,
    arguments.database,
    arguments.json,
    arguments.sampler,
    arguments.timeout,
    arguments.keep_literals,
    arguments.quiet,
    arguments.debug,
)
@click.pass_context
def command(ctx: click.Context, /, patch: Path, **given: Any) -> None:
    """Judge PATCH, a patch in git's format or a migration, as perfprof judges its own.

    Exit code 1 if it is rejected. Nothing is applied.
    """
    settings = arguments.settle(ctx, given)
    if "workload" not in settings:
        raise UsageError(
            "there is no workload", todo="Put a command after --: perfprof verify PATCH -- python bench.py"
        )
    from perfprof.optimizer.greeting import greeting
    from perfprof.optimizer.progress import Progress

    options = arguments.build(FixOptions, settings)
    progress = Progress(quiet=bool(settings.get("quiet")))
    progress.say(greeting(options.root) + "\n")

    from perfprof.optimizer.judge import foreign
    from perfprof.optimizer.reports import keep, show

    run = foreign.verify(patch, options, progress)
    document = keep(replace(run, asked=ctx.meta[arguments.ASKED]))
    show(document, settings.get("json"), quiet=bool(settings.get("quiet")))
    ctx.exit(1 if document["totals"]["rejected"] else 0)
