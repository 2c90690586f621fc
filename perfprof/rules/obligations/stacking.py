"""Obligations about data frames and arrays that a loop grows: where they begin, and that nobody sees them half-grown."""

from __future__ import annotations

import ast

from perfprof.rules import guards
from perfprof.rules.frames.rows import FRAMES
from perfprof.rules.frames.stacking import Stacking, means
from perfprof.rules.obligations.growth import handles_errors
from perfprof.rules.obligations.proofs import obligation, observed, proved, unproved
from perfprof.rules.reading.assignment import bound_before
from perfprof.rules.rule import Case, Proof


@obligation
def frame_begins_empty(case: Case) -> Proof:
    """The frame is made here, without rows, right before the loop."""
    found: Stacking = case.suspect.reading
    function, name = found.function, found.name
    if not _own(found):
        return unproved(f"`{name}` is not this function's alone", function.place(found.step))
    block = _block(found)
    place = block.index(found.hoist.statement)
    begins = [one for one in block[:place] if _makes_empty(one, found)]
    if not begins:
        return unproved(f"`{name}` may have rows when the loop begins", function.place(found.hoist.statement))
    between = block[block.index(begins[-1]) + 1 : place]
    used = next((use for one in between for use in _uses(one, name)), None)
    if used is not None:
        return unproved(f"`{name}` is used before the loop", function.place(used))
    return proved(f"`{name}` is made without rows before the loop", function.place(begins[-1]))


def _own(found: Stacking) -> bool:
    names = found.function.names
    return names.is_local(found.name) and found.name not in names.captured


@obligation
def array_from_the_start(case: Case) -> Proof:
    """It is an array before the loop, and nothing but its parts is added."""
    found: Stacking = case.suspect.reading
    function, name = found.function, found.name
    if not _own(found) or not bound_before(name, found.hoist.statement, function):
        return unproved(f"`{name}` may not have a value of its own before the loop", function.place(found.step))
    seen = case.watched("whole")
    if seen is None or not seen.types:
        return unproved("only a run can tell what it is", function.place(found.step))
    if set(seen.types) != {"numpy.ndarray"}:
        return unproved(f"it was a {guards.readable(seen.types)}", function.place(found.step))
    added = case.watched("part")
    own = {name for name in (added.types if added is not None else ()) if not _plain_part(name)}
    if own:
        return unproved(f"a {guards.readable(own)} may be added in its own way", function.place(found.part))
    return observed("it was a plain array in every recorded run, and so were its parts", function.place(found.step))


def _plain_part(name: str) -> bool:
    """Whether NumPy makes a plain array of it: classes of others, and masked arrays, may answer to ``append`` themselves."""
    return name.partition(".")[0] in PLAIN_MODULES and not name.startswith("numpy.ma.")


PLAIN_MODULES = frozenset({"builtins", "numpy", "pandas", "datetime", "decimal"})


def _block(found: Stacking) -> list[ast.stmt]:
    """The statements among which the loop stands."""
    above = found.function.parents[found.hoist.statement]
    blocks = (getattr(above, name, None) for name in ("body", "orelse", "finalbody"))
    return next(one for one in blocks if isinstance(one, list) and found.hoist.statement in one)


def _makes_empty(statement: ast.stmt, found: Stacking) -> bool:
    """``name = pd.DataFrame()`` or ``pd.DataFrame(columns=[…])``, whose columns are objects."""
    if not isinstance(statement, ast.Assign) or not isinstance(statement.value, ast.Call):
        return False
    call = statement.value
    named = [one.id for one in statement.targets if isinstance(one, ast.Name)] == [found.name]
    plain = not call.args and all(word.arg == "columns" for word in call.keywords)
    return (
        named and plain and len(statement.targets) == 1 and means(call.func, "pandas", "DataFrame", found.function)
    )


def _uses(node: ast.AST, name: str) -> list[ast.Name]:
    return [one for one in ast.walk(node) if isinstance(one, ast.Name) and one.id == name]


@obligation
def unseen_half_grown(case: Case) -> Proof:
    """Nobody sees it while the loop runs."""
    found: Stacking = case.suspect.reading
    function, name = found.function, found.name
    own = set(map(id, _uses(found.step, name)))
    other = next((use for use in _uses(found.hoist.statement, name) if id(use) not in own), None)
    if other is not None:
        return unproved(f"the loop uses `{name}` in another way, too", function.place(other))
    node: ast.AST | None = found.step
    while node is not None and node is not function.node:
        if handles_errors(node, function):
            return unproved("after an error half-way it would lack what was added", function.place(node))
        node = function.parents.get(node)
    if function.names.dynamic:
        return unproved("names are reached by text (`exec`, `locals()` …)")
    return proved(f"the loop does nothing else with `{name}`, and an error ends the function")


def _written_later(found: Stacking) -> ast.AST | None:
    """Where the loop may write into the part after it was added: pandas may still share its values then."""
    if not isinstance(found.part, ast.Name):
        return None
    name, loop = found.part.id, found.hoist.statement
    binds = [node.lineno for node in _uses(loop, name) if not isinstance(node.ctx, ast.Load)]
    last = (found.step.end_lineno or found.step.lineno) if binds else loop.lineno
    own = set(map(id, ast.walk(found.step)))
    return next(
        (
            node
            for node in ast.walk(loop)
            if getattr(node, "lineno", 0) > last and id(node) not in own and _may_write(node, name)
        ),
        None,
    )


def _may_write(node: ast.AST, name: str) -> bool:
    """``part.loc[0, "x"] = 1``, ``part.fillna(0, inplace=True)``, ``clean(part)``."""
    if isinstance(node, (ast.Subscript, ast.Attribute)) and not isinstance(node.ctx, ast.Load):
        return bool(_uses(node.value, name))
    return isinstance(node, ast.Call) and _call_may_write(node, name)


def _call_may_write(call: ast.Call, name: str) -> bool:
    if isinstance(call.func, ast.Name) and call.func.id in ("len", "print"):
        return False
    given = [*call.args, *(word.value for word in call.keywords)]
    handed = any(isinstance(one, ast.Name) and one.id == name for one in given)
    return handed or (any(word.arg == "inplace" for word in call.keywords) and bool(_uses(call.func, name)))


@obligation
def parts_are_frames(case: Case) -> Proof:
    """What is added is a DataFrame."""
    found: Stacking = case.suspect.reading
    seen, place = case.watched("part"), found.function.place(found.part)
    if seen is None or not seen.types:
        return unproved("only a run can tell what it is", place)
    if not set(seen.types) <= FRAMES:
        return unproved(f"it was a {guards.readable(seen.types)}", place)
    written = _written_later(found)
    if written is not None:
        return unproved("it may be written to after it was added", found.function.place(written))
    return observed("it was a DataFrame in every recorded run", place)


@obligation
def steps_have_lines(case: Case) -> Proof:
    """The loop and what it adds stand on lines of their own."""
    found: Stacking = case.suspect.reading
    lines = found.function.module.raw_lines
    for one in (found.hoist.statement, found.step):
        before = lines[one.lineno - 1][: one.col_offset]
        behind = lines[(one.end_lineno or one.lineno) - 1][one.end_col_offset :].partition(b"#")[0]
        above = lines[one.lineno - 2] if one.lineno > 1 else b""
        if before.strip() or behind.strip() or above.endswith(b"\\"):
            return unproved("it shares its line with something else", found.function.place(one))
    return proved("they stand on lines of their own")
