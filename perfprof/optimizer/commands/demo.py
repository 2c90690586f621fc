"""``perfprof demo``: the whole job on a shop that ships with perfprof."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from perfprof.errors import PerfprofError
from perfprof.optimizer.cli import DEBUG
from perfprof.optimizer.commands import arguments
from perfprof.optimizer.commands.fix import fix
from perfprof.optimizer.project import Command

SCALE = "0.5"  # half a day of the shop: about a second, so that both demos end within three minutes
STATEMENTS = ("missing-index", "n-plus-one")  # the other rules do not depend on the database


@click.command("demo", short_help="Repair a slow shop in a temporary folder.", cls=arguments.WorkloadCommand)
@arguments.several(
    click.option("--postgres", is_flag=True, help="On PostgreSQL (needs perfprof[postgres]); else on SQLite."),
    arguments.json,
    arguments.quiet,
    arguments.debug,
)
@click.pass_context
def command(ctx: click.Context, /, postgres: bool, **given: Any) -> None:
    """Copy an order-management shop to a temporary folder and do the whole job there."""
    ctx.meta[DEBUG] = bool(given["debug"])
    folder = Path(tempfile.mkdtemp(prefix="perfprof-demo-")).resolve() / "shop"
    shutil.copytree(source(), folder, ignore=shutil.ignore_patterns("__pycache__", ".*", "*.db"))
    os.chdir(folder)
    settings = {name: value for name, value in given.items() if value is not None}
    settings |= {"root": folder, "paths": (folder / "shop",), "apply": True}
    settings["workload"] = Command((sys.executable, "-m", "shop.bench", "--scale", SCALE))
    if postgres:
        settings["only"] = STATEMENTS
    if find_spec("pytest") is not None:
        settings["tests"] = Command((sys.executable, "-m", "pytest", "-q", "tests"))
    if not given["quiet"]:
        click.echo(f"The shop is in {folder}; what follows is\n  {arguments.typed(settings)}\n", err=True)
    with server() if postgres else nullcontext():
        settings |= {"database": os.environ["SHOP_DATABASE_URL"]} if postgres else {}
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


@contextmanager
def server() -> Iterator[None]:
    """A PostgreSQL of the demo's own, named to the shop by its environment variable."""
    from perfprof.optimizer.scratch.postgres import Server

    with tempfile.TemporaryDirectory(prefix="perfprof-demo-pg-") as folder, Server.start(Path(folder)) as started:
        os.environ["SHOP_DATABASE_URL"] = started.url_of("postgres")
        try:
            yield
        finally:
            del os.environ["SHOP_DATABASE_URL"]
