"""What of its module a closed function needs: constants that cannot change, and functions that are closed themselves.

A test may give such a name another value: who keeps results asks whether a file of the project does so.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from perfprof.rules.reading.callees import is_generator
from perfprof.rules.reading.closed import UNKNOWN, from_outside, is_standard, not_closed
from perfprof.rules.reading.expressions import is_builtin, path_of
from perfprof.rules.reading.functions import DEFINITIONS
from perfprof.rules.reading.resolution import module_of, resolve
from perfprof.rules.reading.stars import star_for

if TYPE_CHECKING:
    from perfprof.rules.reading.modules import Module
    from perfprof.rules.reading.program import Function, Program

_DEPTH = 5  # functions that call one another
_BESIDE = " does more than compute: "


@dataclass
class Needs:
    """What a function needs: names of its module, and of the modules of the functions that it calls.

    trail: the functions that are being read. read: all that were.
    """

    of: Function
    program: Program
    names: dict[str, None] = field(default_factory=dict)
    trail: list[Function] = field(default_factory=list)
    read: list[Function] = field(default_factory=list)

    def knows(self, node: ast.Name, function: Function) -> str:
        """Why a name may stand for something else; "" if it is a constant, or a closed function that is called."""
        module = function.module
        once = node.id in module.top and module.binds_once(node.id) and star_for(node.id, module) is None
        if not once or not isinstance(node.ctx, ast.Load):
            return from_outside(node, function)
        self.names[node.id] = None
        fixed = is_standard(node, function) or _is_constant(node.id, module, self.program)
        return "" if fixed else self._not_closed(node, function)

    def _not_closed(self, node: ast.Name, function: Function) -> str:
        above = function.parents.get(node)
        target = resolve(node, function, self.program)
        if target is None or not (isinstance(above, ast.Call) and above.func is node):
            return from_outside(node, function)
        if target in self.trail or len(self.trail) >= _DEPTH or target is self.of or not _plainly_defined(target):
            return f"what `{node.id}` {UNKNOWN}"
        self.trail.append(target)
        self.read.append(target)
        problem = not_closed(_said(target), target, self.knows)
        self.trail.pop()
        return "" if problem is None else _told(target, *problem)


def _told(target: Function, node: ast.AST, why: str) -> str:
    """What a function that is called does beside computing; of what it calls in its turn, only the last is told."""
    return why if _BESIDE in why else f"`{target.qualname}`{_BESIDE}{why} ({target.place(node)})"


def _said(target: Function) -> list[ast.stmt]:
    """Its statements without the docstring."""
    body = target.body
    first = body[0].value if isinstance(body[0], ast.Expr) else None
    return body[1:] if isinstance(first, ast.Constant) else body


def _plainly_defined(target: Function) -> bool:
    node = target.node
    if (
        not isinstance(node, ast.FunctionDef)
        or "." in target.qualname
        or node.decorator_list
        or is_generator(target)
    ):
        return False
    given = (*node.args.defaults, *(one for one in node.args.kw_defaults if one is not None))
    return all(isinstance(one, ast.Constant) for one in given)


def _is_constant(name: str, module: Module, program: Program, depth: int = 3) -> bool:
    """Whether a module binds a name once, to something that nobody can change."""
    found = module.top.get(name)
    if not module.binds_once(name) or found not in module.tree.body or isinstance(found, DEFINITIONS):
        return False
    if isinstance(found, ast.ImportFrom):
        return depth > 0 and _constant_elsewhere(name, found, module, program, depth - 1)
    if isinstance(found, ast.Assign) and not isinstance(found.targets[0], ast.Name):
        return False
    value = found.value if isinstance(found, (ast.Assign, ast.AnnAssign)) else None
    return value is not None and _is_fixed(value, module)


def _constant_elsewhere(name: str, found: ast.ImportFrom, module: Module, program: Program, depth: int) -> bool:
    other = module_of(found, module, program)
    original = next((one.name for one in found.names if (one.asname or one.name) == name), name)
    return other is not None and other is not module and _is_constant(original, other, program, depth)


def _is_fixed(node: ast.expr, module: Module) -> bool:
    """A number, a text, a tuple or a frozenset of such, or a pattern that is written down."""
    if isinstance(node, ast.Constant):
        return node.value is not ...
    if isinstance(node, ast.UnaryOp):
        return _is_fixed(node.operand, module)
    if isinstance(node, ast.BinOp):
        return _is_fixed(node.left, module) and _is_fixed(node.right, module)
    if isinstance(node, ast.Tuple):
        return all(_is_fixed(one, module) for one in node.elts)
    made = isinstance(node, ast.Call) and not node.keywords
    return made and (_is_frozenset(node, module) or _is_pattern(node, module))  # type: ignore[arg-type]


def _is_frozenset(node: ast.Call, module: Module) -> bool:
    """``frozenset({"a", "b"})``."""
    if not (isinstance(node.func, ast.Name) and node.func.id == "frozenset" and len(node.args) == 1):
        return False
    held = node.args[0]
    plain = isinstance(held, (ast.Set, ast.List, ast.Tuple)) and all(_is_fixed(one, module) for one in held.elts)
    return plain and is_builtin("frozenset", module.functions[0])


def _is_pattern(node: ast.Call, module: Module) -> bool:
    """``re.compile("…")``, perhaps with flags of `re`."""
    imported = isinstance(module.top.get("re"), ast.Import) and "re" not in module.rebound
    named = path_of(node.func) == ("re", "compile")
    said = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else None
    fixed = isinstance(said, str) or (isinstance(said, bytes) and b"(?" not in said)  # `(?L)` asks the locale
    flags = all(_is_flag(one) for part in node.args[1:] for one in ast.walk(part))
    return imported and named and fixed and flags


def _is_flag(node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute):
        return isinstance(node.value, ast.Name) and node.value.id == "re" and node.attr not in {"L", "LOCALE"}
    return isinstance(node, (ast.Name, ast.BinOp, ast.BitOr, ast.Load))
