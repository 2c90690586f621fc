"""The clauses of a parsed statement: its blocks, tables, conditions, written columns and bounds."""

from __future__ import annotations

from collections.abc import Iterator

from perfprof.rules.reading.orders import extreme, ordered, sorted_first
from perfprof.rules.reading.predicates import (
    Column,
    TableUse,
    Tree,
    Use,
    argument,
    column_of,
    compared,
    conjuncts,
    identifier,
    kind_of,
    parameter_of,
)

WRITES = {"Insert": "insert", "Update": "update", "Delete": "delete", "Merge": "merge"}


def node_class(name: str) -> type:
    """A class of sqlglot, which is imported only here and where a statement is parsed."""
    from sqlglot import exp

    found: type = getattr(exp, name)
    return found


def blocks(tree: Tree) -> Iterator[Tree]:
    """Every SELECT, UPDATE and DELETE inside, the outermost first."""
    for node in tree.walk():
        if kind_of(node) in ("Select", "Update", "Delete"):
            yield node


def tables(number: int, block: Tree, defined: set[str]) -> Iterator[TableUse]:
    """The tables that this block itself names; those of subqueries belong to their own blocks."""
    for source in _sources(block):
        if kind_of(source) == "Table" and kind_of(source.this) == "Identifier":
            name = _name(source)
            if name not in defined:
                yield TableUse(number, name, _alias(source) or name)


def _sources(block: Tree) -> Iterator[Tree]:
    """What stands in UPDATE, DELETE FROM, FROM, USING and JOIN."""
    start, using = argument(block, "from"), block.args.get("using")
    firsts = [block.this] if kind_of(block) in ("Update", "Delete") else []
    firsts += [start.this] if start is not None else []
    firsts += using if isinstance(using, list) else []
    firsts = [one for one in firsts if one is not None]  # MERGE's UPDATE names no table
    yield from firsts
    for holder in (*firsts, block):
        yield from (join.this for join in holder.args.get("joins") or ())


def _name(table: Tree) -> str:
    schema = identifier(table, qualifier="db")
    name = identifier(table)
    return f"{schema}.{name}" if schema else name


def _alias(table: Tree) -> str:
    alias = table.args.get("alias")
    return identifier(alias) if alias is not None else ""


def uses(number: int, block: Tree) -> Iterator[Use]:
    """How WHERE, ON, GROUP BY and ORDER BY of one block use columns."""
    conditions = [block.args.get("where")]
    for join in block.args.get("joins") or ():
        outer = str(join.args.get("side") or "")
        conditions.append(join.args.get("on"))
        for using in join.args.get("using") or ():
            yield Use(number, Column("", identifier(using)), "join", role=outer)
    for condition in conditions:
        for part, optional in conjuncts(condition):
            yield from compared(number, part, optional)
    group = block.args.get("group")
    yield from ordered(number, group, "group")
    yield from ordered(number, block.args.get("order"), "order")
    yield from sorted_first(number, block.args.get("order"))
    yield from extreme(number, block) if kind_of(block) == "Select" else ()


def written(tree: Tree) -> str:
    """The table that the statement changes, "" for none, "?" if it cannot be told."""
    if kind_of(tree) not in WRITES:
        inner = next(tree.find_all(node_class("Insert"), node_class("Update"), node_class("Delete")), None)
        return "" if inner is None else written(inner)
    target = tree.this
    while target is not None and kind_of(target) == "Schema":
        target = target.this
    return _name(target) if target is not None and kind_of(target) == "Table" else "?"


def changed(tree: Tree) -> tuple[str, ...]:
    """The columns that an INSERT names or an UPDATE sets."""
    if kind_of(tree) == "Update":
        return tuple(identifier(change.this) for change in tree.expressions if kind_of(change) == "EQ")
    if kind_of(tree) == "Insert" and kind_of(tree.this) == "Schema":
        return tuple(str(name.name).lower() for name in tree.this.expressions)
    return ()


def assigned(tree: Tree) -> Iterator[tuple[str, int]]:
    """(column, number of the parameter it is set to) of an UPDATE or of an INSERT that names its columns."""
    pairs: list[tuple[str, Tree]] = []
    if kind_of(tree) == "Update":
        pairs = [(identifier(one.this), one.expression) for one in tree.expressions if kind_of(one) == "EQ"]
    elif kind_of(tree) == "Insert" and kind_of(tree.expression) == "Values":
        for row in tree.expression.expressions:
            pairs += list(zip(changed(tree), row.expressions, strict=False))
    for name, value in pairs:
        number = parameter_of(value)
        if number is not None:
            yield name, number


def selected(tree: Tree) -> tuple[str, ...]:
    """The outermost select list by name; "*" for a star, "" for an expression without a name."""
    if kind_of(tree) != "Select":
        return ()
    names = []
    for term in tree.expressions:
        column = column_of(term)
        star = kind_of(term) == "Star" or (kind_of(term) == "Column" and kind_of(term.this) == "Star")
        names.append("*" if star else column.name if column else identifier(term, qualifier="alias"))
    return tuple(names)


def columns(tree: Tree) -> tuple[Column | None, ...]:
    """The outermost select list as columns; None for a star, an expression, and a column under another name."""
    return tuple(column_of(term) for term in tree.expressions) if kind_of(tree) == "Select" else ()


def bounds(tree: Tree) -> Iterator[tuple[str, int]]:
    """The parameters of LIMIT and OFFSET."""
    for name in ("limit", "offset"):
        for node in tree.find_all(node_class(name.capitalize())):
            number = parameter_of(node.expression) if node.args.get("expression") is not None else None
            if number is not None:
                yield name, number


_PARTS = {
    "locks": "it locks rows",
    "with": "it has WITH",
    "laterals": "it has LATERAL",
    "qualify": "it has QUALIFY",
}
_PARTS |= {"limit": "it has LIMIT", "offset": "it has OFFSET", "distinct": "it has DISTINCT"}
_PARTS |= {"group": "it has GROUP BY", "having": "it has HAVING", "windows": "it has a window"}


def complexity(tree: Tree) -> str:
    """Why the statement is not a plain look-up of rows, in words, what weighs most first; "" if it is one."""
    if kind_of(tree) != "Select":
        return "it is not a single SELECT"
    for part, words in _PARTS.items():
        if argument(tree, part):
            return words
    for node in tree.walk():
        if node is not tree and kind_of(node) in ("Select", "Subquery", "Union"):
            return "it has a subquery"
        if kind_of(node) == "Window":
            return "it has a window function"
        if isinstance(node, node_class("AggFunc")):
            return "it has an aggregate"
    if argument(tree, "from") is None:
        return "it reads no table"
    return ""


def mentioned(tree: Tree) -> tuple[Column, ...]:
    """Every column that the statement names, anywhere; () if a star stands for others."""
    if any(kind_of(star.parent) != "Count" for star in tree.find_all(node_class("Star"))):
        return ()
    columns = (column_of(node) for node in tree.find_all(node_class("Column")))
    return tuple(dict.fromkeys(column for column in columns if column is not None))


_CALLS = ("Anonymous", "AnonymousAggFunc", "Rand", "Randn", "Uuid", "NextValueFor")
_PURE = frozenset(
    "printf format typeof hex unhex quote total instr julianday unixepoch ifnull nullif iif round abs char_length"
    " json_extract json_array_length bool_and bool_or every jsonb_agg json_agg jsonb_object_agg json_object_agg"
    " to_char left right substr trim ltrim rtrim btrim upper lower length strftime date time datetime".split()
)


def unsure(tree: Tree) -> str:
    """A function that the statement calls and of which nothing is known, or chance; "" if there is none."""
    for node in tree.walk():
        if kind_of(node) in _CALLS:
            name = str(node.this).lower() if kind_of(node).startswith("Anonymous") else kind_of(node).lower()
            if name not in _PURE:
                return name
    return ""
