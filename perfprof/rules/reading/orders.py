"""What ORDER BY, GROUP BY, min and max say of columns: the order in which an index would give the rows."""

from __future__ import annotations

from collections.abc import Iterator

from perfprof.rules.reading.predicates import How, Tree, Use, column_of, kind_of, wrapped_in


def ordered(block: int, order: Tree, how: How) -> Iterator[Use]:
    """The columns of an ORDER BY or GROUP BY; what is not a plain column ends the list, as it does for an index."""
    for term in order.expressions if order is not None else ():
        column = column_of(term.this if kind_of(term) == "Ordered" else term)
        if column is None:
            return
        descending, first = bool(term.args.get("desc")), term.args.get("nulls_first")
        yield Use(block, column, how, descending=descending, nulls="first" if first else "last")


def sorted_first(block: int, order: Tree) -> Iterator[Use]:
    """The expression over a column that an ORDER BY begins with: ``lower(name)``, ``place <-> point(1, 2)``."""
    for term in order.expressions[:1] if order is not None else ():
        what = term.this if kind_of(term) == "Ordered" else term
        near = kind_of(what) == "Distance"
        column, wrapped = (column_of(what.this), "") if near else wrapped_in(what)
        if column is not None and (near or column_of(what) is None):
            descending, first = bool(term.args.get("desc")), term.args.get("nulls_first")
            nulls = "first" if first else "last"
            yield Use(block, column, "sorted", None, False, None, wrapped, False, descending, nulls, kind_of(what))


def extreme(block: int, select: Tree) -> Iterator[Use]:
    """``SELECT max(x) FROM …``: the last entry of an index."""
    if len(select.expressions) == 1 and not select.args.get("group"):
        what = select.expressions[0]
        while kind_of(what) in ("Alias", "Coalesce", "Add", "Paren"):
            what = what.this
        column = column_of(what.this) if kind_of(what) in ("Max", "Min") else None
        if column is not None:
            yield Use(block, column, "extreme", descending=kind_of(what) == "Max")
