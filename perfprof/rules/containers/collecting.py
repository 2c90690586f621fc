"""Write what collects the pieces of a text, of bytes or of a tuple while a loop runs, and joins them after it."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from perfprof.rules import guards
from perfprof.rules.containers.growth import as_argument
from perfprof.rules.containers.held import Held, holder_type, kind_of
from perfprof.rules.containers.pieces import LOOPS, Addition, Building, adds, unsure
from perfprof.rules.containers.row_kinds import kind_tests, kinds_and_rows
from perfprof.rules.containers.uses import is_own_name
from perfprof.rules.reading.names import fresh
from perfprof.rules.rule import Case, Rewrite
from perfprof.rules.searching.indexing import at, collection_name, in_style
from perfprof.rules.searching.row_tests import quietly

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function

EMPTY = {"str": "''", "bytes": "b''"}


def collect_pieces(case: Case) -> Rewrite:
    """The pieces in a list while the loop runs, and what they make after it."""
    found: Building = case.suspect.reading
    function, name = found.function, found.name
    taken = function.visible | case.taken
    pieces = fresh(f"{name}_pieces", taken)
    tested = any(unsure(one, found) for one in found.additions)
    ordered = f"reversed({pieces})" if found.front else pieces
    made = f"tuple({ordered})" if found.kind == "tuple" else f"{EMPTY[found.kind]}.join({ordered})"
    made = in_style(made, function)
    begin = f"[{name}]"
    if found.kind == "tuple":
        begin = f"list({f'reversed({name})' if found.front else name})"
    if tested and not _begins_here(found):
        begin += f" if type({name}) is {found.kind} else None"
    edits = [at("before", found.loop, f"{pieces} = {begin}")]
    for one in found.additions:
        new = _collected(one, found, pieces, made, taken | {pieces}) if tested else _kept(one, found, pieces, {})
        edits.append(at("statement", one.statement, new))
    after = f"if {pieces} is not None:\n    {name} = {made}" if tested else f"{name} = {made}"
    return Rewrite(
        edits=(*edits, at("after", found.loop, after)),
        why=f"{name} is put together once; nothing reads it before the loop is over",
        memory=f"one list slot for each piece of {name} while the loop runs",
    )


def _begins_here(found: Building) -> bool:
    """Whether nothing was added before the loop begins."""
    function = found.function
    added = {one.statement for one in found.additions}
    others = [function.parents.get(one.node) for one in function.names.bindings[found.name]]
    above: ast.AST = function.parents[found.loop]
    while above is not function.node and not isinstance(above, LOOPS):
        above = function.parents[above]
    return above is function.node and not any(
        isinstance(one, (ast.Assign, ast.AugAssign)) and adds(one, found.name) and one not in added
        for one in others
    )


def _collected(one: Addition, found: Building, pieces: str, made: str, taken: frozenset[str]) -> str:
    """The statement that keeps the pieces; from the first that is of another type on, all are added as before."""
    open_parts = unsure(one, found)
    if not open_parts:
        was = in_style(ast.unparse(one.statement), found.function)
        return f"if {pieces} is not None:\n    {_kept(one, found, pieces, {})}\nelse:\n    {was}"
    given = as_argument(open_parts[0], found.function)
    own = is_own_name(open_parts[0], found.function) and given != found.name
    part = given if own else fresh("piece", taken)
    named = {open_parts[0]: part}
    summed = [named.get(each) or _text(each, found.function) for each in one.parts]
    text = f"{found.name} = {' + '.join([*summed, found.name] if one.front else [found.name, *summed])}"
    if isinstance(one.statement, ast.AugAssign):
        text = f"{found.name} += {part}"
    new = f"if type({part if own else f'{part} := {given}'}) is {found.kind} and {pieces} is not None:\n"
    new += f"    {_kept(one, found, pieces, named)}\nelse:\n    if {pieces} is not None:\n"
    return new + f"        {found.name} = {made}\n        {pieces} = None\n    {text}"


def _kept(one: Addition, found: Building, pieces: str, named: dict[ast.expr, str]) -> str:
    """The statement that keeps what is added; at the front the last one comes first."""
    each: list[str] = []
    for part in one.parts:
        text = named.get(part) or _text(part, found.function)
        if found.kind != "tuple":
            each.append(text)
        elif isinstance(part, ast.Tuple):
            each += [_text(item, found.function) for item in part.elts]
        else:
            return f"{pieces} += {f'reversed({text})' if one.front else text}"
    each = each[::-1] if one.front else each
    lone = len(each) == 1 and not each[0].startswith("*")
    comma = "," if len(each) == 1 else ""
    return f"{pieces}.append({each[0]})" if lone else f"{pieces} += ({', '.join(each)}{comma})"


def _text(part: ast.expr, function: Function) -> str:
    if part in function.parents:
        return as_argument(part, function)
    return in_style(ast.unparse(part), function)  # the rest of a formatted text


def collect_held(case: Case) -> Rewrite:
    """The pieces in a list while the loop runs, if all that it reads is plain; joined however the loop ends."""
    found: Held = replace(case.suspect.reading, kind=kind_of(case))
    function, name = found.function, found.function.text(found.place)
    pieces = fresh(f"{_word(found)}_pieces", function.visible | case.taken)
    joined = in_style(f"{EMPTY[found.kind]}.join({f'reversed({pieces})' if found.front else pieces})", function)
    store = f"{name} = {joined} + {name}" if found.front else f"{name} += {joined}"
    loop = "\n".join("    " + line if line else "" for line in _loop_lines(found, pieces))
    tests = guards.joined([*_place_tests(case, found), *_operand_tests(case, found)])
    new = f"{pieces} = [] if {tests} else None\ntry:\n{loop}\nfinally:\n    if {pieces}:\n        {store}"
    return Rewrite(
        edits=(at("statement", found.loop, new),),
        why=f"{name} is put together once; no code of the program runs before that",
        memory=f"one list slot for each piece of {name} while the loop runs",
    )


def _word(found: Held) -> str:
    named = collection_name(found.place)
    return named if named != "rows" else collection_name(found.holder or found.place)


def _loop_lines(found: Held, pieces: str) -> list[str]:
    """The loop as it stands in the file, from the left margin on, with two ways at each addition."""
    loop, lines = found.loop, found.function.module.raw_lines
    margin = loop.col_offset
    text = {n: lines[n - 1].decode().rstrip("\r\n") for n in range(loop.lineno, (loop.end_lineno or 0) + 1)}
    text = {n: line[margin:] if not line[:margin].strip() else line.lstrip() for n, line in text.items()}
    for one in found.additions:
        first, last = one.statement.lineno, one.statement.end_lineno or one.statement.lineno
        space = " " * (one.statement.col_offset - margin)
        old = ["    " + text.pop(n) for n in range(first, last + 1)]
        kept = _kept(one, found, pieces, {})
        text[first] = "\n".join([f"{space}if {pieces} is not None:", f"{space}    {kept}", f"{space}else:", *old])
    return [line for n in sorted(text) for line in text[n].split("\n")]


def _place_tests(case: Case, found: Held) -> list[str]:
    """That the place holds text of the exact type, and that reading and storing it there runs no code."""
    function, place = found.function, found.place
    owner = [f"type(self) is {function.owner.name}"] if found.of_self and function.owner is not None else []
    if not isinstance(place, ast.Subscript):
        return [*owner, guards.exactly(in_style(quietly(place), function), [found.kind])]
    held = function.text(place.value)
    tests = [*owner, guards.exactly(in_style(quietly(place.value), function), [holder_type(case) or "dict"])]
    key = in_style(function.text(place.slice), function)
    if holder_type(case) == "dict":
        return [*tests, guards.exactly(f"{held}.get({key})", [found.kind])]
    number = ast.literal_eval(place.slice)
    there = f"len({held}) > {number}" if number >= 0 else f"len({held}) >= {-number}"
    return [*tests, there, guards.exactly(f"{held}[{key}]", [found.kind])]


def _operand_tests(case: Case, found: Held) -> list[str]:
    """That what the loop reads is plain data, and not what holds the item."""
    apart = [found.function.text(found.place.value)] if isinstance(found.place, ast.Subscript) else []
    kinds = kinds_and_rows(case) or ()
    return [test for number, one in enumerate(kinds) for test in kind_tests(case, number, one, apart)]
