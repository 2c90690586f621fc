"""Callees that need no reading: containers' own methods, loggers, the standard library."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from perfprof.rules.reading.expressions import makes_container, path_of
from perfprof.rules.reading.syntax import walk
from perfprof.rules.reading.types import bound_by_comprehension, builtin_type

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Module, Program

# On an object of unknown class these names nearly always mean the builtin containers' own methods …
CONTAINER_METHODS = frozenset(
    """append extend insert pop sort reverse appendleft extendleft popleft rotate setdefault popitem""".split()
)
# … and these may as well be a method of the application.
SHARED_METHODS = frozenset(["add", "discard", "remove", "update", "clear", "subtract"])
PATTERN_METHODS = frozenset({"match", "search", "fullmatch", "findall", "finditer", "split", "sub", "subn"})
LOG_NAMES = frozenset({"log", "logger", "logging", "LOG", "LOGGER", "_log", "_logger", "warnings"})
LOG_METHODS = frozenset("debug info warning warn error exception critical log".split())
HARMLESS_MODULES = frozenset(
    """array base64 binascii bisect calendar cmath collections colorsys copy csv dataclasses datetime decimal
    difflib enum fnmatch fractions functools glob hashlib heapq hmac html io ipaddress itertools json locale
    logging math numbers operator os pathlib platform random re secrets shutil statistics string struct sys
    tempfile textwrap time types typing unicodedata urllib uuid warnings zlib""".split()
)
CHANGES_FIRST_ARGUMENT = frozenset(
    """heapq.heappush heapq.heappop heapq.heapify heapq.heapreplace heapq.heappushpop bisect.insort
    bisect.insort_left bisect.insort_right random.shuffle operator.setitem operator.delitem operator.iadd
    operator.iconcat operator.imul struct.pack_into""".split()
)
# Which argument they call, by place; and by word.
CALLS_BACK = {
    "functools.reduce": 0, "itertools.starmap": 0, "itertools.takewhile": 0, "itertools.dropwhile": 0, "itertools.filterfalse": 0,
    "itertools.accumulate": 1, "itertools.groupby": 1, "re.sub": 1, "re.subn": 1,
}  # fmt: skip
CALLED_WORDS = frozenset({"key", "func", "function", "repl", "default", "object_hook"})
PLAIN_DECORATORS = frozenset({"dataclass", "total_ordering", "final", "unique"})


def called_by(call: ast.Call, name: str, function: Function) -> Iterator[ast.expr]:
    """What a function of the standard library calls of the names that it is given, unless they are its own or texts."""
    place = CALLS_BACK.get(name, len(call.args))
    given = call.args[place : place + 1] + [word.value for word in call.keywords if word.arg in CALLED_WORDS]
    for one in given:
        known = not isinstance(one, (ast.Name, ast.Attribute)) or builtin_type(one, function) is not None
        if not known and standard(one, function) is None:
            yield one


def logs(callee: ast.Attribute) -> bool:
    """Whether it is a method of a logger, by name."""
    base = path_of(callee.value)
    return base is not None and base[-1] in LOG_NAMES and callee.attr in LOG_METHODS


def may_be_own_method(callee: ast.Attribute, function: Function) -> bool:
    """Whether the method is called on the object itself, so that the class may define it."""
    return isinstance(callee.value, ast.Name) and callee.value.id in {"self", "cls"}


def standard(callee: ast.expr, function: Function) -> str | None:
    """``module.function`` if the callee is of a standard module that only works on what it is given."""
    path = path_of(callee)
    if path is None:
        return None
    if len(path) == 2 and path[1] in PATTERN_METHODS and _is_pattern(path[0], function):
        return f"re.{path[1]}"
    found = _import_of(path[0], function)
    if found is None or _is_own_of_part(callee, function):
        return None
    if isinstance(found, ast.Import) and len(path) > 1:
        dotted = next((one.name for one in found.names if (one.asname or one.name.split(".")[0]) == path[0]), "")
        return ".".join([dotted.split(".")[0], path[-1]]) if dotted.split(".")[0] in HARMLESS_MODULES else None
    if isinstance(found, ast.ImportFrom) and not found.level and len(path) <= 2:
        root = (found.module or "").split(".")[0]
        name = next((one.name for one in found.names if (one.asname or one.name) == path[0]), path[0])
        return f"{root}.{path[-1] if len(path) == 2 else name}" if root in HARMLESS_MODULES else None
    return None


def _is_own_of_part(callee: ast.expr, function: Function) -> bool:
    """Whether the name that it begins with is one that a comprehension or a lambda around binds."""
    while isinstance(callee, ast.Attribute):
        callee = callee.value
    known = isinstance(callee, ast.Name) and callee in function.parents  # a copied node stands nowhere
    return known and bound_by_comprehension(callee, function)  # type: ignore[arg-type]


def _is_pattern(name: str, function: Function) -> bool:
    """Whether a name, of the function or the module, means nothing but what ``re.compile`` made."""
    values: list[ast.expr | None] = [*(function.names.values(name) or ())]
    if not function.names.is_local(name) and name not in function.module.rebound:
        values = [getattr(function.module.top.get(name), "value", None)]
    return bool(values) and all(
        isinstance(one, ast.Call) and standard(one.func, function) == "re.compile" for one in values
    )


def _import_of(name: str, function: Function) -> ast.AST | None:
    """The import that binds a name, and nothing else does: in the function, in one around it, or in the module."""
    scope: Function | None = function
    while scope is not None and scope.qualname != "<module>":
        bindings = scope.names.bindings.get(name, [])
        if bindings or name in scope.parameters:
            only = bindings[0].node if len(bindings) == 1 and scope.names.is_local(name) else None
            return scope.parents.get(only) if isinstance(only, ast.alias) else None
        scope = scope.outer
    module = function.module
    return module.top.get(name) if name not in module.rebound else _same_again(name, module)


def _same_again(name: str, module: Module) -> ast.Import | ast.ImportFrom | None:
    """The import by which a module binds a name several times, if it is always the same: ``import os``, ``import os.path``."""
    whole = module.functions[0]
    imports: list[ast.Import | ast.ImportFrom] = [*whole.every(ast.Import), *whole.every(ast.ImportFrom)]
    found = [
        (one, getattr(one, "module", None), getattr(one, "level", 0), alias.name if alias.asname else name)
        for one in imports
        for alias in one.names
        if (alias.asname or alias.name.partition(".")[0]) == name
    ]
    declared = any(name in one.declared_global for one in module.functions)
    alike = len({one[1:] for one in found}) == 1 and len(whole.names.bindings.get(name, ())) == len(found)
    return found[0][0] if alike and not declared else None


def is_container(node: ast.expr, function: Function) -> bool:
    """Whether the object is a builtin container by all assignments that can be seen."""
    if isinstance(node, ast.Name):
        values = function.names.values(node.id)
        return bool(values) and all(makes_container(value, function) for value in values or ())
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
        stores = list(_attribute_values(function, node.attr))
        return bool(stores) and all(value is not None and makes_container(value, function) for value in stores)
    return makes_container(node, function)


def _attribute_values(function: Function, name: str) -> Iterator[ast.expr | None]:
    """All that the class around stores in ``self.name``; None for a store that is no plain assignment."""
    if function.owner is None:
        yield None
        return
    for node in walk(function.owner):
        if isinstance(node, ast.Assign):
            targets, value = node.targets, node.value
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            targets, value = [node.target], node.value
        else:
            continue
        for target in targets:
            if isinstance(target, ast.Attribute) and target.attr == name:
                yield value


_YIELDS = frozenset((ast.Yield, ast.YieldFrom))


def set_by_code(node: ast.AST, function: Function, program: Program) -> bool:
    """Whether storing there may call a property's setter, or the object's own ``__setitem__``."""
    if isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load):
        return path_of(node.value) == ("self",)
    if not isinstance(node, ast.Attribute) or isinstance(node.ctx, ast.Load):
        return False
    return node.attr in function.module.methods or node.attr in program.methods


def own_method(callee: ast.Attribute, function: Function, program: Program) -> bool:
    """Whether a class that is read so far has a method of this name, so that it need not be the builtins'."""
    if is_container(callee.value, function):
        return False
    return callee.attr in function.module.methods or callee.attr in program.methods


def is_generator(function: Function) -> bool:
    """Whether calling it only makes a generator."""
    known = function.memo.get("generator")
    if known is None:
        known = function.memo["generator"] = any(one.__class__ in _YIELDS for one in walk(function.node))
    return bool(known)
