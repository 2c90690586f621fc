"""SQLAlchemy's models: the index of a migration in the `__table_args__` of the class that declares the table."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from perfprof.optimizer.migrations.model_text import appended, inserted
from perfprof.optimizer.migrations.planned import Texts
from perfprof.optimizer.migrations.statements import Build
from perfprof.rules.rule import Migration

_ARGS, _TABLE = "__table_args__", "__tablename__"


def with_index(texts: Texts, migration: Migration, build: Build) -> tuple[Path, str] | None:
    """The file and its new text; None where it is not sure which class it is, or what its arguments are."""
    found = [one for one in _mapped(texts, migration.table) if migration.schema in ("", _schema(one[1]))]
    if len(found) != 1 or not build.columns:
        return None
    path, node = found[0]
    text = texts.read(path) or ""
    mixed = _mixed_in(node, {one.name: one for one in _classes(text)})
    known = {name for one in (node, *mixed) for name, _ in _columns(one)}
    if not all(name in known for name, _ in build.columns) or not texts.even(path):
        return None
    edited = _edited(text, node, migration, build) if not any(_option(one, _ARGS) for one in mixed) else None
    return None if edited is None else (path, edited)


def _mapped(texts: Texts, table: str) -> Iterator[tuple[Path, ast.ClassDef]]:
    """The classes that are stored in a table, with their files."""
    for path in sorted(texts.root.rglob("*.py")):
        ours = not texts.foreign(path) and "versions" not in path.relative_to(texts.root).parts
        if ours:
            yield from ((path, node) for node in _classes(texts.read(path) or "") if _table(node) == table)


def _classes(text: str) -> Iterator[ast.ClassDef]:
    if _TABLE not in text and ".Model" not in text:
        return
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return
    yield from (one for one in tree.body if isinstance(one, ast.ClassDef))


def _mixed_in(node: ast.ClassDef, classes: dict[str, ast.ClassDef]) -> list[ast.ClassDef]:
    """The classes of the same file that it is made of."""
    below = [classes[base.id] for base in node.bases if isinstance(base, ast.Name) and base.id in classes]
    return [deep for one in below if one is not node for deep in (one, *_mixed_in(one, classes))]


def _option(node: ast.ClassDef, name: str) -> ast.stmt | None:
    """The statement of the class that assigns a name, or defines it as a function."""
    for one in node.body:
        targets = one.targets if isinstance(one, ast.Assign) else [getattr(one, "target", None)]
        if any(isinstance(to, ast.Name) and to.id == name for to in targets) or getattr(one, "name", "") == name:
            return one
    return None


def _said(node: ast.ClassDef, name: str) -> str:
    value = getattr(_option(node, name), "value", None)
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else ""


def _table(node: ast.ClassDef) -> str:
    """The table that the class names, or that Flask-SQLAlchemy makes of the class's name."""
    named = _option(node, _TABLE)
    if named is not None:
        return _said(node, _TABLE)
    if not any(isinstance(base, ast.Attribute) and base.attr == "Model" for base in node.bases):
        return ""
    return re.sub(r"((?<=[a-z0-9])[A-Z]|(?!^)[A-Z](?=[a-z]))", r"_\1", node.name).lower().lstrip("_")


def _schema(node: ast.ClassDef) -> str:
    """The schema that the class's own arguments name, "public" for none."""
    value = getattr(_option(node, _ARGS), "value", None)
    options = value.elts[-1] if isinstance(value, ast.Tuple) and value.elts else value
    pairs = zip(options.keys, options.values, strict=True) if isinstance(options, ast.Dict) else ()
    named = (
        one.value
        for key, one in pairs
        if isinstance(key, ast.Constant) and key.value == "schema" and isinstance(one, ast.Constant)
    )
    return str(next(named, "public"))


def _columns(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    """(column, attribute) of `mapped_column(…)`, `Column(…)` and bare `Mapped[…]` in the class."""
    for one in node.body:
        target = one.targets[0] if isinstance(one, ast.Assign) else getattr(one, "target", None)
        value = getattr(one, "value", None)
        if not isinstance(target, ast.Name):
            continue
        kind = getattr(getattr(value, "func", None), "attr", getattr(getattr(value, "func", None), "id", ""))
        if isinstance(value, ast.Call) and kind in ("mapped_column", "Column"):
            first = value.args[0] if value.args else None
            named = isinstance(first, ast.Constant) and isinstance(first.value, str)
            yield (str(first.value) if named and isinstance(first, ast.Constant) else target.id), target.id
        elif value is None and isinstance(one, ast.AnnAssign) and "Mapped" in ast.unparse(one.annotation):
            yield target.id, target.id


def _edited(text: str, node: ast.ClassDef, migration: Migration, build: Build) -> str | None:
    """The class with one more index; the import of it is added where there is none."""
    maker, imported = _maker(text, "Index")
    raw, also = _maker(text, "text") if any(descending for _, descending in build.columns) else ("", "")
    parts = [
        f"{raw}({_quoted(_name(name) + ' DESC')})" if descending else _quoted(name)
        for name, descending in build.columns
    ]
    index = f"{maker}({', '.join([_quoted(migration.name), *parts])})"
    after = _placed(text, node, index)
    for statement in (imported, also):
        after = _with_import(after, statement) if after is not None and statement else after
    return after


def _placed(text: str, node: ast.ClassDef, index: str) -> str | None:
    """The index among the class's arguments; None where these are not written down."""
    known = _option(node, _ARGS)
    value = getattr(known, "value", None)
    if known is None:
        table = _option(node, _TABLE)
        after = table or (node.body[0] if ast.get_docstring(node) is not None else None)
        line = f"{' ' * node.body[0].col_offset}{_ARGS} = ({index},)\n"
        if not _plain(node, text):
            return None
        return inserted(text, after, line) if after else _above(text, node, line)
    if isinstance(value, ast.Tuple) and not (value.elts and isinstance(value.elts[-1], (ast.Dict, ast.Starred))):
        return appended(text, value, index)
    return _before_options(text, value, index) if isinstance(value, (ast.Tuple, ast.Dict)) else None


def _above(text: str, node: ast.ClassDef, line: str) -> str:
    """The text with a line before the first of the class's body."""
    first = node.body[0]
    above = min([first.lineno, *(one.lineno for one in getattr(first, "decorator_list", ()))]) - 1
    lines = text.splitlines(keepends=True)
    return "".join([*lines[:above], line, *lines[above:]])


def _plain(node: ast.ClassDef, text: str) -> bool:
    """Whether no base may bring arguments of its own: all but one, the declarative base, are read in this file."""
    known = {one.name for one in _classes(text)}
    return sum(not (isinstance(base, ast.Name) and base.id in known) for base in node.bases) <= 1


def _before_options(text: str, value: ast.Tuple | ast.Dict, index: str) -> str | None:
    """`{…}` becomes `(index, {…})`, and `(…, {…})` gets the index before its last."""
    options = value.elts[-1] if isinstance(value, ast.Tuple) else value
    if not isinstance(options, ast.Dict):
        return None
    lines = text.split("\n")
    line, column = options.lineno - 1, options.col_offset
    end, behind = (options.end_lineno or options.lineno) - 1, options.end_col_offset or 0
    if isinstance(value, ast.Dict):
        lines[end] = _put(lines[end], behind, ")")
        lines[line] = _put(lines[line], column, f"({index}, ")
    else:
        lines[line] = _put(lines[line], column, f"{index}, ")
    return "\n".join(lines)


def _put(line: str, column: int, what: str) -> str:
    data = line.encode()
    return data[:column].decode() + what + data[column:].decode()


def _maker(text: str, name: str) -> tuple[str, str]:
    """How the module calls something of SQLAlchemy's, and the import that it lacks."""
    module = re.search(r"^import sqlalchemy(?: as (\w+))?$", text, re.M)
    if re.search(rf"^from sqlalchemy import [^\n]*\b{name}\b(?! as)", text, re.M):
        return name, ""
    if module:
        return f"{module[1] or 'sqlalchemy'}.{name}", ""
    return name, f"from sqlalchemy import {name}"


def _with_import(text: str, statement: str) -> str | None:
    from perfprof.optimizer.writing.edits import EditError, apply_edits
    from perfprof.rules.rule import Edit

    try:
        return apply_edits(text, [Edit("import", statement)])
    except EditError:
        return None


def _name(column: str) -> str:
    return column if re.fullmatch(r"[a-z_][a-z0-9_]*", column) else '"' + column.replace('"', '""') + '"'


def _quoted(text: str) -> str:
    return f'"{text}"' if text.isprintable() and '"' not in text and "\\" not in text else repr(text)
