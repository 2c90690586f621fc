"""What sub-commands have in common: options, the workload after ``--``, and the settings behind both."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar, get_args

import click

from perfprof.errors import UsageError
from perfprof.optimizer import config
from perfprof.optimizer.cli import DEBUG
from perfprof.optimizer.options import Sampler
from perfprof.optimizer.project import Command

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]
Options = TypeVar("Options")

WORKLOAD = "perfprof.workload"
WORKLOAD_SHOWN = "python your_program.py"
ASKED = "perfprof.asked"  # in ctx.meta: the command line as it was typed
OURS = {"--apply", "--undo", "--tests", "--min-share", "--load"}  # options that few programs have, too


class WorkloadCommand(click.Command):
    """A command whose words after the first ``--`` are somebody else's command line, untouched."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the workload aside before click reads the rest, and note what was typed."""
        cut = args.index("--") if "--" in args else len(args)
        ctx.meta[ASKED] = _without_password(shlex.join(["perfprof", str(ctx.info_name), *args]))
        ctx.meta[WORKLOAD] = tuple(args[cut + 1 :])
        own = OURS.intersection(name for option in self.params for name in option.opts)
        for word in (word for word in args[cut + 1 :] if word.partition("=")[0] in own):
            click.echo(f"note: {word} comes after --, so it goes to the program and not to perfprof", err=True)
        try:
            return super().parse_args(ctx, args[:cut])
        except click.UsageError as error:
            if cut < len(args) or "unexpected extra argument" not in error.message:
                raise
            hint = f"A program goes after --: perfprof {ctx.info_name} -- {WORKLOAD_SHOWN}"
            raise click.UsageError(f"{error.message}. {hint}", ctx) from None

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Show the workload in the usage line."""
        return [*super().collect_usage_pieces(ctx), "[-- WORKLOAD]"]


class NewFile(click.Path):
    """A file to be written at the end: its folder must be there at the beginning. ``-`` is standard output."""

    def __init__(self) -> None:
        super().__init__(path_type=Path, dir_okay=False, allow_dash=True)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The path."""
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        if not path.absolute().parent.is_dir():
            self.fail(f"there is no folder {str(path.parent)!r}", param, ctx)
        return path


def paths(function: Callable[..., Any]) -> Callable[..., Any]:
    """What may be read and changed."""
    return click.argument("paths", nargs=-1, type=click.Path(path_type=Path))(function)


tests = click.option("--tests", metavar="CMD", help="The test command, e.g. 'python -m pytest -q'.")
database = click.option("--database", metavar="URL", help="A database to read the catalog of; never written to.")
sampler = click.option("--sampler", type=click.Choice(get_args(Sampler)), help="How to sample. Default: auto.")
json = click.option("--json", type=NewFile(), metavar="FILE", help="Write report.json there; - prints it.")
keep_literals = click.option(
    "--keep-literals/--no-keep-literals", default=None, help="Do not hash values in statements."
)
quiet = click.option("-q", "--quiet/--no-quiet", default=None, help="Say only what failed.")
verbose = click.option(
    "-v",
    "--verbose/--no-verbose",
    default=None,
    help="Show all findings: also the cold ones, and what gained nothing.",
)
debug = click.option("--debug/--no-debug", default=None, help="Show tracebacks.")
only = click.option("--only", multiple=True, metavar="RULE", help="Only this rule; may be repeated.")
min_share = click.option("--min-share", type=click.FloatRange(0, 1), help="Least share of the cost. Default: 0.01.")
jobs = click.option("--jobs", type=click.IntRange(0), help="Processes; 0 for one a core.")
executor = click.option("--executor", metavar="MODULE:CALLABLE", help="Gives the Executor that work is sent to.")
tolerance = click.option(
    "--tolerance",
    type=click.FloatRange(0, 0.01),
    metavar="PART",
    help="How far floats of results may differ, relative to their value: 1e-9. Default: 0, not at all.",
)
timeout = click.option("--timeout", type=click.FloatRange(0), metavar="SECONDS", help="For one run of a command.")


def write(text: str, file: Path) -> None:
    """Write a report into the file that a NewFile named, or print it."""
    write_bytes(text.encode("utf-8"), file)


def write_bytes(data: bytes, file: Path) -> None:
    """Write into the file that a NewFile named, or to standard output."""
    if str(file) == "-":
        click.echo(data, nl=False)
        return
    file.write_bytes(data)


def several(*decorators: Decorator) -> Decorator:
    """Options in the order in which the help shows them."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return decorate


def settle(ctx: click.Context, given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of this call: the command line over ``[tool.perfprof]``; holds ``root`` and absolute ``paths``.

    What was given nowhere is missing, so that the defaults of the options hold. UsageError for a path that does not
    exist or a rule that nobody knows.
    """
    ctx.meta[DEBUG] = bool(given.get("debug"))
    chosen = {name: value for name, value in given.items() if value is not None and value != ()}
    chosen["paths"] = _existing(chosen.get("paths", ()))
    root = config.discover(Path.cwd(), chosen["paths"])
    settings = {**config.read(root), **{name: value for name, value in chosen.items() if value != ()}, "root": root}
    ctx.meta[DEBUG] = bool(settings.get("debug"))
    folder = _here(root)
    if isinstance(settings.get("tests"), str):
        settings["tests"] = config.command(settings["tests"], folder)
    if ctx.meta.get(WORKLOAD):
        settings["workload"] = Command(ctx.meta[WORKLOAD], folder)
    _known(settings.get("only", ()))
    return settings


def build(options: type[Options], settings: Mapping[str, Any]) -> Options:
    """The options of one verb, out of the settings that concern it."""
    names = [field.name for field in fields(options)]  # type: ignore[arg-type]
    return options(**{name: settings[name] for name in names if name in settings})


def typed(settings: Mapping[str, Any]) -> str:
    """The ``fix --apply`` that these settings stand for, as one would type it."""
    words = ["perfprof", "fix", "--apply"]
    if "tests" in settings:
        words += ["--tests", str(settings["tests"])]
    return shlex.join([*words, "--", *settings["workload"].argv])


def _without_password(text: str) -> str:
    return re.sub(r"(://[^:/@\s]*):[^@\s]*@", r"\1:***@", text)


def _here(root: Path) -> str:
    """The current folder relative to the root, empty for the root itself or when it is elsewhere."""
    here = Path.cwd().resolve()
    return here.relative_to(root).as_posix() if here != root and here.is_relative_to(root) else ""


_AFTER = f"A program goes after --: perfprof fix -- {WORKLOAD_SHOWN}"


def _existing(named: tuple[Path, ...]) -> tuple[Path, ...]:
    for path in named:
        if not path.exists():
            from shutil import which  # only here: it brings the compression libraries along

            raise UsageError("no such file or folder", where=str(path), todo=_AFTER if which(path) else "")
    return tuple(path.resolve() for path in named)


def _known(names: tuple[str, ...]) -> None:
    from perfprof.optimizer.nearest import rule_named

    for name in names:
        rule_named(name)
