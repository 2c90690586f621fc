"""The command line: finds the sub-command, and turns errors into one message and an exit code."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any

import click

from perfprof import __version__
from perfprof.errors import PerfprofError

COMMANDS = ("fix", "check", "record", "advise", "verify", "compare", "report", "explain", "rules", "demo", "docs")
DEBUG = "perfprof.debug"  # in ctx.meta: show tracebacks
CHANGED = "perfprof.changed"  # in ctx.meta: what to say of the user's files when the run is cut short

UNCHANGED = "nothing was changed"
INTERRUPTED = 130
TROUBLE = 2


HELP = """\
Make slow Python programs fast, and prove it.

\b
perfprof fix --apply -- python your_program.py
perfprof demo

Runs a workload, sees what is slow, writes the patch or the migration, and keeps only what passes
the tests and wins the benchmark. Everything after -- is the workload, run as it stands.

Exit codes: 0 nothing left to do or all went well; 1 findings, or a budget or regression failed;
2 wrong use or configuration; 3 the workload or the tests fail before any change.
"""


class Commands(click.Group):
    """Sub-commands that are imported when they are called, one module each."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which one meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of the module with this name."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"perfprof.optimizer.commands.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, but a wrong name is answered with the nearest right one."""
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            from perfprof.optimizer.nearest import nearest

            meant = nearest(args[0], COMMANDS)
            hint = f"Did you mean {meant}?" if meant else "A program goes after --: perfprof fix -- COMMAND"
            ctx.fail(f"There is no command {args[0]!r}. {hint}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the sub-command; whatever it raises ends as one message."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except (click.ClickException, click.exceptions.Exit, BrokenPipeError):
            raise  # click knows what to do
        except KeyboardInterrupt:
            click.echo(f"\nInterrupted: {ctx.meta.get(CHANGED, UNCHANGED)}.", err=True)
            ctx.exit(INTERRUPTED)
        except Exception as error:
            if ctx.meta.get(DEBUG):
                raise
            click.echo(message(error), err=True)
            ctx.exit(error.exit_code if isinstance(error, PerfprofError) else TROUBLE)
        return result


def message(error: Exception) -> str:
    """One message for a user: what, where, what to do."""
    if isinstance(error, PerfprofError):
        return f"error: {error}"
    if isinstance(error, OSError) and error.strerror:
        return f"error: {PerfprofError(error.strerror, where=os.fspath(error.filename or 'the system'))}"
    return (
        f"error: perfprof itself failed: {type(error).__name__}: {error}\n"
        "  Please report this with what --debug shows."
    )


@click.group(
    cls=Commands, help=HELP, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, prog_name="perfprof", message="%(prog)s %(version)s")
def main() -> None:
    """The entry point; ends the process with the exit code."""
