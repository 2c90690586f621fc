"""``perfprof fix``: the main job."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from typing import Any

import click

from perfprof.errors import PerfprofError, UsageError
from perfprof.optimizer.cli import CHANGED
from perfprof.optimizer.commands import arguments
from perfprof.optimizer.options import FixOptions


@click.command(
    "fix", short_help="Find what is slow, fix it, prove it, keep what wins.", cls=arguments.WorkloadCommand
)
@arguments.several(
    arguments.paths,
    click.option("--apply/--no-apply", default=None, help="Write what was accepted into the working tree."),
    click.option("--undo", is_flag=True, help="Take the last --apply back."),
    arguments.tests,
    arguments.database,
    arguments.only,
    arguments.json,
    arguments.min_share,
    arguments.sampler,
    arguments.timeout,
    click.option("--keep/--no-keep", default=None, help="Keep captured calls in the run's folder."),
    arguments.keep_literals,
    arguments.tolerance,
    arguments.jobs,
    arguments.executor,
    arguments.quiet,
    arguments.verbose,
    arguments.debug,
)
@click.pass_context
def command(ctx: click.Context, /, undo: bool, **given: Any) -> None:
    """Find what is slow in PATHS, fix it, prove it, and keep only what wins.

    Without --apply the patches stay under .perfprof/runs/ for `git am`. Exit code 1 says that accepted
    patches wait there.
    """
    settings = arguments.settle(ctx, given)
    if undo:
        _undo(settings)
        return
    if "workload" not in settings:
        if "tests" not in settings:
            raise UsageError(
                "there is no workload", todo="Put a command after --: perfprof fix -- python your_program.py"
            )
        settings["workload"] = settings["tests"]
    if _given_input():
        todo = "sh -c 'python your_program.py < file' gives it some"
        click.echo(f"note: the workload runs many times, so it gets no standard input; {todo}", err=True)
    fix(ctx, settings)


def _given_input() -> bool:
    """Whether somebody redirected a file into perfprof, or piped something."""
    try:
        status = os.fstat(0)
        if stat.S_ISFIFO(status.st_mode):
            import fcntl
            import termios

            return fcntl.ioctl(0, termios.FIONREAD, bytes(4)) != bytes(4)
    except (OSError, ImportError):  # it is closed, or this is no Unix
        return False
    return stat.S_ISREG(status.st_mode) and status.st_size > 0


def fix(ctx: click.Context, settings: dict[str, Any]) -> None:
    """Run the seven verbs, keep the reports, show the table, and leave with the exit code."""
    from perfprof.optimizer.greeting import greeting
    from perfprof.optimizer.progress import Progress

    options = arguments.build(FixOptions, settings)
    progress = Progress(quiet=bool(settings.get("quiet")))
    progress.say(greeting(options.root) + "\n")

    from perfprof.optimizer import pipeline

    run = pipeline.fix(options, progress)
    if run.applied:
        ctx.meta[CHANGED] = "the changes are in place; perfprof fix --undo takes them back"

    from perfprof.optimizer.reports import keep, show

    document = keep(replace(run, asked=ctx.meta[arguments.ASKED]))
    how = {name: bool(settings.get(name)) for name in ("quiet", "verbose")}
    show(document, settings.get("json"), **how)
    if run.refused:
        raise PerfprofError(run.refused)
    ctx.exit(1 if document["totals"]["accepted"] else 0)


def _undo(settings: dict[str, Any]) -> None:
    from perfprof.optimizer.writing.apply import undo

    restored = undo(settings["root"])
    if not settings.get("quiet"):
        for path in restored:
            click.echo(f"{'restored' if (settings['root'] / path).exists() else 'removed'} {path}")
        files = "1 file is" if len(restored) == 1 else f"{len(restored)} files are"
        click.echo(f"{files} as before the last --apply.")
