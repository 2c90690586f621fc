"""How the code uses a row or a list of rows: by name, by position, unpacked, or given away as a whole."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from perfprof.rules.reading.expressions import LOOKUP_METHODS, TEXT_METHODS
from perfprof.rules.reading.scans import COMPREHENSIONS

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
        if _only_tested(value, above) or (not many and _only_asked_for(value, above)):
            return
        if isinstance(above, (ast.BoolOp, ast.IfExp)):
            yield from self.uses(above, many)
        elif isinstance(above, (ast.Assign, ast.AnnAssign, ast.NamedExpr)) and above.value is value:
            yield from self._assigned(above, many)
        else:
            yield from self._of_many(value, above) if many else self._of_one(value, above)

    def _assigned(self, above: ast.Assign | ast.AnnAssign | ast.NamedExpr, many: bool) -> Iterator[Use]:
        for target in above.targets if isinstance(above, ast.Assign) else [above.target]:
            yield from self._bound(target, self.function.node, many)
        if isinstance(above, ast.NamedExpr):
            yield from self.uses(above, many)

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
        for node in self._loads(target.id, scope):
            yield from self.uses(node, many)

    def _loads(self, name: str, scope: ast.AST) -> list[ast.Name]:
        """Where the name is read in the scope; a comprehension inside that binds the name itself means another."""
        within = [one for one in ast.walk(scope) if isinstance(one, ast.Name) and one.id == name]
        if isinstance(scope, COMPREHENSIONS):
            return [one for one in within if isinstance(one.ctx, ast.Load)]
        own = set(self.function.names.loads.get(name, ()))
        return [one for one in within if one in own]

    def _of_many(self, value: ast.expr, above: ast.AST | None) -> Iterator[Use]:
        called = _called_with(value, above)
        if isinstance(above, (ast.For, ast.comprehension)) and above.iter is value:
            scope = above if isinstance(above, ast.For) else self.function.parents[above]
            yield from self._bound(above.target, scope, many=False)
        elif called in ("list", "tuple", "iter", "reversed"):
            assert isinstance(above, ast.Call)
            yield from self.uses(above, many=True)
        elif isinstance(above, ast.Subscript) and above.value is value and isinstance(above.ctx, ast.Load):
            yield from self.uses(above, many=isinstance(above.slice, ast.Slice))
        elif called not in ("len", "bool"):
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
        else:
            yield _CALLS.get(_called_with(value, above), "escape")

    def _read(self, attribute: ast.Attribute) -> Use:
        above = self.function.parents.get(attribute)
        if isinstance(above, ast.Call) and above.func is attribute:
            return _method(attribute.attr, above)
        stored = isinstance(above, ast.Subscript) and not isinstance(above.ctx, ast.Load)
        if stored or not isinstance(attribute.ctx, ast.Load):
            return "changed"
        if isinstance(above, ast.Attribute) and above.attr not in TEXT_METHODS | LOOKUP_METHODS:
            return "changed"  # a method of the attribute's value may do anything to it
        return "attribute"


def _called_with(value: ast.expr, above: ast.AST | None) -> str:
    """``len`` for ``len(value)``, ``.join`` for ``x.join(value)``, else empty."""
    if not isinstance(above, ast.Call) or above.args != [value]:
        return ""
    return above.func.id if isinstance(above.func, ast.Name) else f".{getattr(above.func, 'attr', '')}"


def _method(name: str, call: ast.Call) -> Use:
    """``row.get("x")`` reads by name, ``row.keys()`` all of it, any other method may change it."""
    if name == "get" and call.args and isinstance(call.args[0], ast.Constant):
        return "name"
    return "mapping" if name in _VIEWS else "changed"


def _only_tested(value: ast.expr, above: ast.AST | None) -> bool:
    if isinstance(above, (ast.If, ast.While, ast.IfExp, ast.Assert)):
        return above.test is value
    if isinstance(above, ast.comprehension):
        return value in above.ifs
    if isinstance(above, ast.Compare):
        return all(isinstance(one, (ast.Is, ast.IsNot)) for one in above.ops)
    return isinstance(above, ast.Expr) or (isinstance(above, ast.UnaryOp) and isinstance(above.op, ast.Not))


def _only_asked_for(value: ast.expr, above: ast.AST | None) -> bool:
    """``row and row["name"]``: a row has columns and so is true, and what comes out otherwise is None."""
    return isinstance(above, ast.BoolOp) and isinstance(above.op, ast.And) and above.values[-1] is not value


def _item(subscript: ast.Subscript) -> Use:
    if not isinstance(subscript.ctx, ast.Load):
        return "changed"
    value = subscript.slice.value if isinstance(subscript.slice, ast.Constant) else None
    if isinstance(value, str):
        return "name"
    return "index" if isinstance(value, int) and value >= 0 else "end"
