"""Stars: which names a ``from … import *`` may bind. A module of the project is read; any other may bind all."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, cast

from perfprof.rules.reading.resolution import module_of

if TYPE_CHECKING:
    import ast

    from perfprof.rules.reading.modules import Module

# Modules of the standard library that people import all of, and the builtins that they hide (3.10 to 3.14).
_STANDARD = frozenset(
    """abc array bisect calendar cmath collections contextlib copy ctypes dataclasses datetime decimal errno
    fractions functools glob hashlib heapq itertools json logging os.path pathlib pprint queue random select shutil signal
    socket stat statistics string struct subprocess tempfile textwrap time tkinter tkinter.constants tkinter.ttk token
    traceback turtle types typing unittest urllib.parse urllib.request uuid warnings xml.etree.ElementTree""".split()
)
_HIDDEN = {"fnmatch": {"filter"}, "math": {"pow"}, "operator": {"abs", "pow"}, "os": {"open"}, "re": {"compile"}}
_HIDDEN |= {
    "enum": {"property"},
    "io": {"open", "BlockingIOError"},
    "threading": {"enumerate"},
    "sys": {"exit", "copyright"},
}
_BY_TEXT = frozenset({"globals", "exec", "__dict__"})  # by which a module may get names that nobody sees


def star_for(name: str, module: Module) -> ast.ImportFrom | None:
    """The ``import *`` of a module that may bind a name; None if none does."""
    if not module.stars:
        return None
    known = cast("dict[str, ast.ImportFrom | None]", module.functions[0].memo.setdefault("stars", {}))
    if name not in known:
        known[name] = None  # so that modules which import each other end; what one binds itself is seen there
        known[name] = next((one for one in module.stars[::-1] if _may_bind(name, one, module)), None)
    return known[name]


def _may_bind(name: str, statement: ast.ImportFrom, module: Module) -> bool:
    other = module_of(statement, module, module.program) if module.program is not None else None
    if other is None:
        known = not statement.level and (statement.module in _STANDARD or statement.module in _HIDDEN)
        return not (known and hasattr(builtins, name)) or name in _HIDDEN.get(statement.module or "", ())
    bound = name in other.functions[0].names.bindings or any(name in one.declared_global for one in other.functions)
    listed = name in other.identifiers and "__all__" in other.identifiers  # perhaps a module beside it
    folder = other.path.parent if other.path.stem == "__init__" else None
    beside = folder is not None and ((folder / f"{name}.py").exists() or (folder / name).exists())
    return bound or listed or beside or bool(_BY_TEXT & other.identifiers) or star_for(name, other) is not None
