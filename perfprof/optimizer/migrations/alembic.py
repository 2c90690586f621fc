"""Alembic's migrations: a revision after the current head, outside of a transaction in PostgreSQL, with its way back."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from perfprof.optimizer.migrations.alembic_places import heads_of, place_of
from perfprof.optimizer.migrations.planned import Texts
from perfprof.optimizer.migrations.remains import without_remains
from perfprof.optimizer.migrations.sqlalchemy_models import with_index
from perfprof.optimizer.migrations.statements import Build, build_of
from perfprof.optimizer.patches import FileChange
from perfprof.rules.rule import Migration


def changes(texts: Texts, migration: Migration, header: Iterable[str]) -> tuple[FileChange, ...] | None:
    """The revision's file; None if the project is none of Alembic's or has not exactly one head."""
    place = place_of(texts)
    heads = heads_of(texts, place) if place is not None else {}
    build = build_of(migration)
    if place is None or len(heads) != 1 or build is None or place.several:
        return None
    ((head, folder),) = heads.items()
    revision = hashlib.sha256(f"{head}\0{migration.name}\0{migration.up}".encode()).hexdigest()[:12]
    file = folder / f"{revision}_{_slug(migration.name)}.py"
    return texts.change(file, _text(migration, build, revision, head, header)), *_model(texts, migration, build)


def _model(texts: Texts, migration: Migration, build: Build) -> tuple[FileChange, ...]:
    """The model with the index in its `__table_args__`, so that `alembic check` has nothing to say."""
    found = with_index(texts, migration, build)
    return () if found is None else (texts.change(*found),)


def refusal(texts: Texts) -> str:
    """Why a project of Alembic's gets plain SQL, where its author can change that; else empty."""
    place = place_of(texts)
    heads = heads_of(texts, place) if place is not None else {}
    if place is not None and place.several:
        return "Alembic's env.py serves several databases, so this is plain SQL: put it into the functions of the right one"
    if len(heads) < 2:
        return ""
    return f"Alembic has {len(heads)} heads ({', '.join(heads)}), so this is plain SQL: alembic merge heads first"


def _text(migration: Migration, build: Build, revision: str, head: str, header: Iterable[str]) -> str:
    before = without_remains(build.before, migration, build.columns, migration.name)
    lines = [
        *(f"# {' '.join(one.split())}" for one in header if one.strip()),
        "",
        "from alembic import op",
        "from sqlalchemy import DDL",
        "",
        f'revision = "{revision}"',
        f"down_revision = {_quoted(head) if head else None}",
        "branch_labels = None",
        "depends_on = None",
        *_function("upgrade", [*before, build.create, *build.after], migration.dialect),
        *_function("downgrade", list(build.back), migration.dialect),
    ]
    return "\n".join(lines).lstrip("\n") + "\n"


def _function(name: str, statements: list[str], dialect: str) -> list[str]:
    executed = [f"op.execute(DDL({_quoted(_literal(one))}))" for one in statements]
    if dialect == "postgresql":
        block = ["    with op.get_context().autocommit_block():", *(f"        {one}" for one in executed)]
    else:
        block = [f"    {one}" for one in executed]
    return ["", "", f"def {name}() -> None:", *block]


def _literal(statement: str) -> str:
    """A statement as ``DDL()`` wants it: it formats with ``%``, and takes nothing else for a parameter."""
    return statement.replace("%", "%%")


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:40] or "index"


def _quoted(text: str) -> str:
    """A Python literal, in double quotes where that is simple."""
    return f'"{text}"' if text.isprintable() and '"' not in text and "\\" not in text else repr(text)
