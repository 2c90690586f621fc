"""The text of a batch: the statement with its keys, the dict that its rows are put into, and the names of both."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfprof.rules.indexing import in_style
from perfprof.rules.lookups.shape import Shape, shape
from perfprof.rules.lookups.statement import Batch
from perfprof.rules.reading.names import fresh
from perfprof.rules.rule import Case

if TYPE_CHECKING:
    from perfprof.rules.lookups.model import Lookup

CHUNK = 500  # keys in one statement: below every database's limit of parameters (SQLite before 3.32: 999)


@dataclass(frozen=True, slots=True)
class Names:
    """The names that the new code binds."""

    wanted: str
    found: str
    row: str
    start: str = "start"
    part: str = "part"
    marks: str = "marks"


def names_for(case: Case, found: Batch) -> Names:
    """Names that say what they hold: ``customer_ids``, ``customers_by_id``, ``customer``."""
    lookup: Lookup = case.suspect.reading
    taken = set(lookup.function.visible | lookup.reader.visible | case.taken)
    key = lookup.use.column.name
    table = lookup.query.statement.tables[0].name.rpartition(".")[2]
    chosen = []
    for word in (key_name(lookup), f"{table}_by_{key}", "row", "start", "part"):
        name = fresh(word if word.isidentifier() else "found", taken)
        taken.add(name)
        chosen.append(name)
    return Names(*chosen)


def key_name(lookup: Lookup) -> str:
    """``order["customer_id"]`` -> customer_ids, ``order.id`` -> order_ids."""
    key = lookup.key
    item = key.slice.value if isinstance(key, ast.Subscript) and isinstance(key.slice, ast.Constant) else None
    word = key.attr if isinstance(key, ast.Attribute) else item if isinstance(item, str) else ""
    base = key.value if isinstance(key, (ast.Attribute, ast.Subscript)) else key
    if isinstance(base, ast.Name) and (not word or word == "id"):
        word = base.id if not word else f"{base.id}_{word}"
    return plural(word if word.isidentifier() else "key")


def receiver_of(lookup: Lookup) -> str:
    """What executes before the loop; a cursor that the loop's body makes is made anew."""
    receiver, reader = lookup.query.receiver, lookup.reader
    if isinstance(receiver, ast.Name) and not lookup.parameter:
        bindings = reader.names.bindings.get(receiver.id, [])
        for binding in bindings:
            if binding.value is not None and getattr(binding.node, "lineno", 0) in lookup.lines:
                return reader.text(binding.value)
    return reader.text(receiver)


def fill(case: Case, found: Batch, names: Names, receiver: str) -> str:
    """Run the statement and put its rows into the dict, by key."""
    lookup: Lookup = case.suspect.reading
    row = shape(case)
    given = names.wanted if found.mode == "any" else names.part
    execute = f"{receiver}.execute({_literal(lookup, found)}, {_arguments(lookup, found, given)})"
    lines = []
    if lookup.query.apart is not None and isinstance(lookup.query.apart, ast.Expr):
        lines, execute = [execute], f"{receiver}.fetchall()"
    lines += [f"for {names.row} in {execute}:", f"    {_put(lookup, row, names)}"]
    if found.mode == "any":
        return in_style("\n".join(lines), lookup.reader)
    mark = lookup.query.mark if found.mode == "in" else f"({lookup.query.mark})"
    listed = f'"{mark}"' if mark == "?" else f'["{mark}"]'
    head = [
        f"for {names.start} in range(0, len({names.wanted}), {CHUNK}):",
        f"    {names.part} = {names.wanted}[{names.start} : {names.start} + {CHUNK}]",
        f'    {names.marks} = ", ".join({listed} * len({names.part}))',
    ]
    return "\n".join([*head, *(f"    {line}" for line in lines)])


def _put(lookup: Lookup, row: Shape, names: Names) -> str:
    key, kept = (in_style(text.format(row=names.row), lookup.reader) for text in (row.key, row.kept))
    if lookup.query.how == "one":
        return f"{names.found}.setdefault({key}, {kept})"
    return f"{names.found}.setdefault({key}, []).append({kept})"


def _literal(lookup: Lookup, found: Batch) -> str:
    return "\n".join(found.pieces) if len(found.pieces) > 1 else found.pieces[0]


def _arguments(lookup: Lookup, found: Batch, given: str) -> str:
    """The second argument of ``execute``."""
    parameters, text = lookup.query.parameters, lookup.reader.text
    given_node = lookup.query.call.args[1]
    if isinstance(given_node, ast.Dict):
        pairs = zip(given_node.keys, given_node.values, strict=True)
        key = parameters[lookup.number]
        named = [f"{text(name)}: {given if one is key else text(one)}" for name, one in pairs if name is not None]
        return f"{{{', '.join(named)}}}"
    before, after = ([text(parameters[number]) for number in numbers] for numbers in (found.before, found.after))
    if found.mode == "any":
        everything = [*before, given, *after]
        return f"({', '.join(everything)}{',' if len(everything) == 1 else ''})"
    return f"({', '.join([*before, f'*{given}', *after])})" if before or after else given


def target_of(lookup: Lookup) -> str:
    """The loop's target as a comprehension writes it."""
    assert lookup.loop.target is not None
    text = ast.unparse(lookup.loop.target)
    return text[1:-1] if text.startswith("(") and text.endswith(")") else text


def plural(word: str) -> str:
    """``order`` -> orders, ``country`` -> countries."""
    return word if word.endswith("s") else f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"
