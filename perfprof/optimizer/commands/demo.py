"""``perfprof demo``: the whole job on a shop that ships with perfprof."""

from __future__ import annotations

import shutil
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from perfprof.errors import PerfprofError
from perfprof.optimizer.commands import arguments
from perfprof.optimizer.commands.fix import fix
from perfprof.optimizer.project import Command


@click.command("demo", cls=arguments.WorkloadCommand)
@arguments.several(
    click.option("--postgres", is_flag=True, help="On PostgreSQL (needs perfprof[postgres]); else on SQLite."),
    arguments.json,
    arguments.quiet,
    arguments.debug,
)
@click.pass_context
def command(ctx: click.Context, /, postgres: bool, **given: Any) -> None:
    """Copy an order-management shop to a temporary folder and do the whole job there."""
    folder = Path(tempfile.mkdtemp(prefix="perfprof-demo-")).resolve() / "shop"
    shutil.copytree(source(), folder, ignore=shutil.ignore_patterns("__pycache__", ".*", "*.db"))
    settings = {**given, "root": folder, "paths": (folder / "shop",), "apply": True}
    backend = ("--postgres",) if postgres else ()
    settings["workload"] = Command((sys.executable, "-m", "shop.bench", *backend))
    if find_spec("pytest") is not None:
        settings["tests"] = Command((sys.executable, "-m", "pytest", "-q", "tests", *backend))
    if not given.get("quiet"):
        click.echo(f"The shop is in {folder}. The same by hand: cd there and", err=True)
        click.echo(f"  {arguments.typed(settings)}\n", err=True)
    fix(ctx, settings)


def source() -> Path:
    """The shop: inside an installed perfprof, or in a source checkout."""
    import perfprof

    home = Path(perfprof.__file__).parent
    for folder in (home / "demo" / "shop", home.parent / "fixtures" / "shop"):
        if folder.is_dir():
            return folder
    raise PerfprofError(
        "the demo's shop is missing", where=str(home / "demo" / "shop"), todo="Install perfprof again."
    )
