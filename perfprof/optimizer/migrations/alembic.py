"""Alembic's migrations: a revision after the current head, outside of a transaction in PostgreSQL, with its way back."""

from __future__ import annotations

import ast
import configparser
import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

from perfprof.optimizer.migrations.planned import Texts
from perfprof.optimizer.migrations.sqlalchemy_models import with_index
from perfprof.optimizer.migrations.statements import Build, build_of
from perfprof.optimizer.patches import FileChange
from perfprof.rules.rule import Migration


def changes(texts: Texts, migration: Migration, header: Iterable[str]) -> tuple[FileChange, ...] | None:
    """The revision's file; None if the project is none of Alembic's or has not exactly one head."""
    folder = versions_of(texts.root)
    heads = heads_of(texts, folder) if folder is not None else []
    build = build_of(migration)
    if folder is None or len(heads) != 1 or build is None:
        return None
    (head,) = heads
    revision = hashlib.sha256(f"{head}\0{migration.name}\0{migration.up}".encode()).hexdigest()[:12]
    file = folder / f"{revision}_{_slug(migration.name)}.py"
    return texts.change(file, _text(migration, build, revision, head, header)), *_model(texts, migration, build)


def _model(texts: Texts, migration: Migration, build: Build) -> tuple[FileChange, ...]:
    """The model with the index in its `__table_args__`, so that `alembic check` has nothing to say."""
    found = with_index(texts, migration, build)
    return () if found is None else (texts.change(*found),)


def refusal(texts: Texts) -> str:
    """Why a project of Alembic's gets plain SQL, where its author can change that; else empty."""
    folder = versions_of(texts.root)
    heads = heads_of(texts, folder) if folder is not None else []
    if len(heads) < 2:
        return ""
    return f"Alembic has {len(heads)} heads ({', '.join(heads)}), so this is plain SQL: alembic merge heads first"


def versions_of(root: Path) -> Path | None:
    """The folder of the revisions, as ``alembic.ini`` names it."""
    ini = root / "alembic.ini"
    if not ini.is_file():
        return None
    parser = configparser.ConfigParser(defaults={"here": str(root)})
    try:
        parser.read(ini, encoding="utf-8")
        location = parser.get("alembic", "script_location", fallback="alembic")
    except (configparser.Error, UnicodeDecodeError):
        return None
    folder = root / location / "versions"
    return folder if folder.is_dir() and folder.is_relative_to(root) else None


def heads_of(texts: Texts, folder: Path) -> list[str]:
    """The revisions that none other follows; [""] in an empty folder."""
    known: set[str] = set()
    followed: set[str] = set()
    for path in texts.files(folder, "*.py"):
        text = texts.read(path)
        said = _said(text) if text is not None else {}
        if isinstance(said.get("revision"), str):
            known.add(str(said["revision"]))
            below = said.get("down_revision")
            followed |= set(below) if isinstance(below, (tuple, list)) else {str(below)}
    return sorted(known - followed) if known else [""]


def _said(text: str) -> dict[str, object]:
    """The constants that the module assigns."""
    found: dict[str, object] = {}
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return found
    for node in tree.body:
        targets = (
            node.targets
            if isinstance(node, ast.Assign)
            else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        for target in targets:
            value = getattr(node, "value", None)
            if isinstance(target, ast.Name) and value is not None:
                try:
                    found[target.id] = ast.literal_eval(value)
                except ValueError:
                    continue
    return found


def _text(migration: Migration, build: Build, revision: str, head: str, header: Iterable[str]) -> str:
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
        *_function("upgrade", list(build.up), migration.dialect),
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
