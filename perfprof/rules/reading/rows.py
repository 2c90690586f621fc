"""How the code uses a row or a list of rows: by name, by position, unpacked, or given away as a whole."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from perfprof.rules.reading.expressions import LOOKUP_METHODS, TEXT_METHODS

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function

# name: row["x"]. index: row[0]. end: row[-1]. attribute: row.x. unpack: a, b = row. sequence: *row, tuple(row).
# mapping: **row, dict(row), row.keys(). changed: row["x"] = …. escape: anything else that gets hold of it.
# rows: what is done to the collection itself, when somebody else gets hold of it.
Use = Literal["name", "index", "end", "attribute", "unpack", "sequence", "mapping", "changed", "escape", "rows"]
_VIEWS = frozenset(["keys", "items", "values"])
_CALLS: dict[str, Use] = {"dict": "mapping", "tuple": "sequence", "list": "sequence"}
_CALLS |= dict.fromkeys(["len", "sum", "str", "repr", "bool", "int", "float", "any", "all", ".join"], "sequence")


def uses(value: ast.expr, function: Function, *, many: bool) -> frozenset[Use]:
    """All uses of the row (or, with ``many``, of the collection and of each row) that an expression gives."""
    return frozenset(_Follower(function).uses(value, many))


@dataclass
class _Follower:
    """Follows a value through names; each name once, for ``row = row or default`` goes in a circle."""

    function: Function
    followed: set[tuple[ast.AST, str]] = field(default_factory=set)

    def uses(self, value: ast.expr, many: bool) -> Iterator[Use]:
        above = self.function.parents.get(value)
        if _only_tested(value, above):
            return
        if isinstance(above, (ast.BoolOp, ast.IfExp)):
            yield from self.uses(above, many)
        elif isinstance(above, (ast.Assign, ast.AnnAssign, ast.NamedExpr)) and above.value is value:
            for target in above.targets if isinstance(above, ast.Assign) else [above.target]:
                yield from self._bound(target, self.function.node, many)
            if isinstance(above, ast.NamedExpr):
                yield from self.uses(above, many)
        elif many:
            yield from self._of_many(value, above)
        else:
            yield from self._of_one(value, above)

    def _bound(self, target: ast.expr, scope: ast.AST, many: bool) -> Iterator[Use]:
        """The uses of what a target binds, everywhere in the scope."""
        if isinstance(target, (ast.Tuple, ast.List)):
            yield from ("escape", "rows") if many else ("unpack",)
            return
        if not isinstance(target, ast.Name) or target.id in self.function.names.captured:
            yield "escape"
            return
        if (scope, target.id) in self.followed:
            return
        self.followed.add((scope, target.id))
        for node in ast.walk(scope):
            if isinstance(node, ast.Name) and node.id == target.id and isinstance(node.ctx, ast.Load):
                yield from self.uses(node, many)

    def _of_many(self, value: ast.expr, above: ast.AST | None) -> Iterator[Use]:
        if isinstance(above, ast.For) and above.iter is value:
            yield from self._bound(above.target, above, many=False)
        elif isinstance(above, ast.comprehension) and above.iter is value:
            yield from self._bound(above.target, self.function.parents[above], many=False)
        elif isinstance(above, ast.Call) and isinstance(above.func, ast.Name) and above.args == [value]:
            if above.func.id in ("list", "tuple", "iter", "reversed"):
                yield from self.uses(above, many=True)
            elif above.func.id not in ("len", "bool"):
                yield "escape"
        elif isinstance(above, ast.Subscript) and above.value is value and isinstance(above.ctx, ast.Load):
            yield from self.uses(above, many=isinstance(above.slice, ast.Slice))
        else:
            yield "escape"
            yield "rows"

    def _of_one(self, value: ast.expr, above: ast.AST | None) -> Iterator[Use]:
        if isinstance(above, ast.Subscript) and above.value is value:
            yield _item(above)
        elif isinstance(above, ast.Attribute):
            yield self._read(above)
        elif isinstance(above, ast.keyword) and above.arg is None:
            yield "mapping"
        elif isinstance(above, ast.Starred):
            yield "sequence"
        elif isinstance(above, ast.Call) and above.args == [value]:
            name = above.func.id if isinstance(above.func, ast.Name) else f".{getattr(above.func, 'attr', '')}"
            yield _CALLS.get(name, "escape")
        else:
            yield "escape"

    def _read(self, attribute: ast.Attribute) -> Use:
        if not isinstance(attribute.ctx, ast.Load):
            return "changed"
        call = self.function.parents.get(attribute)
        if isinstance(call, ast.Call) and call.func is attribute:
            if attribute.attr == "get" and call.args and isinstance(call.args[0], ast.Constant):
                return "name"
            if attribute.attr in _VIEWS:
                return "mapping"
            return "changed"  # a method of it may do anything to it
        if isinstance(call, ast.Subscript):
            return "attribute" if isinstance(call.ctx, ast.Load) else "changed"
        if isinstance(call, ast.Attribute):  # a method of the attribute's value
            return "attribute" if call.attr in TEXT_METHODS | LOOKUP_METHODS else "changed"
        return "attribute"


def _only_tested(value: ast.expr, above: ast.AST | None) -> bool:
    if isinstance(above, (ast.If, ast.While, ast.IfExp, ast.Assert)):
        return above.test is value
    if isinstance(above, ast.comprehension):
        return value in above.ifs
    if isinstance(above, ast.Compare):
        return all(isinstance(one, (ast.Is, ast.IsNot)) for one in above.ops)
    return isinstance(above, ast.Expr) or (isinstance(above, ast.UnaryOp) and isinstance(above.op, ast.Not))


def _item(subscript: ast.Subscript) -> Use:
    if not isinstance(subscript.ctx, ast.Load):
        return "changed"
    value = subscript.slice.value if isinstance(subscript.slice, ast.Constant) else None
    if isinstance(value, str):
        return "name"
    return "index" if isinstance(value, int) and value >= 0 else "end"
