"""Django's migrations: `AddIndexConcurrently` after the app's leaf, and the index in the model's `Meta.indexes`.

Both are written, so that `makemigrations` has nothing to say afterwards. An index of more than plain columns becomes
`RunSQL`, which is no part of the models' state. Nothing that exists is changed but the model's file.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

from perfprof.optimizer.migrations.django_models import Model, fields_of, model_of, tree_of, with_index
from perfprof.optimizer.migrations.planned import Texts
from perfprof.optimizer.migrations.remains import without_remains
from perfprof.optimizer.migrations.statements import Build, build_of
from perfprof.optimizer.patches import FileChange
from perfprof.rules.rule import Migration

LONGEST_NAME = 30  # of an index, as Django's checks want it
_NUMBERED = re.compile(r"(\d{4,})_")


def changes(texts: Texts, migration: Migration, header: Iterable[str]) -> tuple[FileChange, ...] | None:
    """The migration's file and the model's; None if the project is none of Django's or the model is not sure."""
    if not (texts.root / "manage.py").is_file() and not _uses_django(texts.root):
        return None
    build, model = build_of(migration), model_of(texts, migration.table)
    if build is None or model is None or (migration.schema and migration.schema != "public"):
        return None
    leaf = leaf_of(texts, model)
    if leaf is None:
        return None
    name = short(migration.name)
    sure = _quotes_itself(migration) and model.managed and texts.even(model.path)
    fields = fields_of(model, build) if sure else ()
    edited = with_index(texts.read(model.path) or "", model, _index(fields, name)) if fields else None
    operation, functions = _raw(migration, build), list[str]()
    if edited:
        operation = _native(migration, build, model, fields, name)
    elif not model.managed:
        operation, functions = _where_it_is(migration, build)
    file = model.folder / f"{_next_number(texts, model):04d}_{_slug(name)}.py"
    if texts.read(file) is not None:
        return None
    text = _text(migration, (model.app, leaf), header, operation, functions)
    made = [texts.change(file, text)]
    return tuple([*made, texts.change(model.path, edited)] if edited else made)


def _next_number(texts: Texts, model: Model) -> int:
    """The first that no migration of the app, and none behind one, has."""
    taken = [_NUMBERED.match(path.name) for path in texts.files(model.folder, "*.py")]
    return max((int(match[1]) for match in taken if match), default=0) + 1


def _quotes_itself(migration: Migration) -> bool:
    """Whether Django quotes these names right: it puts them in quotes, whatever they hold."""
    return not any('"' in name or "%" in name for name in (migration.table, *migration.columns))


def leaves_of(texts: Texts, model: Model) -> list[str]:
    """The migrations of an app that no other of it depends on; one that replaces others stands for them."""
    needs: dict[str, set[str]] = {}
    instead: dict[str, str] = {}
    for path in texts.files(model.folder, "*.py"):
        if path.name.startswith(("_", ".")):
            continue
        text = texts.read(path) or ""
        needs[path.stem] = _named(text, "dependencies", model.app)
        instead |= dict.fromkeys(_named(text, "replaces", model.app), path.stem)
    left = needs.keys() - instead.keys()
    needed = {instead.get(name, name) for one in left for name in needs[one]}
    return sorted(left - needed)


def refusal(texts: Texts, migration: Migration) -> str:
    """Why a project of Django's gets plain SQL, where its author can change that; else empty."""
    model = model_of(texts, migration.table)
    leaves = leaves_of(texts, model) if model is not None else []
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


# ------------------------------------------------------------------ the migration


def leaf_of(texts: Texts, model: Model) -> str | None:
    """The one migration of an app that no other of it depends on; None if there are several, or none."""
    leaves = leaves_of(texts, model)
    return leaves[0] if len(leaves) == 1 else None


def _named(text: str, option: str, app: str) -> set[str]:
    """The app's own migrations that a migration names in ``dependencies`` or ``replaces``."""
    found: set[str] = set()
    for node in ast.walk(tree_of(text) or ast.Module([], [])):
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        value = getattr(node, "value", None)
        if value is not None and any(isinstance(to, ast.Name) and to.id == option for to in targets):
            for pair in ast.walk(value):
                parts = [getattr(one, "value", None) for one in getattr(pair, "elts", ())]
                if isinstance(pair, ast.Tuple) and len(parts) == 2 and parts[0] == app:
                    found.add(str(parts[1]))
    return found


def _native(migration: Migration, build: Build, model: Model, fields: tuple[str, ...], name: str) -> list[str]:
    concurrently = migration.dialect == "postgresql"
    add = "AddIndexConcurrently" if concurrently else "migrations.AddIndex"
    index = [
        f"{add}(",
        f"    model_name={_quoted(model.node.name.lower())},",
        f"    index={_index(fields, name)},",
        "),",
    ]
    if not build.before and not build.after:
        return index
    before = without_remains(build.before, migration, build.columns, name)
    patient = [one for one in build.back if one.upper().startswith("SET ")]
    reset = [one for one in build.back if one.upper().startswith("RESET ")]
    return [*_run(list(before), reset), *index, *_run(list(build.after), patient)]


def _index(fields: tuple[str, ...], name: str) -> str:
    listed = ", ".join(_quoted(one) for one in fields)
    return f"models.Index(fields=[{listed}], name={_quoted(name)})"


def _raw(migration: Migration, build: Build) -> list[str]:
    return _run(*_statements(migration, build))


def _statements(migration: Migration, build: Build) -> tuple[list[str], list[str]]:
    """Forwards and backwards."""
    before = without_remains(build.before, migration, build.columns, migration.name)
    return [*before, build.create, *build.after], list(build.back)


def _where_it_is(migration: Migration, build: Build) -> tuple[list[str], list[str]]:
    """Operation and functions for a table that Django does not make: the database of its tests may lack it."""
    functions: list[str] = []
    for name, statements in zip(("forwards", "backwards"), _statements(migration, build), strict=True):
        functions += [
            f"def {name}(apps, schema_editor):",
            f"    if {_quoted(migration.table)} in schema_editor.connection.introspection.table_names():",
            "        for statement in [",
            *(f"            {_quoted(one)}," for one in statements),
            "        ]:",
            "            schema_editor.execute(statement, None)",
            "",
            "",
        ]
    return ["migrations.RunPython(forwards, backwards),"], functions


def _run(forwards: list[str], backwards: list[str]) -> list[str]:
    """`RunSQL` with each statement by itself, so that none is taken apart at a semicolon in a name."""
    lists = [f"    [{', '.join(_quoted(one) for one in part)}]," for part in (forwards, backwards)]
    return ["migrations.RunSQL(", *lists, "),"]


def _text(
    migration: Migration, after: tuple[str, str], header: Iterable[str], operations: list[str], functions: list[str]
) -> str:
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
        *functions,
        "class Migration(migrations.Migration):",
        *body,
        f"    dependencies = [({_quoted(after[0])}, {_quoted(after[1])})]",
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
