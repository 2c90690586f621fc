"""Which kind of migration a project takes: Django's, Alembic's, else plain SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from perfprof.optimizer.judge.verdict import Verdict
from perfprof.optimizer.migrations import alembic, django, sql
from perfprof.optimizer.migrations.alembic_places import place_of
from perfprof.optimizer.migrations.django_models import model_of
from perfprof.optimizer.migrations.planned import Texts
from perfprof.optimizer.patches import FileChange, Patch
from perfprof.rules.rule import Migration


def changes(
    root: Path, patch: Patch, verdict: Verdict | None = None, planned: Sequence[FileChange] = ()
) -> tuple[FileChange, ...]:
    """The files of a patch's migration as changes of the project. planned: what else this run is about to write."""
    migration = patch.migration
    assert migration is not None, "only a migration becomes migration files"
    texts, header = Texts(root, planned), list(sql.header_of(root, patch, verdict))
    made = django.changes(texts, migration, header) or alembic.changes(texts, migration, header)
    if made:
        return made
    why = refusal(texts, migration)
    told = replace(patch, why=f"{why}. {patch.why}") if why else patch
    taken = [Path(change.path).name for change in planned if change.path.endswith(".sql")]
    return sql.changes(root, told, verdict, taken)


def refusal(texts: Texts, migration: Migration) -> str:
    """Why a migration does not become one of the project's own kind, where its author can change that; else empty."""
    return django.refusal(texts, migration) or alembic.refusal(texts)


def pending(root: Path, migration: Migration) -> Path | None:
    """A migration of the project that builds the same index already and waits to be applied."""
    found = sql.pending(sql.folder_of(root), migration)
    if found is not None:
        return found
    texts = Texts(root)
    model, place = model_of(texts, migration.table), place_of(texts)
    folders = [(model.folder, django.short(migration.name))] if model is not None else []
    folders += [(versions, migration.name) for versions in place.folders] if place is not None else []
    for folder, name in folders:
        for path in texts.files(folder, "*.py"):
            if name in (texts.read(path) or ""):
                return path
    return None
