"""Types: the exact builtin type of a value, where the code around shows it.

A name has the type of all that is bound to it; a call of the project's own functions that of all that they return
(`perfprof.rules.reading.results`). What is exact stays so: nobody gives a list, a text or a number another class.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from perfprof.rules.reading import signatures
from perfprof.rules.reading.constants import constant_of, item_type
from perfprof.rules.reading.drawn import bound_by_comprehension, displays_of, generator_of
from perfprof.rules.reading.expressions import is_builtin
from perfprof.rules.reading.names import read_names

if TYPE_CHECKING:
    from perfprof.rules.reading.names import Binding
    from perfprof.rules.reading.program import Function

__all__ = ["bound_by_comprehension", "builtin_type"]

DEPTH = 6  # names and operators that are followed, one inside the other
_DISPLAYS: dict[type[ast.AST], str] = {
    ast.List: "list", ast.ListComp: "list", ast.Tuple: "tuple", ast.Dict: "dict", ast.DictComp: "dict", ast.Set: "set",
    ast.SetComp: "set",
}  # fmt: skip


def builtin_type(node: ast.expr, function: Function) -> str | None:
    """The exact builtin type of a value where the code shows it: "int", "str", "list" …; None if it does not.

    What a call gives that is a list, a dict or a set nobody else holds.
    """
    told = _DISPLAYS.get(node.__class__)
    if told is not None or node.__class__ not in _READ:
        return told
    known = cast("dict[ast.expr, str | None]", function.memo.setdefault("types", {}))
    if node not in known:
        known[node] = _Types(function).of(node)
    return known[node]


class _Types:
    """One question; ``within`` holds what is taken of names whose own values are being looked at."""

    def __init__(self, function: Function, within: Mapping[str, str] | None = None, depth: int = DEPTH) -> None:
        self.function, self.within, self.depth = function, within or {}, depth

    def of(self, node: ast.expr) -> str | None:
        """The exact type of an expression."""
        told, read = _DISPLAYS.get(node.__class__), _READ.get(node.__class__)
        if told is not None or read is None or not self.depth:
            return told
        self.depth -= 1
        try:
            return read(self, node)
        finally:
            self.depth += 1

    def alike(self, *nodes: ast.expr) -> str | None:
        """The one type of several expressions."""
        found = {self.of(one) for one in nodes}
        return found.pop() if len(found) == 1 else None

    def of_text(self, node: ast.JoinedStr) -> str | None:
        """``f"{x}"`` is what the value's ``__format__`` gives, perhaps of a subclass of str."""
        single = node.values[0] if len(node.values) == 1 else None
        return "str" if not isinstance(single, ast.FormattedValue) or self.of(single.value) else None

    def of_operation(self, node: ast.BinOp) -> str | None:
        """What operators on exact types give; a template formats into a text of its own if it has text itself."""
        left, right = self.of(node.left), self.of(node.right)
        if isinstance(node.op, ast.Mod) and left == "str":  # a subclass of str may have an `__rmod__`
            plain = right in signatures.SCALARS or signatures.spells(getattr(node.left, "value", None))
            return "str" if plain and right is not None else None
        return signatures.operated(node.op, left, right)

    def of_comparison(self, node: ast.Compare) -> str | None:
        """A flag, unless an ``__eq__`` answers with something else."""
        told = (ast.Is, ast.IsNot, ast.In, ast.NotIn)
        kinds = (
            None
            if all(isinstance(one, told) for one in node.ops)
            else [*map(self.of, (node.left, *node.comparators))]
        )
        return "bool" if kinds is None or signatures.SCALARS.issuperset(kinds) else None

    def of_part(self, node: ast.Subscript) -> str | None:
        """A stretch of a sequence, a letter of a text, an item of a constant table."""
        if isinstance(node.value, ast.Name) and not isinstance(node.slice, ast.Slice) and self._is_free(node.value):
            item = item_type(node.value.id, self.function)
            if item is not None:
                return item
        held = self.of(node.value)
        if held in signatures.SEQUENCES and isinstance(node.slice, ast.Slice):
            return held
        return "str" if held == "str" else None

    def of_call(self, node: ast.Call) -> str | None:
        """What a builtin, a method of a builtin type, or a function of the project gives."""
        if isinstance(node.func, ast.Name) and is_builtin(node.func.id, self.function):
            name, given = node.func.id, [*node.args, *(one.value for one in node.keywords)]
            if name in signatures.TEXTS and len(given) < 2 and not bound_by_comprehension(node.func, self.function):
                return "str" if all(map(self.of, given)) else None
            return signatures.GIVEN.get(name)
        if isinstance(node.func, ast.Attribute):
            found = self._of_method(node, node.func)
            if found is not None:
                return found
        program = self.function.module.program
        return program.given_by(node, self.function) if program is not None else None

    def _of_method(self, node: ast.Call, callee: ast.Attribute) -> str | None:
        owner = self.of(callee.value)
        if owner is None:
            return None
        if callee.attr in {"encode", "decode"} and not node.keywords:
            codecs = {getattr(one, "value", "") for one in node.args[:1]}
            gives = {"strencode": "bytes", "bytesdecode": "str"}.get(owner + callee.attr)
            return gives if codecs <= signatures.CODECS and len(node.args) < 2 else None
        if owner == "str" and callee.attr == "format":
            return "str" if signatures.spells(getattr(callee.value, "value", None)) else None
        return signatures.OF.get(owner, {}).get(callee.attr)

    def of_name(self, node: ast.Name) -> str | None:
        """What all that is bound to a name has in common."""
        name, function = node.id, self.function
        if bound_by_comprehension(node, function):
            return self._drawn(*generator_of(node, function))
        if name in self.within:
            return self.within[name]
        if not function.names.is_local(name):
            return self._constant(name)
        found = {_rest(name, function)} if name in function.parameters else set()
        bindings = function.names.bindings.get(name, ())
        grown = [one for one in bindings if _of_itself(one, function)]
        found |= {self._bound(one) for one in bindings if one not in grown}
        kind = found.pop() if len(found) == 1 else None
        if kind is None or not grown:
            return kind
        inner = _Types(function, {**self.within, name: kind}, self.depth)
        return kind if all(inner._bound(one) == kind for one in grown) else None

    def _is_free(self, node: ast.Name) -> bool:
        """Whether a name is none of the function's own."""
        return not self.function.names.is_local(node.id) and not bound_by_comprehension(node, self.function)

    def _constant(self, name: str) -> str | None:
        """The type of a constant of the module that nobody can change."""
        value = constant_of(name, self.function)
        kind = _Types(self.function.module.functions[0]).of(value) if value is not None else None
        return kind if kind not in signatures.MUTABLE else None

    def _bound(self, binding: Binding) -> str | None:
        """The type of what one place binds."""
        if binding.value is not None:
            return self.of(binding.value)
        above = self.function.parents.get(binding.node)
        if isinstance(above, ast.AugAssign) and isinstance(above.target, ast.Name):
            kind = self.within.get(above.target.id)
            return signatures.extended(above.op, kind, self.of(above.value)) if kind is not None else None
        return self._element(binding.node, above)

    def _element(self, target: ast.AST, above: ast.AST | None) -> str | None:
        """What a loop binds: numbers it counts, letters, parts of a text."""
        loop = self.function.parents.get(above) if isinstance(above, ast.Tuple) else above
        if not isinstance(loop, ast.For) or loop.target is not (target if loop is above else above):
            return None
        place = above.elts.index(target) if isinstance(above, ast.Tuple) else None  # type: ignore[arg-type]
        return self._drawn(loop.iter, place)

    def _drawn(self, iterable: ast.expr | None, place: int | None) -> str | None:
        """What is taken of an iterable turn by turn. place: of a tuple that each turn gives, as ``enumerate`` does; or None."""
        if iterable is None:
            return None
        callee = iterable.func if isinstance(iterable, ast.Call) else None
        if place is not None:
            counts = getattr(callee, "id", "") == "enumerate" and is_builtin("enumerate", self.function)
            return "int" if counts and place == 0 else None
        if isinstance(callee, ast.Attribute) and callee.attr in signatures.PARTED:
            owner = self.of(callee.value)
            return owner if owner in {"str", "bytes"} else None
        displays = displays_of(iterable, self.function)
        if displays:
            return self.alike(*(one for display in displays for one in display))
        return {"range": "int", "bytes": "int", "str": "str"}.get(self.of(iterable) or "")


_READ: dict[type[ast.AST], Callable[[_Types, Any], str | None]] = {
    ast.Constant: lambda types, node: type(node.value).__name__,
    ast.JoinedStr: _Types.of_text,
    ast.BinOp: _Types.of_operation,
    ast.UnaryOp: lambda types, node: signatures.negated(node.op, types.of(node.operand)),
    ast.Compare: _Types.of_comparison,
    ast.BoolOp: lambda types, node: types.alike(*node.values),
    ast.IfExp: lambda types, node: types.alike(node.body, node.orelse),
    ast.NamedExpr: lambda types, node: types.of(node.value),
    ast.Subscript: _Types.of_part,
    ast.Call: _Types.of_call,
    ast.Name: _Types.of_name,
}


def _of_itself(binding: Binding, function: Function) -> bool:
    """Whether what is bound depends on what the name held before."""
    name = getattr(binding.node, "id", "")
    above = function.parents.get(binding.node)
    augmented = isinstance(above, ast.AugAssign) and above.target is binding.node
    return augmented or (binding.value is not None and name in read_names(binding.value))


def _rest(name: str, function: Function) -> str | None:
    """The type of ``*args`` and ``**words``, which each call has of its own."""
    given = getattr(function.node, "args", None)
    if given is None:
        return None
    kinds = ((given.vararg, "tuple"), (given.kwarg, "dict"))
    return next((kind for one, kind in kinds if one is not None and one.arg == name), None)
