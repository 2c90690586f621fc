"""Obligations of a loop over the elements of arrays that is to be computed at once."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from perfprof.rules.elementwise.coverage import too_few
from perfprof.rules.elementwise.errors import ULP, Errors
from perfprof.rules.elementwise.guards import dtypes
from perfprof.rules.elementwise.kinds import InexactError, kinds_of
from perfprof.rules.elementwise.loops import ElementLoop
from perfprof.rules.elementwise.ranges import Bound
from perfprof.rules.elementwise.turns import Branch, Cell, Count, Named, Place, Step, Sum
from perfprof.rules.obligations.frames import uses_apart
from perfprof.rules.obligations.growth import shares_line
from perfprof.rules.obligations.proofs import guarded, obligation, observed, proved, unproved
from perfprof.rules.reading.expressions import is_builtin, path_of, root_name
from perfprof.rules.reading.names import read_names
from perfprof.rules.rule import Case, Proof

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function

USED = (
    "type",
    "len",
    "abs",
    "min",
    "max",
    "int",
    "float",
    "bool",
    "range",
    "enumerate",
    "hasattr",
    "list",
    "tuple",
    "ArithmeticError",
    "IndexError",
)
RUN_AS_THEY_STAND = frozenset(
    "staticmethod classmethod property cached_property abstractmethod override cache lru_cache".split()
)
NDARRAY = frozenset({"numpy.ndarray"})


@obligation
def each_turn_has_its_own(case: Case) -> Proof:
    """Each turn reads and writes elements that no other turn writes."""
    found: ElementLoop = case.suspect.reading
    noted = [one for one in found.read.problems if one[0] == "each-turn-has-its-own"]
    problem = next(iter([*((node, why) for _, node, why in noted), *_entangled(found), *_unordered(found)]), None)
    if problem is not None:
        return unproved(problem[1], found.function.place(problem[0]))
    return proved(
        "what is stored stands at the counter alone, and is read there alone",
        found.function.place(found.hoist.statement),
    )


def _entangled(found: ElementLoop) -> Iterator[tuple[ast.AST, str]]:
    """What one turn stores and another one may read, and indices that are not known before."""
    counters = [one.counter for one in found.axes]
    for name, cells in found.arrays.items():
        yield from _mixed(name, cells, counters, name in found.written)
    for cell in found.read.cells.values():
        if cell.gather is not None and cell.gather.array in found.written:
            yield cell.node, "its index is stored in this loop"
        if any(_from_the_end(place, found) for place in cell.places):
            yield cell.node, f"`{ast.unparse(cell.node)}` counts from the end"
    for one in found.alike:
        if ast.unparse(one) not in found.arrays:
            yield one, f"`{ast.unparse(one)}` is none of the arrays"
    for axis in found.axes:
        for end in (axis.low, axis.high):
            yield from _unknown_end(end, found, counters)


def _mixed(name: str, cells: Sequence[Cell], counters: list[str], stored: bool) -> Iterator[tuple[ast.AST, str]]:
    if len({len(one.places) for one in cells}) > 1:
        yield cells[0].node, f"`{name}` is read by rows and by elements"
    if any(len({*one.counters}) < len(one.counters) for one in cells):
        yield cells[0].node, f"`{name}` is read along its diagonal"
    if stored:
        yield from _own_places(name, cells, counters)
        if any(one.gather is not None for one in cells):
            yield cells[0].node, f"`{name}` is read where another turn may have stored"
    elif any(not _in_order(one.counters, counters) for one in cells):
        yield cells[0].node, f"the axes of `{name}` stand in another order"


def _from_the_end(place: Place, found: ElementLoop) -> bool:
    axis = next((one for one in found.axes if one.counter == place.counter), None)
    return axis is not None and axis.low.base is None and axis.low.more + place.more < 0


def _in_order(given: Sequence[str], counters: list[str]) -> bool:
    """Whether the axes are some of the loops', one after another; those of two loops may be changed."""
    begin = counters.index(given[0]) if given else 0
    return [*given] == counters[begin : begin + len(given)] or (len(counters) == 2 and {*given} == {*counters})


def _own_places(name: str, cells: Sequence[Cell], counters: list[str]) -> Iterator[tuple[ast.AST, str]]:
    for one in cells:
        if [*one.counters] != counters:
            yield one.node, f"several turns have the same element of `{name}`, or the axes stand in another order"
        if [_said(place.counter, place.more, place.name) for place in one.places] != [
            _said(place.counter, place.more, place.name) for place in cells[0].places
        ]:
            yield one.node, f"`{ast.unparse(one.node)}` is what another turn stores"
        if isinstance(one.node, ast.Name):
            yield one.node, f"`{one.node.id}` is read before and after it is stored"


def _said(counter: str, more: int, name: ast.expr | None) -> str:
    return f"{counter} {more} {ast.unparse(name) if name is not None else ''}"


def _unknown_end(end: Bound, found: ElementLoop, counters: list[str]) -> Iterator[tuple[ast.AST, str]]:
    if end.base is None or not end.array:
        return
    cells = found.arrays.get(end.array)
    if cells is None:
        if end.shaped or end.flat or end.row:
            yield end.base, f"`{end.array}` is none of the arrays"
    elif end.axis >= len(cells[0].places) or (end.flat and len(cells[0].places) > 1):
        yield end.base, f"`{end.array}` has another shape"
    elif end.row and (end.row not in counters or cells[0].places[0].counter != end.row):
        yield end.base, f"the row of `{end.array}` may be none"


def _unordered(found: ElementLoop) -> Iterator[tuple[ast.AST, str]]:
    """Names that are bound in the loop and read before that, or as something else."""
    loop = found.hoist.statement
    counters = {one.counter for one in found.axes}
    numbers = found.read.counts | found.read.sums
    twice = (counters & (found.read.named | numbers)) | (found.read.named & numbers)
    twice |= found.read.counts & found.read.sums
    for one in sorted(twice):
        yield loop, f"`{one}` is bound in more than one way"
    bases = [cells[0].base for cells in found.arrays.values()]
    for node in (*found.numbers.values(), *found.sized.values(), *bases):
        if root_name(node) in found.bound or root_name(node) in found.read.modules:
            yield node, f"`{ast.unparse(node)}` is another one in each turn"
    yield from too_few(found)
    yield from _before_bound(found.steps, set(), found)


def _before_bound(steps: Sequence[Step], known: set[str], found: ElementLoop) -> Iterator[tuple[ast.AST, str]]:
    """Names that are read where this turn may not have bound them: what a branch binds is for that branch alone."""
    own: set[str] = set()
    inside = steps is not found.steps
    for one in steps:
        if not isinstance(one, Count):
            value = one.test if isinstance(one, Branch) else one.value
            read, kept = read_names(value), found.read.named | found.read.sums
            wrong = (read & kept) - known - own | (read & found.read.counts)
            for name in sorted(wrong):
                yield value, f"`{name}` is what an earlier turn left, or bound in some turns only"
        if isinstance(one, Named):
            if one.name in known or (inside and len(found.axes) > 1):
                yield one.value, f"`{one.name}` is bound in some turns only"
            own.add(one.name)
        elif isinstance(one, Sum) and not inside and len(found.axes) == 1:
            own.add(one.name)
        elif isinstance(one, Branch):
            yield from _before_bound(one.body, known if inside else known | own, found)
            yield from _before_bound(one.orelse, known if inside else known | own, found)


@obligation
def names_unread_after(case: Case) -> Proof:
    """Nothing after the loop reads its counter or what a turn gave a name."""
    found: ElementLoop = case.suspect.reading
    function, names = found.function, found.function.names
    for one in sorted(found.bound):
        counted = one in found.read.counts | found.read.sums
        if names.bindings.get(one) and (not names.is_local(one) or one in names.captured):
            return unproved(f"`{one}` is bound for others, too", function.place(found.hoist.statement))
        for node in () if counted else uses_apart(function.node, one, found.hoist.node):
            if isinstance(node.ctx, ast.Load) and not _bound_anew(node, found):
                return unproved(f"`{one}` is read outside of the loop", function.place(node))
    return proved("nothing reads its names later")


def _bound_anew(node: ast.Name, found: ElementLoop) -> bool:
    """Whether it is read before the loop only, and no loop around leads back to it."""
    parents, above = found.function.parents, found.function.parents.get(found.hoist.statement)
    while above is not None and not isinstance(above, (ast.For, ast.AsyncFor, ast.While)):
        above = parents.get(above)
    return above is None and node.lineno < found.hoist.statement.lineno


@obligation
def steps_are_exact(case: Case) -> Proof:
    """NumPy does each step for all elements to the bit as for each of them, and with it errors come up as they did."""
    found: ElementLoop = case.suspect.reading
    for name, node, why in found.read.problems:
        if name == "steps-are-exact":
            return unproved(why, found.function.place(node))
    try:
        kinds = kinds_of(case)
    except InexactError as error:
        node, why = error.args
        return unproved(f"`{ast.unparse(node)}`: {why}", found.function.place(node))
    for name, allowed in dtypes(found, kinds).items():
        if not allowed:
            return unproved(
                f"what is stored into `{name}` is made another type", found.function.place(found.written[name].node)
            )
    if found.read.inexact:
        return _within(case)
    return guarded("a test of the types of the elements; where an error comes up, it is done one by one")


def _within(case: Case) -> Proof:
    """Functions of which NumPy gives other last bits for arrays, where the user lets them differ so far."""
    found: ElementLoop = case.suspect.reading
    node = found.read.inexact[0]
    what = ast.unparse(node.func) if isinstance(node, ast.Call) else "**"
    if not case.tolerance:
        why = f"`{what}` of an array may differ by a bit from that of its elements; a tolerance (--tolerance 1e-9) allows it"
        return unproved(why, found.function.place(node))
    try:
        error = Errors(found).read() * ULP
    except InexactError as problem:
        node, why = problem.args
        return unproved(f"`{ast.unparse(node)}`: {why}", found.function.place(node))
    if error > case.tolerance:
        return unproved(
            f"values may be off by {error:.2g}, more than {case.tolerance:g}", found.function.place(node)
        )
    told = f"within {case.tolerance:g}, as set: `{what}` of an array may differ by {error:.2g} of its value"
    return observed(told, found.function.place(node))


@obligation
def arrays_are_plain(case: Case) -> Proof:
    """All are arrays of NumPy, no classes of their own, and share no memory."""
    found: ElementLoop = case.suspect.reading
    problem = next(_of_other_types(case, found), None)
    if problem is not None:
        return unproved(problem[1], found.function.place(problem[0]))
    held = [seen for number in range(99) if (seen := case.watched(f"held{number}")) is not None]
    if any(one.reads.get("computed") for one in held):
        return unproved("an attribute is computed (a property), perhaps anew each time")
    if any(len(path_of(one) or ()) > 1 for one in found.bases):
        return observed("attributes were stored ones in every recorded run; the rest is tested")
    return guarded("a test of their types, and whether their memory is apart")


def _of_other_types(case: Case, found: ElementLoop) -> Iterator[tuple[ast.AST, str]]:
    for number, (name, cells) in enumerate(found.arrays.items()):
        seen = case.watched(f"base{number}")
        if case.seen and (seen is None or not {*seen.types} <= NDARRAY):
            yield cells[
                0
            ].node, f"`{name}` was {', '.join(sorted(seen.types)) if seen is not None else 'never seen'}"
    for number, (name, node) in enumerate(found.numbers.items()):
        seen = case.watched(f"number{number}")
        if seen is not None and not {*seen.types} <= {"builtins.int"}:
            yield node, f"`{name}` was {', '.join(sorted(seen.types))}"


@obligation
def loop_runs_as_it_stands(case: Case) -> Proof:
    """The function is run as it stands, and the loop has lines of its own."""
    found: ElementLoop = case.suspect.reading
    function, loop = found.function, found.hoist.statement
    for one in _decorators(function):
        name = (path_of(one.func if isinstance(one, ast.Call) else one) or ("",))[-1]
        if name not in RUN_AS_THEY_STAND:
            return unproved(f"`@{ast.unparse(one)}` may compile it as it stands", function.place(one))
    lines = function.module.raw_lines[loop.lineno - 1 : loop.end_lineno]
    if shares_line(loop, function) or any(b"\t" in one for one in lines):
        return unproved("it shares a line, or is indented by tabs", function.place(loop))
    shadowed = [one for one in USED if not is_builtin(one, function)]
    if shadowed:
        return unproved(f"`{shadowed[0]}` has another meaning in this file", function.place(loop))
    return proved("nothing compiles it into something else", function.place(loop))


ELEMENTWISE = (
    each_turn_has_its_own,
    names_unread_after,
    steps_are_exact,
    arrays_are_plain,
    loop_runs_as_it_stands,
)


def _decorators(function: Function | None) -> Iterator[ast.expr]:
    """Those of a function and of all around it."""
    while function is not None:
        yield from getattr(function.node, "decorator_list", ())
        function = function.outer
