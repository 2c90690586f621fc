"""How a statement uses columns: which are compared by equality, by range, joined, ordered or grouped by.

Works on a tree of sqlglot and imports nothing of it itself: nodes are asked by the name of their class.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

Tree: TypeAlias = Any  # a node of sqlglot, which has no types of its own here
How = Literal[
    "equality",
    "in",
    "range",
    "like",
    "null",
    "join",
    "order",
    "group",
    "contains",
    "boolean",
    "row",
    "sorted",
    "extreme",
]

_COMPARES: dict[str, How] = {"EQ": "equality", "NullSafeEQ": "equality", "GT": "range", "GTE": "range"}
_COMPARES |= {"LT": "range", "LTE": "range", "Like": "like", "ILike": "like", "Glob": "like"}
_CONTAINS = frozenset(
    "ArrayContainsAll ArrayContainedBy ArrayOverlaps JSONBContainsTopKey JSONBContainsAnyTopKeys "
    "JSONBContainsAllTopKeys JSONBPathExists MatchAgainst StartsWith RegexpLike RegexpILike BitwiseLeftShift Mod".split()
)
_ORDERED = ("EQ", "GT", "GTE", "LT", "LTE")
# The other side of one of these is another query's business.
_QUERIES = ("Select", "Union", "Intersect", "Except", "Subquery")


@dataclass(frozen=True, slots=True)
class Column:
    """A column as the statement calls it. table: the alias or name it is qualified with, "" if it is not."""

    table: str
    name: str


@dataclass(frozen=True, slots=True)
class Use:
    """One way in which one block (a SELECT, an UPDATE, a DELETE) uses a column.

    parameter: number of the placeholder it is compared with, None otherwise. constant: compared with a literal.
    other: the column on the other side of a join. wrapped: inside a function, ``lower(name)``, or a cast.
    optional: under OR or NOT, so that an index on it alone cannot answer the block.
    descending: of an ORDER BY. nulls: "first" or "last" there, as the server takes it. role: "low" or "high" for a bound of a range, the operator's class for LIKE, "array" for = ANY,
    "not" for IS NOT NULL and for a boolean that must be false. value: SQL of the literal, for whoever builds on it.
    "row": a condition that only a partial index serves, ``a < b`` of one row, ``a <> 'x'``, ``a IN ('x', 'y')``; value is
    all of it, without the table's name, and constant tells whether it holds literals. "contains": by an operator that the
    type of the column must explain, whose class is the role. "sorted": by an expression that ORDER BY begins with, the role
    its class. "extreme": of which only the least or the greatest is selected.
    """

    block: int
    column: Column
    how: How
    parameter: int | None = None
    constant: bool = False
    other: Column | None = None
    wrapped: str = ""
    optional: bool = False
    descending: bool = False
    nulls: str = ""
    role: str = ""
    value: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class TableUse:
    """A table in a FROM, JOIN, UPDATE, DELETE or INTO. name: with its schema if written so. alias: how it is called."""

    block: int
    name: str
    alias: str


def kind_of(node: Tree) -> str:
    """The name of the node's class."""
    return type(node).__name__


def argument(node: Tree, name: str) -> Tree:
    """A child by name; sqlglot renamed ``from`` and ``with`` to ``from_`` and ``with_`` between its versions."""
    return node.args.get(name) or node.args.get(name + "_")


def identifier(node: Tree, *, qualifier: str = "this") -> str:
    """The name as the database compares it: unquoted ones in lower case."""
    # USING lists names that stand in no column
    part = node if qualifier == "this" and kind_of(node) == "Identifier" else node.args.get(qualifier)
    if part is None:
        return ""
    text = str(part.this) if kind_of(part) == "Identifier" else str(getattr(part, "name", part))
    return text if part.args.get("quoted") else text.lower()


def column_of(node: Tree) -> Column | None:
    """A plain reference to a column."""
    while kind_of(node) == "Paren":
        node = node.this
    if kind_of(node) != "Column" or kind_of(node.this) != "Identifier":
        return None
    return Column(identifier(node, qualifier="table"), identifier(node))


def parameter_of(node: Tree) -> int | None:
    """The number of the placeholder that this expression is, casts and parentheses aside."""
    while kind_of(node) in ("Paren", "Cast", "TryCast", "Any", "Array"):
        inner = node.expressions if kind_of(node) == "Array" else [node.this]
        if len(inner) != 1:
            return None
        node = inner[0]
    if kind_of(node) != "Placeholder" or not str(node.this or "").startswith("p"):
        return None
    return int(node.this[1:])


def conjuncts(node: Tree, *, optional: bool = False) -> Iterator[tuple[Tree, bool]]:
    """The conditions that AND joins, and whether one may be skipped because it stands under OR or NOT."""
    if node is None:
        return
    if kind_of(node) in ("And", "Paren", "Where", "Having"):
        for child in [node.this, node.args.get("expression")]:
            yield from conjuncts(child, optional=optional)
    elif kind_of(node) == "Or":
        for child in [node.this, node.expression]:
            yield from conjuncts(child, optional=True)
    elif kind_of(node) == "Not" and kind_of(node.this) not in ("Is", "Column"):
        yield from conjuncts(node.this, optional=True)
    else:
        yield node, optional


def compared(block: int, condition: Tree, optional: bool) -> Iterator[Use]:
    """What one condition says of columns; nothing if it is of a form that an index does not serve."""
    kind = kind_of(condition)
    if not optional and kind in ("NEQ", "In", *_ORDERED):
        yield from _of_the_row(block, condition)
    if kind == "Not" or condition.args.get("negate"):  # sqlglot writes IS NOT either way, by its version
        plain = condition.this if kind == "Not" else _affirmed(condition)
        yield from (replace(use, optional=True, role="not") for use in compared(block, plain, True))
    elif kind == "Column":
        column = column_of(condition)
        yield from [Use(block, column, "boolean", optional=optional)] if column is not None else []
    elif kind in _CONTAINS:
        yield from _containing(block, condition, optional)
    elif kind in _COMPARES:
        yield from _pairs(block, condition, optional)
    elif kind == "In":
        yield from _membership(block, condition, optional)
    elif kind == "Between":
        yield from _side(block, condition.this, condition.args["low"], "range", optional=optional, role="low")
        yield from _side(block, condition.this, condition.args["high"], "range", optional=optional, role="high")
    elif kind == "Is":
        column = column_of(condition.this)
        if column is not None:
            how: How = "null" if kind_of(condition.expression) == "Null" else "equality"
            yield Use(block, column, how, parameter=parameter_of(condition.expression), optional=optional)


def _containing(block: int, condition: Tree, optional: bool) -> Iterator[Use]:
    """``data @> …``, ``tags && …``, ``to_tsvector('english', body) @@ …``: what an inverted index answers."""
    # of ``document @@ query`` the first is the query
    sides = condition.args.get("expressions") or [condition.this, condition.args.get("expression")]
    for side, other in zip(sides, [*sides[1:], sides[0]], strict=True):
        column, wrapped = column_of(side), ""
        if column is None and side is not None:
            column, wrapped = wrapped_in(side, several=True)
        if column is not None:
            value = other.sql(dialect="postgres") if kind_of(other) == "Literal" else ""
            role = kind_of(condition)
            yield Use(block, column, "contains", wrapped=wrapped, optional=optional, role=role, value=value)
            return


def _of_the_row(block: int, condition: Tree) -> Iterator[Use]:
    """A comparison of two columns, or of one with literals: true or false of a row, whatever else is asked."""
    sides = [condition.this, *([condition.expression] if kind_of(condition) != "In" else condition.expressions)]
    columns = [column for column in map(column_of, sides) if column is not None]
    literals = sum(kind_of(side) in ("Literal", "Boolean") for side in sides)
    if len(columns) + literals < len(sides) or not columns or len({column.table for column in columns}) > 1:
        return
    if literals and kind_of(condition) in _ORDERED:  # a bound of a range, which an index serves itself
        return
    copy = condition.copy()
    for node in _columns(copy):
        node.set("table", None)
    text = copy.sql(dialect="postgres")
    other = columns[1] if len(columns) > 1 else None
    yield Use(block, columns[0], "row", constant=bool(literals), other=other, value=text)


def _affirmed(condition: Tree) -> Tree:
    """The same condition without its NOT."""
    copy = condition.copy()
    copy.set("negate", None)
    return copy


def _pairs(block: int, condition: Tree, optional: bool) -> Iterator[Use]:
    """Both sides of a comparison; row values ``(a, b) = (?, ?)`` pair by pair if equal."""
    left, right, how = condition.this, condition.expression, _COMPARES[kind_of(condition)]
    if kind_of(left) == "Tuple" and kind_of(right) == "Tuple":
        pairs = list(zip(left.expressions, right.expressions, strict=False))
        for one, other in pairs if how == "equality" else pairs[:1]:
            yield from _side(block, one, other, how, optional=optional, role="low")
        return
    low = kind_of(condition) in ("GT", "GTE")
    role = kind_of(condition) if how == "like" else ("low" if low else "high") if how == "range" else ""
    flipped = {"low": "high", "high": "low"}.get(role, role)
    yield from _side(block, left, right, how, optional=optional, role=role)
    if how != "like":
        yield from _side(block, right, left, how, optional=optional, role=flipped)


def _membership(block: int, condition: Tree, optional: bool) -> Iterator[Use]:
    """``x IN (?, ?)`` and ``x IN (SELECT y …)``; the subquery is a block of its own."""
    column = column_of(condition.this)
    if column is None:
        return
    if condition.args.get("query") is not None:
        yield Use(block, column, "in", optional=optional)
        return
    for value in condition.expressions:
        number = parameter_of(value)
        yield Use(block, column, "in", parameter=number, constant=number is None, optional=optional)


def _side(block: int, side: Tree, other: Tree, how: How, *, optional: bool, role: str) -> Iterator[Use]:
    """One side of a comparison, if a column is on it."""
    column, wrapped = column_of(side), ""
    if column is None:
        column, wrapped = wrapped_in(side)
    if column is None or kind_of(other) in _QUERIES:
        return
    if how == "equality" and kind_of(other) == "Any":
        how, role = "in", "array"
    partner = column_of(other)
    if partner is not None:
        yield from _joined(Use(block, column, how, None, False, partner, wrapped, optional, role=role))
    else:
        number = parameter_of(other)
        constant = number is None and not _columns(other)
        value = other.sql(dialect="postgres") if constant and kind_of(other) in ("Literal", "Boolean") else ""
        yield Use(block, column, how, number, constant, None, wrapped, optional, role=role, value=value)


def _joined(use: Use) -> Iterator[Use]:
    """A comparison of two columns is a join, unless both are of one table."""
    assert use.other is not None
    if use.how in ("equality", "range") and (use.other.table != use.column.table or not use.column.table):
        yield replace(use, how="join")


def _columns(node: Tree) -> list[Tree]:
    return [inner for inner in node.walk() if kind_of(inner) == "Column"]


def wrapped_in(node: Tree, *, several: bool = False) -> tuple[Column | None, str]:
    """The only column inside an expression, and the expression's text: ``lower(name)``. several: the first of one table's."""
    if kind_of(node) in (*_QUERIES, "Placeholder", "Literal", "Tuple", "Null"):
        return None, ""
    columns = [column_of(column) for column in _columns(node)]
    alone = len(columns) == 1 or (several and len({column.table for column in columns if column}) == 1)
    return (columns[0], node.sql()) if alone else (None, "")
