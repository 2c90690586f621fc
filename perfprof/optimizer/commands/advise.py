"""``perfprof advise``: which indexes a database wants for a workload."""

from __future__ import annotations

import json as encoder
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from perfprof.errors import UsageError
from perfprof.optimizer.commands import arguments
from perfprof.optimizer.reports import figures

if TYPE_CHECKING:
    from perfprof.optimizer.indexes.advice import Advice
    from perfprof.optimizer.scratch.sources import Source
    from perfprof.optimizer.statements.workload import Workload


@click.command("advise", short_help="Plan indexes for a database and its statements.")
@arguments.several(
    arguments.paths,
    arguments.database,
    click.option("--statistics", is_flag=True, help="Take statements from the server's pg_stat_statements too."),
    click.option("--budget", type=click.FloatRange(0), metavar="MB", help="Room for new indexes."),
    click.option("--execute", is_flag=True, help="Decide by running the statements on a copy with data."),
    click.option(
        "--seconds",
        type=click.FloatRange(0),
        default=120.0,
        show_default=True,
        help="How long --execute may search.",
    ),
    click.option(
        "--copy",
        "copied",
        type=click.FloatRange(1),
        metavar="MB",
        help="A database above it is sampled. [default: 512]",
    ),
    click.option("--complete", is_flag=True, help="These are all statements: an index that none uses may go."),
    arguments.json,
    click.option(
        "--markdown", type=arguments.NewFile(), metavar="FILE", help="Write a comment there; - prints it."
    ),
    arguments.debug,
)
@click.pass_context
def command(ctx: click.Context, /, **given: Any) -> None:
    """Plan a workload on a clone of --database, and write migrations for the indexes to build and to drop.

    SQLite is always decided by running on a copy. PATHS are recordings, SQL files, and logs of PostgreSQL, Django or SQLAlchemy. The database is only read. Exit code 1
    if there is anything to build or to drop.
    """
    settings = arguments.settle(ctx, given)
    from perfprof.optimizer import runs
    from perfprof.optimizer.indexes import advise, sqlite_advise
    from perfprof.optimizer.indexes.asked import Asked
    from perfprof.optimizer.indexes.delivery import deliver
    from perfprof.optimizer.scratch.postgres_copy import MOST_BYTES
    from perfprof.optimizer.scratch.sources import Source

    if not settings.get("database") or not (settings.get("paths") or given["statistics"]):
        raise UsageError(
            "a database and statements are needed", todo="perfprof advise --database URL RECORDING-OR-SQL-OR-LOG"
        )
    source = Source.of(settings["database"], Path.cwd())
    statements = _workload(source, settings.get("paths", ()), statistics=given["statistics"])
    asked = Asked(
        (given["budget"] or 0.0) * 1e6,
        execute=given["execute"],
        complete=given["complete"],
        most_bytes=int(given["copied"] * 2**20) if given["copied"] else MOST_BYTES,
        seconds=given["seconds"],
    )
    with tempfile.TemporaryDirectory(prefix="perfprof-") as folder:
        advisor = advise.advise if source.dialect == "postgresql" else sqlite_advise.advise
        advice = advisor(source, statements, asked, Path(folder))
    advice = replace(advice, notes=(*advice.notes, *_unread(statements)))
    found = bool(advice.proposals or advice.removals)
    run = runs.begin(settings["root"] / ".perfprof") if found else None
    files = deliver(advice, settings["root"], run) if run is not None else ()
    _report(advice, files, settings.get("json"), given["markdown"])
    ctx.exit(1 if found else 0)


def _workload(source: Source, paths: Iterable[Path], *, statistics: bool) -> Workload:
    from perfprof.optimizer.statements import server_statistics
    from perfprof.optimizer.statements.sources import seen
    from perfprof.optimizer.statements.workload import workload

    found = [one for path in paths for one in seen(path, source.dialect)]
    if statistics and source.dialect == "postgresql":
        with source.connected() as connection:
            found += server_statistics.read(connection)
    read = workload(found, source.dialect)
    if not read.queries:
        raise UsageError(
            "there is no statement to plan", where=", ".join(map(str, paths)), todo=" ".join(_unread(read))
        )
    return read


def _unread(statements: Workload) -> tuple[str, ...]:
    count = len(statements.unread)
    return (f"{figures.counted(count, 'statement')} could not be read",) if count else ()


def _report(advice: Advice, files: Sequence[Path], json: Path | None, markdown: Path | None) -> None:
    """What goes to standard output stands there alone."""
    if json is not None:
        arguments.write(encoder.dumps(advice.as_json(), indent=1) + "\n", json)
    if markdown is not None:
        arguments.write(_marked(advice), markdown)
    if "-" not in (str(json), str(markdown)):
        click.echo("\n".join([_shown(advice), *(f"written: {_short(path)}" for path in files)]))


def _short(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _marked(advice: Advice) -> str:
    """GitHub's Markdown; a name of the database stands in a fence, where it means nothing."""
    lines = [f"### perfprof: {_counted(advice)}", ""]
    lines += ["````sql", *_shown(advice).replace("````", "").splitlines(), "````", ""]
    return "\n".join(lines)


def _shown(advice: Advice) -> str:
    """For a terminal; statements stand without values."""
    lines = [f"{figures.counted(len(advice.lines), 'statement')} planned: {_counted(advice)}"]
    if advice.proposals:
        total = sum(one.forecast for one in advice.proposals)
        what = "planner's cost" if advice.dialect == "postgresql" else "steps of SQLite's machine"
        lines.append(
            f"With them {figures.share(advice.share)} of the {what} is left, for {figures.size(total)} more on disk"
        )
    if advice.measured_share >= 0:
        lines.append(f"Run on a copy: {figures.share(advice.measured_share)} of the time is left" + _writes(advice))
    for one in advice.proposals:
        size = f"about {figures.size(one.forecast)}"
        lines += ["", f"-- build {one.name}, {size}, {one.decision}", _short_form(one.migration.up)]
    for gone in advice.removals:
        lines += ["", f"-- drop {gone.name}: {gone.reason} {gone.instead}".rstrip(), _short_form(gone.migration.up)]
    notes = [*advice.notes, *advice.plans]
    return "\n".join([*lines, *([""] if notes else []), *notes])


def _short_form(up: str) -> str:
    """Without the settings and guards around it, which stand in the file."""
    statements = [line for line in up.splitlines() if line.startswith(("CREATE ", "DROP "))]
    return "\n".join(statements) or up.rstrip()


def _counted(advice: Advice) -> str:
    built, dropped = len(advice.proposals), len(advice.removals)
    if not built and not dropped:
        return "no index to build or to drop"
    return f"{figures.counted(built, 'index', 'indexes')} to build, {dropped} to drop"


def _writes(advice: Advice) -> str:
    """What the writes pay, if there are any."""
    if advice.wal_before <= 0:
        return ""
    told = f"; writes make {advice.wal_before / 1e6:.1f} -> {advice.wal_after / 1e6:.1f} MB of WAL"
    hot = f", {advice.hot_before:.0%} -> {advice.hot_after:.0%} of updates touch no index"
    return told + (hot if advice.hot_before >= 0 else "")
