"""Collections that are made only to be asked: ``wanted in [row.id for row in rows]`` asks which row has that key.

wanted not in set(row["id"] for row in rows)        ids = [row["id"] for row in rows]
                                                    if wanted not in ids: …
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from perfprof.rules.reading.conditions import conjuncts
from perfprof.rules.reading.expressions import is_builtin, path_of
from perfprof.rules.reading.names import read_names

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function
    from perfprof.rules.reading.scans import Loop, Scan

_MAKERS = frozenset({"list", "tuple", "set", "frozenset"})


def asked(scan: Scan, function: Function) -> Iterator[ast.expr]:
    """``row.id == wanted``, where the other rows' keys are only compared."""
    own = scan.own
    holder = own.holder if own is not None else None
    if own is None or holder is None or isinstance(holder, ast.DictComp) or holder.generators[-1] is not own.node:
        return
    place = _made(holder if own.call is None else own.call, function)
    above = function.parents.get(place)
    test = above if isinstance(above, ast.Compare) and above.comparators[0] is place else None
    if test is None and isinstance(above, ast.Assign):
        test = _only_asked(above, scan.around, function)
    if test is not None and len(test.ops) == 1 and isinstance(test.ops[0], (ast.In, ast.NotIn)):
        yield ast.copy_location(ast.Compare(holder.elt, [ast.Eq()], [test.left]), holder)


def _made(place: ast.expr, function: Function) -> ast.expr:
    """The collection that is made of what a comprehension gives: ``set(… for …)``."""
    above = function.parents.get(place)
    while isinstance(above, ast.Call) and isinstance(above.func, ast.Name) and above.func.id in _MAKERS:
        if above.args != [place] or above.keywords or not is_builtin(above.func.id, function):
            break
        place, above = above, function.parents.get(above)
    return place


def _only_asked(made: ast.Assign, around: tuple[Loop, ...], function: Function) -> ast.Compare | None:
    """The test of a name that gets the collection in each turn, if nothing else is done with it.

    What is looked for is read when the collection is made; so it must be the same then, and reading it must not fail
    where it would not have been read.
    """
    name = made.targets[0]
    if (
        len(made.targets) > 1
        or not isinstance(name, ast.Name)
        or not around
        or isinstance(function.node, ast.Module)
    ):
        return None
    if isinstance(made.value, ast.GeneratorExp) or len(function.names.bindings[name.id]) > 1:
        return None
    tests = [function.parents.get(use) for use in function.names.loads.get(name.id, ())]
    first = tests[0] if tests and _is_own(name.id, function) else None
    if not isinstance(first, ast.Compare) or name.id in read_names(first.left):
        return None
    block = _block(made, function)
    inside = [node for later in block[block.index(made) + 1 :] for node in _at_once(later)]
    if not all(_asks(one, name.id, first) and one in inside for one in tests):
        return None
    wanted = first.left.id if isinstance(first.left, ast.Name) else ""
    fixed = _is_own(wanted, function) and not any(_binds(node, wanted) for node in inside)
    return first if fixed or (len(tests) == 1 and _comes_next(first, made, block)) else None


def _is_own(name: str, function: Function) -> bool:
    """Whether nobody else can give the name another value."""
    return function.names.is_local(name) and name not in function.names.captured


def _asks(test: ast.AST | None, name: str, first: ast.Compare) -> bool:
    """Whether it is ``wanted in name`` or ``wanted not in name`` for the same wanted one."""
    if not isinstance(test, ast.Compare) or len(test.ops) > 1 or not isinstance(test.ops[0], (ast.In, ast.NotIn)):
        return False
    return path_of(test.comparators[0]) == (name,) and ast.dump(test.left) == ast.dump(first.left)


def _at_once(statement: ast.stmt) -> Iterator[ast.AST]:
    """The parts of a statement that run when it does; a generator expression may run later."""
    stack: list[ast.AST] = [statement]
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, (ast.GeneratorExp, ast.Lambda)):
            stack += ast.iter_child_nodes(node)


def _comes_next(test: ast.Compare, made: ast.Assign, block: list[ast.stmt]) -> bool:
    """Whether the next statement asks before it does anything else."""
    following = block[block.index(made) + 1 :][:1]
    return bool(following) and isinstance(following[0], ast.If) and conjuncts(following[0].test)[0] is test


def _block(statement: ast.stmt, function: Function) -> list[ast.stmt]:
    above = function.parents.get(statement)
    blocks = [getattr(above, word, None) for word in ("body", "orelse", "finalbody")]
    return next((one for one in blocks if isinstance(one, list) and statement in one), [statement])


def _binds(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load)
