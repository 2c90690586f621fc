"""``DATABASES`` of a Django project: which file sets it, and the dict of one database."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from perfprof.rules.reading.functions import Function
from perfprof.rules.reading.program import Program
from perfprof.rules.rewording.places import project_files
from perfprof.rules.settings.written import option

_SERVERS = ("postgresql", "postgis", "psycopg2", "postgresql_psycopg2")


@dataclass(frozen=True, eq=False, slots=True)
class Database:
    """One entry of ``DATABASES``. value: a dict display, or whatever else makes the entry (a call that reads the environment)."""

    function: Function
    alias: str
    value: ast.expr

    @property
    def place(self) -> str:
        """``path:line``."""
        return f"{self.function.module.relative}:{self.value.lineno}"

    def literal(self, name: str) -> str:
        """A text that is written for a key, "" if there is none."""
        known = option(self.value, name) if isinstance(self.value, ast.Dict) else None
        found = known.node.value if known is not None and isinstance(known.node, ast.Constant) else ""
        return str(found)


def databases(program: Program) -> list[Database]:
    """Those of all settings files that name a server of PostgreSQL, or leave its kind to the environment."""
    found = []
    for path in project_files(program.root, "*.py"):
        text = program.read(path) or ""
        module = program.module(path) if "DATABASES" in text else None
        for function in module.functions if module is not None else ():
            if function.qualname == "<module>":
                found += list(_entries(function))
    return [one for one in found if not isinstance(one.value, ast.Dict) or _is_server(one)]


def set_later(program: Program, name: str) -> str:
    """Where code assigns this key beside the dict, or updates the dict, ``path:line``; "" if none does."""
    for path in project_files(program.root, "*.py"):
        module = program.module(path) if "DATABASES" in (program.read(path) or "") else None
        for node in ast.walk(module.tree) if module is not None else ():
            if _sets(node, name):
                return f"{path.relative_to(program.root).as_posix()}:{getattr(node, 'lineno', 0)}"
    return ""


def _sets(node: ast.AST, name: str) -> bool:
    if isinstance(node, ast.Subscript):
        key = node.slice.value if isinstance(node.slice, ast.Constant) else ""
        return key == name and "DATABASES" in ast.unparse(node)
    updates = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "update"
    return isinstance(node, ast.Call) and updates and "DATABASES" in ast.unparse(node.func)


def _is_server(one: Database) -> bool:
    engine = one.literal("ENGINE")
    return not engine or engine.rpartition(".")[2] in _SERVERS


def _entries(function: Function) -> Iterator[Database]:
    for node in function.module.tree.body:
        targets = (
            node.targets
            if isinstance(node, ast.Assign)
            else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        if not any(isinstance(one, ast.Name) and one.id == "DATABASES" for one in targets):
            continue
        value = getattr(node, "value", None)
        if not isinstance(value, ast.Dict):
            if isinstance(value, ast.expr):
                yield Database(function, "", value)
            continue
        for key, entry in zip(value.keys, value.values, strict=True):
            alias = key.value if isinstance(key, ast.Constant) else ""
            yield Database(function, str(alias), entry)
