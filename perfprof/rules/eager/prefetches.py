"""Whether a prefetch somewhere in the project may answer ``order.items.all()``, which any option of that would ask past."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from perfprof.rules.eager.journey import mentions

if TYPE_CHECKING:

    from perfprof.rules.reading.program import Function, Program

_ASKS = ("prefetch_related", "aprefetch_related_objects", "prefetch_related_objects", "Prefetch")
_DEPTH = 5  # base classes that are followed


def prefetched(node: ast.expr, function: Function | None, program: Program) -> bool:
    """``self.items.all()`` in a model's method is only answered by prefetches of that model and of its subclasses."""
    relation = _relation(node)
    if relation is None:
        return False
    own = function is not None and getattr(relation.value, "id", "") == "self"
    owner = function.owner if function is not None and own else None
    return any(call is None or _may_answer(call, relation.attr, owner, program) for call in _prefetches(program))


def _relation(node: ast.expr) -> ast.Attribute | None:
    """``order.items`` of ``order.items.all()``."""
    chain = node.func if isinstance(node, ast.Call) else None
    plain = isinstance(chain, ast.Attribute) and chain.attr == "all"
    return (
        chain.value
        if isinstance(chain, ast.Attribute) and plain and isinstance(chain.value, ast.Attribute)
        else None
    )


def _may_answer(call: ast.Call, name: str, owner: ast.ClassDef | None, program: Program) -> bool:
    return _may_name(call, name) and (owner is None or not _of_another(call, name, owner.name, program))


def _prefetches(program: Program) -> Iterator[ast.Call | None]:
    """All calls that ask for a prefetch; None for a file that cannot be read."""
    for path in mentions(program.root, "prefetch"):
        module = program.module(path)
        if module is None:
            yield None
            continue
        for one in ast.walk(module.tree):
            if isinstance(one, ast.Call) and _word(one.func) in _ASKS:
                yield one


def _may_name(call: ast.Call, name: str) -> bool:
    """Whether one of the look-ups goes over the relation, or may."""
    texts = list(_texts(call))
    return None in texts or any(name in text.split("__") for text in texts if text is not None)


def _texts(call: ast.Call) -> Iterator[str | None]:
    """The look-ups; None for what cannot be read. Those of a Prefetch are that call's."""
    given = call.args[:1] if _word(call.func) == "Prefetch" else call.args
    given = given[1:] if _word(call.func).endswith("objects") else given
    for one in given:
        if isinstance(one, ast.Constant) and isinstance(one.value, str):
            yield one.value
        elif not (isinstance(one, ast.Call) and _word(one.func) == "Prefetch"):
            yield None


def _of_another(call: ast.Call, name: str, owner: str, program: Program) -> bool:
    """``Other.objects.filter(…).prefetch_related("items")``, and Other does not inherit from the owner."""
    base: ast.expr = call.func
    while isinstance(base, (ast.Attribute, ast.Call, ast.Subscript)):
        base = base.func if isinstance(base, ast.Call) else base.value
    first = all(text is not None and name not in text.split("__")[1:] for text in _texts(call))
    named = isinstance(base, ast.Name) and base.id[:1].isupper() and base.id not in _ASKS
    return first and named and isinstance(base, ast.Name) and not _inherits(base.id, owner, program)


def _inherits(name: str, owner: str, program: Program, depth: int = _DEPTH) -> bool:
    """Whether a class of this name may be the owner or one of its subclasses; not known is a yes."""
    if name == owner or not depth:
        return True
    bases = list(_bases(name, program))
    return not bases or any(_inherits(one, owner, program, depth - 1) for one in bases if one not in _ENDS)


_ENDS = frozenset(["Model", "object", "ABC", "TimeStampedModel"])


def _bases(name: str, program: Program) -> Iterator[str]:
    for path in mentions(program.root, f"class {name}("):
        module = program.module(path)
        for one in ast.walk(module.tree) if module is not None else ():
            if isinstance(one, ast.ClassDef) and one.name == name:
                yield from (_word(base) for base in one.bases)


def _word(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
