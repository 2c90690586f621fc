"""Import the module that a captured call belongs to, from the old copy of the project, under its own name."""

from __future__ import annotations

import ast
import functools
import importlib
import importlib.util
import sys
import types
from collections.abc import Iterator
from pathlib import Path


class NotImportedError(Exception):
    """The module cannot be brought up outside its program."""


@functools.cache
def load(root: Path, path: str, script: str) -> types.ModuleType:
    """The module of the file ``root/path``. script: path of the program that the workload starts, or empty."""
    file = root / path
    if path == script:
        return _as_main(file)
    problem = "no name under which it can be imported was found"
    for name in _names(root, file):
        try:
            spec = importlib.util.find_spec(name)
            if spec is None or not spec.origin or not _same(spec.origin, file):
                continue
            return importlib.import_module(name)
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"
        except SystemExit as error:
            problem = f"it ended the program (exit {error.code})"
    raise NotImportedError(f"{path} cannot be imported outside its program: {problem}"[:300])


def _names(root: Path, file: Path) -> Iterator[str]:
    """Dotted names of a file, the package that its ``__init__`` files form first."""
    parts = [file.parent.name] if file.stem == "__init__" else [file.stem]
    folder = file.parent.parent if file.stem == "__init__" else file.parent
    while (folder / "__init__.py").exists() and folder != folder.parent:
        parts.insert(0, folder.name)
        folder = folder.parent
    yield ".".join(parts)
    while folder != root and root in folder.parents:  # namespace packages have no mark
        parts.insert(0, folder.name)
        folder = folder.parent
        yield ".".join(parts)


def _same(one: str, other: Path) -> bool:
    try:
        return Path(one).resolve() == other.resolve()
    except OSError:
        return False


def _as_main(file: Path) -> types.ModuleType:
    """The program itself as ``__main__``, without starting it; as multiprocessing's spawn does."""
    text = file.read_text(encoding="utf-8-sig")
    tree = ast.parse(text)
    if not any(isinstance(node, ast.If) and "__name__" in ast.dump(node.test) for node in tree.body):
        tree.body = list(_definitions(tree.body))
    module = types.ModuleType("__mp_main__")
    module.__file__ = str(file)
    sys.modules["__main__"] = sys.modules["__mp_main__"] = module
    try:
        exec(compile(tree, str(file), "exec", dont_inherit=True), module.__dict__)  # noqa: S102
    except (Exception, SystemExit) as error:
        raise NotImportedError(
            f"{file.name} cannot be loaded without starting it: {type(error).__name__}: {error}"
        ) from None
    return module


def _definitions(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Imports, functions and classes, and the assignments that those read: the rest is the program's work."""
    code = (ast.Import, ast.ImportFrom, ast.Try, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    kept: set[ast.stmt] = {node for node in body if isinstance(node, code)}
    more = kept
    while more:
        read = set().union(*map(_read, kept))
        more = {node for node in body if read & _assigned(node)} - kept
        kept |= more
    return (node for node in body if node in kept)


def _read(statement: ast.stmt) -> set[str]:
    return {
        node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }


def _assigned(statement: ast.stmt) -> set[str]:
    """The names that an assignment binds; none for other statements."""
    if not isinstance(statement, (ast.Assign, ast.AnnAssign)):
        return set()
    return {
        node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
