"""The text of a batch: the statement with its keys, the dict that its rows are put into, and the names of both."""

from __future__ import annotations

import ast
import builtins
import keyword
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from perfprof.rules.lookups.batch import CHUNK, Batch
from perfprof.rules.lookups.shape import Shape, shape
from perfprof.rules.reading.names import fresh
from perfprof.rules.rule import Case
from perfprof.rules.searching.indexing import in_style

if TYPE_CHECKING:
    from perfprof.rules.lookups.model import Lookup
    from perfprof.rules.reading.program import Function


@dataclass(frozen=True, slots=True)
class Names:
    """The names that the new code binds."""

    wanted: str
    found: str
    row: str
    start: str
    part: str
    marks: str
    place: str


def names_for(case: Case, also: frozenset[str] = frozenset()) -> Names:
    """Names that say what they hold: ``customer_ids``, ``customers_by_id``, ``row``. also: names that are taken, too."""
    lookup: Lookup = case.suspect.reading
    taken = set(taken_in(lookup.function) | taken_in(lookup.reader) | case.taken | also)
    table = lookup.query.statement.tables[0].name.rpartition(".")[2]
    chosen = []
    for word in (
        key_name(lookup),
        f"{table}_by_{lookup.use.column.name}",
        "row",
        "start",
        "part",
        "marks",
        "place",
    ):
        name = fresh(word if word.isidentifier() and not keyword.iskeyword(word) else "found", taken)
        taken.add(name)
        chosen.append(name)
    names = Names(*chosen)
    own = row_name(lookup)
    return replace(names, row=own) if own else names


def taken_in(function: Function) -> frozenset[str]:
    """Names that a new local variable must not have; the locals of other functions of the module are none of its business."""
    if function.qualname == "<module>":
        return function.visible
    found = {*dir(builtins), *function.module.top}
    scope: Function | None = function
    while scope is not None and scope.qualname != "<module>":
        found |= {node.id for node in ast.walk(scope.node) if isinstance(node, ast.Name)}
        found |= {*scope.names.bindings, *scope.parameters, *scope.names.elsewhere, *scope.names.captured}
        scope = scope.outer
    return frozenset(found)


def row_name(lookup: Lookup) -> str:
    """``row = ….fetchone()``: rows may be called the same before the loop, if nobody reads the name outside of it."""
    above = lookup.reader.parents.get(lookup.query.fetch)
    targets = above.targets if isinstance(above, ast.Assign) and lookup.query.how == "one" else []
    if len(targets) != 1 or not isinstance(targets[0], ast.Name):
        return ""
    name = targets[0].id
    loads = lookup.reader.names.loads.get(name, ())
    private = name not in lookup.reader.names.captured | lookup.reader.names.elsewhere
    inside = lookup.parameter or all(one.lineno in lookup.lines for one in loads)
    return name if private and inside else ""


def key_name(lookup: Lookup) -> str:
    """``order["customer_id"]`` -> customer_ids, ``order.id`` -> order_ids, ``order[1]`` -> order_keys."""
    key = lookup.key
    base = key.value if isinstance(key, (ast.Attribute, ast.Subscript)) else key
    owner = base.id if isinstance(base, ast.Name) else ""
    word = owner if base is key else _member(key)
    if base is not key and owner and word in ("", "id"):
        word = f"{owner}_{word or 'key'}"
    return plural(word if word.isidentifier() else "key")


def _member(key: ast.expr) -> str:
    """The name of the attribute or item; empty for a position."""
    if isinstance(key, ast.Attribute):
        return key.attr
    item = key.slice.value if isinstance(key, ast.Subscript) and isinstance(key.slice, ast.Constant) else None
    return item if isinstance(item, str) else ""


def receiver_of(lookup: Lookup) -> tuple[str, str]:
    """What executes before the loop, and the statement that makes it: a cursor that the loop's body makes is made anew."""
    receiver, reader = lookup.query.receiver, lookup.reader
    text = reader.text(receiver)
    if isinstance(receiver, ast.Name) and not lookup.parameter:
        for binding in reader.names.bindings.get(receiver.id, []):
            if binding.value is not None and getattr(binding.node, "lineno", 0) in lookup.lines:
                return text, f"{text} = {reader.text(binding.value)}"
    return text, ""


def fill(case: Case, found: Batch, names: Names) -> str:
    """Run the statement and put its rows into the dict, by key."""
    lookup: Lookup = case.suspect.reading
    row = shape(case)
    given = names.wanted if found.mode == "any" else names.part
    receiver, made = receiver_of(lookup)
    given = f"{_literal(found, names)}, {_arguments(lookup, found, given)}"
    lines = _walk(lookup, f"{receiver}.{_method(lookup)}({given})", receiver, names.row)
    lines.append(f"    {_put(lookup, row, names)}")
    before = [made] if made else []
    if found.mode == "any":
        return in_style("\n".join([*before, *lines]), lookup.reader)
    head = [
        f"for {names.start} in range(0, len({names.wanted}), {CHUNK}):",
        f"    {names.part} = {names.wanted}[{names.start} : {names.start} + {CHUNK}]",
        f'    {names.marks} = ", ".join({_placeholders(lookup, found, names)})',
    ]
    return "\n".join([*before, *head, *(f"    {line}" for line in lines)])


def _method(lookup: Lookup) -> str:
    """What sends the statement and can be walked."""
    if lookup.query.mark == "$":
        return "fetch"
    return "execute_fetchall" if isinstance(lookup.query.apart, ast.AsyncWith) else "execute"


def _walk(lookup: Lookup, sends: str, receiver: str, row: str) -> list[str]:
    """The head of the loop over the rows, and what must run before it."""
    apart = lookup.query.apart
    if lookup.query.awaited:
        at_once = lookup.query.mark == "$" or isinstance(apart, ast.AsyncWith)
        return [f"{'' if at_once else 'async '}for {row} in await {sends}:"]
    if apart is not None and isinstance(apart, ast.Expr):
        return [sends, f"for {row} in {receiver}.fetchall():"]
    return [f"for {row} in {sends}:"]


def _placeholders(lookup: Lookup, found: Batch, names: Names) -> str:
    """One for each key of the part."""
    if found.mode == "numbered":
        mark = lookup.query.mark
        if mark == "$":
            mark = f"${{{names.place} + {len(lookup.query.call.args) - 1}}}"
        return f'f"({{{names.place}}}, {mark})" for {names.place} in range(len({names.part}))'
    return f'"{lookup.query.mark}" * len({names.part})'


def _put(lookup: Lookup, row: Shape, names: Names) -> str:
    key, kept = (
        in_style(text.format(row=names.row, part=names.part), lookup.reader) for text in (row.key, row.kept)
    )
    if lookup.query.how in ("one", "value"):
        return f"{names.found}.setdefault({key}, {kept})"
    return f"{names.found}.setdefault({key}, []).append({kept})"


def _literal(found: Batch, names: Names) -> str:
    return "\n".join(found.pieces).replace("\0", names.marks)


def _arguments(lookup: Lookup, found: Batch, given: str) -> str:
    """What stands behind the statement in ``execute``."""
    text, argument = lookup.reader.text, lookup.query.call.args[1]
    if lookup.query.mark == "$":
        return _one_by_one(lookup, given if found.mode == "any" else f"*{given}")
    if isinstance(argument, ast.Dict):
        return _mapping(lookup, argument, given)
    before, after = ([text(lookup.query.parameters[one]) for one in part] for part in (found.before, found.after))
    if found.mode == "any":
        everything = [*before, given, *after]
        return f"({', '.join(everything)}{',' if len(everything) == 1 else ''})"
    return f"({', '.join([*before, f'*{given}', *after])})" if before or after else given


def _one_by_one(lookup: Lookup, many: str) -> str:
    """asyncpg's: each value is an argument of its own."""
    key, text = lookup.query.parameters[lookup.number], lookup.reader.text
    return ", ".join(many if one is key else text(one) for one in lookup.query.call.args[1:])


def _mapping(lookup: Lookup, argument: ast.Dict, given: str) -> str:
    """Named parameters, with all keys in the place of the one."""
    text, key = lookup.reader.text, lookup.query.parameters[lookup.number]
    pairs = zip(argument.keys, argument.values, strict=True)
    named = [f"{text(name)}: {given if one is key else text(one)}" for name, one in pairs if name is not None]
    return f"{{{', '.join(named)}}}"


def target_of(lookup: Lookup) -> str:
    """The loop's target as a comprehension writes it."""
    assert lookup.loop.target is not None
    text = ast.unparse(lookup.loop.target)
    return text[1:-1] if text.startswith("(") and text.endswith(")") else text


def plural(word: str) -> str:
    """``order`` -> orders, ``country`` -> countries, ``key`` -> keys; ``i`` -> i_list, for ``is`` is no name."""
    if word.endswith("s"):
        return word
    if keyword.iskeyword(f"{word}s"):
        return f"{word}_list"
    return f"{word[:-1]}ies" if word[-1:] == "y" and word[-2:-1] not in "aeiou" else f"{word}s"
