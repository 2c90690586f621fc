"""Django's migrations: `AddIndexConcurrently` after the app's leaf, and the index in the model's `Meta.indexes`.

Both are written, so that `makemigrations` has nothing to say afterwards. An index of more than plain columns becomes
`RunSQL`, which is no part of the models' state. Nothing that exists is changed but the model's file.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from perfprof.optimizer.migrations.model_text import appended, inserted
from perfprof.optimizer.migrations.planned import Texts
from perfprof.optimizer.migrations.statements import Build, build_of
from perfprof.optimizer.patches import FileChange
from perfprof.rules.rule import Migration

LONGEST_NAME = 30  # of an index, as Django's checks want it
_NUMBERED = re.compile(r"(\d{4,})_")


@dataclass(frozen=True, slots=True)
class Model:
    """A model's class in its file, by the table it has. app: its label; folder: of its migrations."""

    path: Path
    node: ast.ClassDef
    app: str
    folder: Path


def changes(texts: Texts, migration: Migration, header: Iterable[str]) -> tuple[FileChange, ...] | None:
    """The migration's file and the model's; None if the project is none of Django's or the model is not sure."""
    if not (texts.root / "manage.py").is_file() and not _uses_django(texts.root):
        return None
    build, model = build_of(migration), model_of(texts, migration.table)
    if build is None or model is None or (migration.schema and migration.schema != "public"):
        return None
    leaf = leaf_of(texts, model.folder)
    if leaf is None:
        return None
    name = short(migration.name)
    fields = _fields(model, build) if _quotes_itself(migration) and _managed(model) else ()
    edited = _with_index(texts.read(model.path) or "", model, fields, name) if fields else None
    operation = _native(migration, build, model, fields, name) if edited else _raw(build)
    number = int(match[1]) + 1 if (match := _NUMBERED.match(leaf)) else 1
    file = model.folder / f"{number:04d}_{_slug(name)}.py"
    if texts.read(file) is not None:
        return None
    text = _text(migration, model.app, leaf, header, operation)
    made = [texts.change(file, text)]
    return tuple([*made, texts.change(model.path, edited)] if edited else made)


def _quotes_itself(migration: Migration) -> bool:
    """Whether Django quotes these names right: it puts them in quotes, whatever they hold."""
    return not any('"' in name or "%" in name for name in (migration.table, *migration.columns))


def _managed(model: Model) -> bool:
    """Django's own operations do nothing for a model that it does not manage."""
    value = _option(model.node, "managed")
    return value is None or (isinstance(value, ast.Constant) and value.value is True)


def leaves_of(texts: Texts, folder: Path) -> list[str]:
    """The migrations of an app that no other of it depends on."""
    names: set[str] = set()
    needed: set[str] = set()
    for path in texts.files(folder, "*.py"):
        if path.name.startswith(("_", ".")):
            continue
        names.add(path.stem)
        needed |= _dependencies(texts.read(path) or "")
    return sorted(names - needed)


def refusal(texts: Texts, migration: Migration) -> str:
    """Why a project of Django's gets plain SQL, where its author can change that; else empty."""
    model = model_of(texts, migration.table)
    leaves = leaves_of(texts, model.folder) if model is not None else []
    if model is None or len(leaves) < 2:
        return ""
    found = ", ".join(leaves)
    return f"{model.app} has {len(leaves)} latest migrations ({found}), so this is plain SQL: makemigrations --merge first"


def short(name: str) -> str:
    """A name that Django's checks accept: at most 30 characters, not beginning with a digit or an underscore."""
    plain = re.sub(r"[^A-Za-z0-9_]", "_", name)
    if plain == name and len(name) <= LONGEST_NAME and name[0].isalpha():
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    head = plain.lstrip("_0123456789") or "ix"
    return f"{head[: LONGEST_NAME - 9].rstrip('_')}_{digest}"


def _uses_django(root: Path) -> bool:
    return any(path.is_file() for path in root.glob("*/manage.py"))


# ------------------------------------------------------------------ the model


def model_of(texts: Texts, table: str) -> Model | None:
    """The one model with this table, by `db_table` or by Django's rule `app_model`."""
    found = [
        Model(path, node, app, _package(path) / "migrations")
        for path in sorted(texts.root.rglob("*.py"))
        if (path.name == "models.py" or path.parent.name == "models") and not _foreign(path, texts.root)
        for node in _classes(texts.read(path) or "")
        for app in [_app_label(node, path)]
        if _table(node, app) == table
    ]
    return found[0] if len(found) == 1 and found[0].folder.is_dir() else None


def _foreign(path: Path, root: Path) -> bool:
    parts = path.relative_to(root).parts
    return any(part.startswith(".") or part in ("site-packages", "node_modules") for part in parts)


def _package(path: Path) -> Path:
    return path.parent.parent if path.parent.name == "models" else path.parent


def _classes(text: str) -> Iterator[ast.ClassDef]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return
    yield from (one for one in tree.body if isinstance(one, ast.ClassDef) and one.bases)


def _meta(node: ast.ClassDef) -> ast.ClassDef | None:
    return next((one for one in node.body if isinstance(one, ast.ClassDef) and one.name == "Meta"), None)


def _option(node: ast.ClassDef, name: str) -> ast.expr | None:
    meta = _meta(node)
    for one in meta.body if meta is not None else ():
        if isinstance(one, ast.Assign) and any(isinstance(to, ast.Name) and to.id == name for to in one.targets):
            return one.value
    return None


def _said(node: ast.ClassDef, name: str) -> str:
    value = _option(node, name)
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else ""


def _app_label(node: ast.ClassDef, path: Path) -> str:
    return _said(node, "app_label") or _package(path).name


def _table(node: ast.ClassDef, app: str) -> str:
    return _said(node, "db_table") or f"{app}_{node.name.lower()}"


def _fields(model: Model, build: Build) -> tuple[str, ...]:
    """The model's fields of the columns, `-` before those that descend; () if one is not found."""
    known = dict(_columns(model.node))
    names = [(known.get(column, ""), descending) for column, descending in build.columns]
    return (
        tuple(f"-{name}" if descending else name for name, descending in names) if all(n for n, _ in names) else ()
    )


def _columns(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    """(column, field) of the fields written in the class."""
    yield "id", "id"
    for one in node.body:
        if isinstance(one, ast.Assign) and isinstance(one.value, ast.Call) and isinstance(one.targets[0], ast.Name):
            field = one.targets[0].id
            kind = getattr(one.value.func, "attr", getattr(one.value.func, "id", ""))
            named = [word.value for word in one.value.keywords if word.arg == "db_column"]
            if named:
                yield (str(named[0].value) if isinstance(named[0], ast.Constant) else ""), field
            else:
                yield f"{field}_id" if kind in ("ForeignKey", "OneToOneField") else field, field


# ------------------------------------------------------------------ Meta.indexes


def _with_index(text: str, model: Model, fields: tuple[str, ...], name: str) -> str | None:
    """The file with the index in the class's Meta; None where that is not sure to be all of the model's indexes."""
    index = f"models.Index(fields=[{', '.join(_quoted(one) for one in fields)}], name={_quoted(name)})"
    node, meta = model.node, _meta(model.node)
    if not re.search(r"^from django\.db import .*\bmodels\b", text, re.M):
        return None
    if meta is None:
        plain = all(ast.unparse(base) == "models.Model" for base in node.bases)
        indent = " " * node.body[0].col_offset
        return (
            inserted(text, node.body[-1], f"\n{indent}class Meta:\n{indent}    indexes = [{index}]\n")
            if plain
            else None
        )
    known = _option(node, "indexes")
    if known is None:
        if meta.bases:
            return None  # what it inherits is not seen here
        return inserted(text, meta.body[-1], f"{' ' * meta.body[0].col_offset}indexes = [{index}]\n")
    if not isinstance(known, (ast.List, ast.Tuple)):
        return None
    return appended(text, known, index)


# ------------------------------------------------------------------ the migration


def leaf_of(texts: Texts, folder: Path) -> str | None:
    """The one migration of an app that no other of it depends on; None if there are several, or none."""
    leaves = leaves_of(texts, folder)
    return leaves[0] if len(leaves) == 1 else None


def _dependencies(text: str) -> set[str]:
    """The names in ``dependencies`` and ``replaces``; of other apps, too, whose names differ or do not matter."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Assign) and any(
            isinstance(to, ast.Name) and to.id in ("dependencies", "replaces") for to in node.targets
        ):
            for pair in ast.walk(node.value):
                if isinstance(pair, ast.Tuple) and len(pair.elts) == 2 and isinstance(pair.elts[1], ast.Constant):
                    found.add(str(pair.elts[1].value))
    return found


def _native(migration: Migration, build: Build, model: Model, fields: tuple[str, ...], name: str) -> list[str]:
    concurrently = migration.dialect == "postgresql"
    add = "AddIndexConcurrently" if concurrently else "migrations.AddIndex"
    listed = ", ".join(_quoted(one) for one in fields)
    index = [
        f"{add}(",
        f"    model_name={_quoted(model.node.name.lower())},",
        f"    index=models.Index(fields=[{listed}], name={_quoted(name)}),",
        "),",
    ]
    if not build.before and not build.after:
        return index
    around = [
        [one.replace(migration.name, name) for one in part] for part in (build.before, build.after, build.back)
    ]
    back = [one for one in around[2] if not one.upper().startswith("DROP INDEX")]
    patient = [one for one in back if one.upper().startswith("SET ")]
    reset = [one for one in back if one.upper().startswith("RESET ")]
    return [*_run(around[0], reset), *index, *_run(around[1], patient)]


def _raw(build: Build) -> list[str]:
    return _run(list(build.up), list(build.back))


def _run(forwards: list[str], backwards: list[str]) -> list[str]:
    """`RunSQL` with each statement by itself, so that none is taken apart at a semicolon in a name."""
    lists = [f"    [{', '.join(_quoted(one) for one in part)}]," for part in (forwards, backwards)]
    return ["migrations.RunSQL(", *lists, "),"]


def _text(migration: Migration, app: str, leaf: str, header: Iterable[str], operations: list[str]) -> str:
    concurrently = migration.dialect == "postgresql"
    native = any("AddIndexConcurrently(" in one for one in operations)
    imports = ["from django.contrib.postgres.operations import AddIndexConcurrently"] if native else []
    models = any("models.Index" in one for one in operations)
    imports.append("from django.db import migrations, models" if models else "from django.db import migrations")
    body = ["    atomic = False  # the index is built while others write", ""] if concurrently else []
    lines = [
        *(f"# {' '.join(one.split())}" for one in header if one.strip()),
        "",
        *imports,
        "",
        "",
        "class Migration(migrations.Migration):",
        *body,
        f"    dependencies = [({_quoted(app)}, {_quoted(leaf)})]",
        "",
        "    operations = [",
        *(f"        {one}" for one in operations),
        "    ]",
    ]
    return "\n".join(lines).lstrip("\n") + "\n"


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:50] or "index"


def _quoted(text: str) -> str:
    """A Python literal, in double quotes where that is simple."""
    return f'"{text}"' if text.isprintable() and '"' not in text and "\\" not in text else repr(text)
