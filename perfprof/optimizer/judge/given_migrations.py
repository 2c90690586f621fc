"""A migration that somebody wrote: its SQL on a scratch copy, with the statements that the workload executes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from perfprof.errors import PerfprofError, UsageError
from perfprof.optimizer.judge.copying import content_of
from perfprof.optimizer.judge.trees import Tree
from perfprof.optimizer.judge.verdict import Verdict
from perfprof.optimizer.judge.watching import INSIDE, with_environment
from perfprof.optimizer.judge.workplace import Workplace
from perfprof.optimizer.patches import Patch
from perfprof.optimizer.run import Outcome
from perfprof.optimizer.scratch.databases import Opened, opened
from perfprof.optimizer.workload import Recorded
from perfprof.profilers import workload
from perfprof.rules.reading.placeholders import separated
from perfprof.rules.rule import Finding, Level, Migration

if TYPE_CHECKING:
    from perfprof.optimizer.options import FixOptions

_NAME = r'(?:"[^"]+"|[\w$]+)'
_INDEX = re.compile(
    rf"\s*CREATE\s+(?:UNIQUE\s+)?INDEX\s+(?:CONCURRENTLY\s+)?(?:IF\s+NOT\s+EXISTS\s+)?(?P<name>{_NAME})\s+ON\s+(?:ONLY\s+)?"
    rf"(?:(?P<schema>{_NAME})\.)?(?P<table>{_NAME})\s*(?:USING\s+\w+\s*)?\((?P<columns>.*)\)",
    re.IGNORECASE | re.DOTALL,
)
_COMMENT = re.compile(r"\A\s*(--[^\n]*(\n|\Z)|/\*.*?\*/)", re.DOTALL)
PROMISE = 1.03


def judge_files(
    names: Sequence[str], options: FixOptions, folder: Path, tell: Callable[[str], None]
) -> list[Outcome]:
    """Judge each file; an accepted one stays for those after it. Raises UsageError for what cannot be read."""
    scripts = [(name, _script(Path(name))) for name in names]
    if options.workload is None:
        raise UsageError("a migration is judged by the statements of a workload", todo="Put a command after --.")
    from perfprof.optimizer.indexes.validate import judge_migration

    found = []
    with Workplace(options.root) as place:
        tree = Tree.plant(options.root, place.path / "old", content_of(options.root))
        tell("the workload, recorded in a copy")
        recorded = _recorded(tree, options, folder)
        given = _moved(options, tree)
        with opened(recorded.executions, folder, given, tree.path) as (databases, closed):
            if not databases:
                why = "; ".join(f"{one.database}: {one.reason}" for one in closed)
                raise PerfprofError(
                    f"the workload uses no database that can be tried{f' ({why})' if why else ''}",
                    todo="Give a workload that executes statements, or --database URL.",
                )
            for name, script in scripts:
                patch, one = _placed(name, *script, databases)
                tell(f"{name}: on a scratch copy")
                verdict = judge_migration(patch, one.scratch, one.executions, keep=True)
                found.append(_outcome(patch, _without_place(verdict, tree.path)))
    return found


def _recorded(tree: Tree, options: FixOptions, folder: Path) -> Recorded:
    """The workload's statements, in a copy of the project so that the user's own database stays as it is."""
    assert options.workload is not None
    env = tree.env(first=[INSIDE / "start"])
    argv = with_environment(tree.command(options.workload.argv, env), env)
    output = folder / "record.out"
    recording = workload.record(
        argv,
        cwd=tree.path / options.workload.folder,
        folder=folder,
        sampler="off",
        output=output,
        timeout=options.timeout or None,
    )
    code = recording.meta.get("exit_code", "0")
    if code != "0":
        from perfprof.errors import BaselineError

        lines = output.read_text("utf-8", "replace").splitlines()[-8:]
        raise BaselineError(f"the workload ended with exit code {code}", todo="\n  ".join(lines))
    return Recorded(recording)


def _moved(options: FixOptions, tree: Tree) -> str:
    """The database as the user names it, or a copy of it that the project's copy lacks."""
    return tree.moved(options.database) if options.database.startswith("sqlite") else options.database


def _script(path: Path) -> tuple[str, str]:
    """Up and down: from a pair of files, from a ``-- down`` line in one, or down as it follows from up."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the migration cannot be read: {error}", where=str(path)) from None
    if path.name.endswith(".down.sql"):
        raise UsageError("this is the way back", where=str(path), todo="Give the .up.sql beside it.")
    other = path.with_name(path.name.removesuffix(".up.sql") + ".down.sql")
    if path.name.endswith(".up.sql") and other.is_file():
        return text, other.read_text("utf-8", "replace")
    up, _, down = _split(text)
    return up, down


def _split(text: str) -> tuple[str, str, str]:
    """A script at its line ``-- down`` (also of dbmate, goose and sql-migrate: ``-- +goose Down``)."""
    parts = re.split(
        r"^--\s*(?:migrate:|\+goose\s+|\+migrate\s+)?down\b[^\n]*$", text, maxsplit=1, flags=re.I | re.M
    )
    return parts[0], "", parts[1] if len(parts) > 1 else ""


def _index_in(name: str, up: str) -> tuple[list[str], re.Match[str]]:
    """All statements of a script, and the one that builds its index. Raises UsageError if it does anything else."""
    statements = list(filter(None, map(_bare, separated(up, "postgresql"))))
    made = list(filter(None, map(_INDEX.match, statements)))
    others = [one for one in statements if not _INDEX.match(one) and not _setting(one)]
    if len(made) == 1 and not others:
        return statements, made[0]
    what = f"it also says: {others[0][:60]}" if others else f"it builds {len(made)} indexes"
    raise UsageError(
        f"only a migration that builds one index can be judged; {what}",
        where=name,
        todo="Give one file for each index. Changes of code go into a patch.",
    )


def _placed(name: str, up: str, down: str, databases: Sequence[Opened]) -> tuple[Patch, Opened]:
    """The migration as a patch, and the database that holds its table."""
    statements, made = _index_in(name, up)
    index, table, schema = (_plain(made[part]) for part in ("name", "table", "schema"))
    one = next((one for one in databases if _holds(one, table)), databases[0])
    dialect = one.scratch.dialect
    columns = tuple(part.strip().strip('"') for part in made["columns"].split(","))
    back = "".join(f"{_bare(part)};\n" for part in separated(down, dialect) if _bare(part))
    migration = Migration(
        index,
        dialect,
        one.scratch.catalog.database,
        table,
        columns,
        "".join(f"{part};\n" for part in statements if part),
        back or _drop(made, dialect),
        schema,
    )
    digest = hashlib.sha256(up.encode()).hexdigest()[:12]
    finding = Finding(
        digest, "foreign", name, 1, up.count("\n") + 1, "", f"{table} ({', '.join(columns)})", Path(name).name
    )
    patch = Patch(
        "foreign", Path(name).name, (), finding, level=Level.OBSERVED, migration=migration, promise=PROMISE
    )
    return patch, one


def _drop(made: re.Match[str], dialect: str) -> str:
    schema = f"{made['schema']}." if made["schema"] else ""
    how = "CONCURRENTLY " if dialect == "postgresql" and "concurrently" in made[0].lower() else ""
    return f"DROP INDEX {how}{schema}{made['name']};\n"


def _holds(one: Opened, table: str) -> bool:
    return any(known.name.lower() == table.lower() for known in one.scratch.catalog.tables())


def _setting(statement: str) -> bool:
    return re.match(r"(SET|RESET|BEGIN|COMMIT|ANALYZE|DROP\s+INDEX)\b", statement, re.I) is not None


def _bare(statement: str) -> str:
    while match := _COMMENT.match(statement):
        statement = statement[match.end() :]
    return statement.strip().rstrip(";").strip()


def _plain(name: str | None) -> str:
    return (name or "").strip('"')


def _without_place(verdict: Verdict, place: Path) -> Verdict:
    return replace(verdict, reason=verdict.reason.replace(str(place), "."))


def _outcome(patch: Patch, verdict: Verdict) -> Outcome:
    assert patch.finding is not None
    return Outcome(
        patch.finding, verdict.decision, verdict.reason, patch.title, patch.level, (), patch, verdict=verdict
    )
