"""Django's models as text: which class has a table, the fields of its columns, and its `Meta.indexes`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from perfprof.optimizer.migrations.model_text import appended, inserted
from perfprof.optimizer.migrations.planned import Texts
from perfprof.optimizer.migrations.statements import Build


@dataclass(frozen=True, slots=True)
class Model:
    """A model's class in its file, by the table it has. app: its label; folder: of its migrations; module: all of its file."""

    path: Path
    node: ast.ClassDef
    app: str
    folder: Path
    module: ast.Module

    @property
    def managed(self) -> bool:
        """Django's own operations do nothing for a model that it does not manage."""
        value = _option(self.node, "managed")
        return value is None or (isinstance(value, ast.Constant) and value.value is True)


def model_of(texts: Texts, table: str) -> Model | None:
    """The one model with this table, by `db_table` or by Django's rule `app_model`."""
    found = [
        Model(path, node, app, _package(path), tree)
        for path, tree in _files(texts)
        for node in _concrete(tree)
        for app in [_app_label(texts, node, path)]
        if _table(node, app) == table
    ]
    if len(found) != 1:
        return None
    (model,) = found
    folder = _migrations(texts, model)
    return replace(model, folder=folder) if folder is not None else None


def _files(texts: Texts) -> Iterator[tuple[Path, ast.Module]]:
    """The files that hold models, as Django looks for them."""
    for path in sorted(texts.root.rglob("*.py")):
        if (path.name == "models.py" or path.parent.name == "models") and not texts.foreign(path):
            tree = tree_of(texts.read(path) or "")
            if tree is not None:
                yield path, tree


def _concrete(tree: ast.Module) -> Iterator[ast.ClassDef]:
    """The classes that may have a table of their own."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.bases and not (_set(node, "abstract") or _set(node, "proxy")):
            yield node


def fields_of(model: Model, build: Build) -> tuple[str, ...]:
    """The model's fields of the columns, `-` before those that descend; () if one is not found."""
    known = dict(_columns(model.node, model.module))
    names = [(known.get(column, ""), descending) for column, descending in build.columns]
    return (
        tuple(f"-{name}" if descending else name for name, descending in names) if all(n for n, _ in names) else ()
    )


def with_index(text: str, model: Model, index: str) -> str | None:
    """The file with one more index in the class's Meta; None where that is not sure to be all of the model's indexes."""
    node, meta = model.node, _meta(model.node)
    if not re.search(r"^from django(?:\.contrib\.gis)?\.db import .*\bmodels\b(?! as)", text, re.M):
        return None
    if meta is None:
        plain = all(ast.unparse(base) == "models.Model" for base in node.bases)
        indent = " " * node.body[0].col_offset
        lines = f"\n{indent}class Meta:\n{_indexes(f'{indent}    ', index)}"
        return inserted(text, node.body[-1], lines) if plain else None
    known = _option(node, "indexes")
    if known is None:
        if meta.bases:
            return None  # what it inherits is not seen here
        return inserted(text, meta.body[-1], _indexes(" " * meta.body[0].col_offset, index))
    return appended(text, known, index) if isinstance(known, (ast.List, ast.Tuple)) else None


def _indexes(indent: str, index: str) -> str:
    """A list with a line for each, as Django's own pages write it: the next one goes below."""
    return f"{indent}indexes = [\n{indent}    {index},\n{indent}]\n"


def tree_of(text: str) -> ast.Module | None:
    """The text as a tree; None if it is no Python."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError):
        return None


def _package(path: Path) -> Path:
    return path.parent.parent if path.parent.name == "models" else path.parent


def _migrations(texts: Texts, model: Model) -> Path | None:
    """Where the app's migrations are: beside its models, unless a setting says otherwise; None if that is no folder."""
    home = _home(texts, model)
    if home is None:
        return None
    folder = home / "migrations"
    for path in sorted(texts.root.rglob("*.py")):
        if texts.foreign(path) or "MIGRATION_MODULES" not in (texts.read(path) or ""):
            continue
        said = _migration_modules(tree_of(texts.read(path) or "")).get(model.app)
        if said is not None:
            folder = texts.root.joinpath(*said.split("."))
    return folder if folder.is_dir() else None


def _home(texts: Texts, model: Model) -> Path | None:
    """The folder of the model's app, which is not the model's own where it says so; None if that is not found."""
    if _label_of(texts, model.folder) == model.app:
        return model.folder
    parents = {path.parent for path in texts.root.rglob("migrations") if path.is_dir()}
    mine = [one for one in parents if _label_of(texts, one) == model.app and not texts.foreign(one / "models.py")]
    return mine[0] if len(mine) == 1 else None


def _migration_modules(tree: ast.Module | None) -> dict[str, str]:
    """The texts that a dict display gives; tests often set None for all, which is no place."""
    for node in tree.body if tree is not None else ():
        value = getattr(node, "value", None)
        if (
            isinstance(node, ast.Assign)
            and isinstance(value, ast.Dict)
            and ast.unparse(node.targets[0]) == "MIGRATION_MODULES"
        ):
            return {
                str(key.value): one.value
                for key, one in zip(value.keys, value.values, strict=True)
                if isinstance(key, ast.Constant) and isinstance(one, ast.Constant) and isinstance(one.value, str)
            }
    return {}


def _meta(node: ast.ClassDef) -> ast.ClassDef | None:
    return next((one for one in node.body if isinstance(one, ast.ClassDef) and one.name == "Meta"), None)


def _option(node: ast.ClassDef, name: str) -> ast.expr | None:
    meta = _meta(node)
    return _assigned(meta, name) if meta is not None else None


def _assigned(node: ast.ClassDef, name: str) -> ast.expr | None:
    for one in node.body:
        if isinstance(one, ast.Assign) and any(isinstance(to, ast.Name) and to.id == name for to in one.targets):
            return one.value
    return None


def _set(node: ast.ClassDef, name: str) -> bool:
    value = _option(node, name)
    return isinstance(value, ast.Constant) and value.value is True


def _text(value: ast.expr | None) -> str:
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else ""


def _app_label(texts: Texts, node: ast.ClassDef, path: Path) -> str:
    """What the model says, else the label of its app."""
    return _text(_option(node, "app_label")) or _label_of(texts, _package(path))


def _label_of(texts: Texts, package: Path) -> str:
    """The one configuration in the app's `apps.py`, else the name of its folder."""
    tree = tree_of(texts.read(package / "apps.py") or "")
    configured = [one for one in (tree.body if tree is not None else ()) if isinstance(one, ast.ClassDef)]
    labels = {label for one in configured for label in [_text(_assigned(one, "label"))] if label}
    return labels.pop() if len(labels) == 1 else package.name


def _table(node: ast.ClassDef, app: str) -> str:
    return _text(_option(node, "db_table")) or f"{app}_{node.name.lower()}"


def _columns(node: ast.ClassDef, module: ast.Module) -> Iterator[tuple[str, str]]:
    """(column, field) of the fields written in the class, or in abstract classes of the same file below it."""
    yield "id", "id"
    below = {ast.unparse(base) for base in node.bases}
    for base in module.body:
        if isinstance(base, ast.ClassDef) and base.name in below and base is not node and _set(base, "abstract"):
            yield from _columns(base, module)
    for one in node.body:
        target = one.targets[0] if isinstance(one, ast.Assign) else getattr(one, "target", None)
        value = getattr(one, "value", None)
        if isinstance(value, ast.Call) and isinstance(target, ast.Name):
            yield _column(target.id, value), target.id


def _column(field: str, made: ast.Call) -> str:
    kind = getattr(made.func, "attr", getattr(made.func, "id", ""))
    named = [word.value for word in made.keywords if word.arg == "db_column"]
    if named:
        return _text(named[0])
    return f"{field}_id" if kind in ("ForeignKey", "OneToOneField") else field
