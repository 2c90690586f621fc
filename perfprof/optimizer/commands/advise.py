"""``perfprof advise``: which indexes a PostgreSQL database wants for a file of statements."""

from __future__ import annotations

import json as encoder
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from perfprof.errors import UsageError
from perfprof.optimizer.commands import arguments

if TYPE_CHECKING:
    from perfprof.optimizer.indexes.advice import Advice


@click.command("advise")
@arguments.several(
    arguments.paths,
    arguments.database,
    click.option("--budget", type=click.FloatRange(0), metavar="MB", help="Room for new indexes."),
    click.option("--execute", is_flag=True, help="Experimental: run them on a copy with data; may be slow."),
    click.option("--complete", is_flag=True, help="These are all statements: an index that none uses may go."),
    arguments.json,
    arguments.debug,
)
@click.pass_context
def command(ctx: click.Context, /, budget: float | None, execute: bool, complete: bool, **given: Any) -> None:
    """Plan the statements of SQL files on a clone of --database, and print the indexes to build and to drop.

    The database is only read. Exit code 1 if there is anything to build or to drop.
    """
    settings = arguments.settle(ctx, given)
    from perfprof.optimizer.indexes.advise import Asked, advise
    from perfprof.optimizer.scratch.sources import Source
    from perfprof.optimizer.statements.workload import Seen, workload
    from perfprof.rules.reading.placeholders import separated

    if not settings.get("database") or not settings.get("paths"):
        raise UsageError("a database and SQL files are needed", todo="perfprof advise --database URL queries.sql")
    source = Source.of(settings["database"], Path.cwd())
    if source.dialect != "postgresql":
        raise UsageError("only PostgreSQL so far", todo="perfprof fix advises for SQLite, from a recording")
    texts = [path.read_text("utf-8") for path in settings["paths"]]
    seen = [Seen(one) for text in texts for one in separated(text, "postgresql")]
    asked = Asked(budget=(budget or 0.0) * 1e6, execute=execute, complete=complete)
    with tempfile.TemporaryDirectory(prefix="perfprof-") as folder:
        advice = advise(source, workload(seen, "postgresql"), asked, Path(folder))
    file = settings.get("json")
    if file is not None and str(file) != "-":
        file.write_text(encoder.dumps(advice.as_json(), indent=1), "utf-8")
    click.echo(encoder.dumps(advice.as_json(), indent=1) if str(file) == "-" else _shown(advice))
    ctx.exit(1 if advice.proposals or advice.removals else 0)


def _shown(advice: Advice) -> str:
    """For a terminal; statements stand without values."""
    size = sum(one.forecast for one in advice.proposals) / 1e6
    lines = [f"{advice.share:.0%} of the planner's cost with {size:.1f} MB; {advice.explains} plans asked for"]
    for one in advice.proposals:
        lines += ["", f"-- build {one.name}, about {one.forecast / 1e6:.1f} MB, {one.decision}", one.migration.up]
    for gone in advice.removals:
        lines += ["", f"-- drop {gone.name}: {gone.reason} {gone.instead}".rstrip(), gone.migration.up]
    return "\n".join([*lines, *advice.notes, *advice.plans])
