"""``perfprof verify``: anybody's patch before the same judge."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click

from perfprof.errors import UsageError
from perfprof.optimizer.commands import arguments
from perfprof.optimizer.options import FixOptions


@click.command("verify", cls=arguments.WorkloadCommand)
@click.argument("patch")
@arguments.several(
    arguments.tests,
    arguments.json,
    arguments.timeout,
    arguments.jobs,
    arguments.quiet,
    arguments.debug,
)
@click.pass_context
def command(ctx: click.Context, /, patch: str, **given: Any) -> None:
    """Judge PATCH, a patch file or a git range (main..HEAD), as perfprof judges its own.

    Exit code 1 unless it is accepted. Nothing is applied.
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

    from perfprof.optimizer.judge.foreign import verify
    from perfprof.optimizer.reports import keep, show

    run = verify(patch, options, progress)
    document = keep(replace(run, asked=ctx.meta[arguments.ASKED]))
    show(document, settings.get("json"), quiet=bool(settings.get("quiet")))
    ctx.exit(0 if document["totals"]["accepted"] else 1)
