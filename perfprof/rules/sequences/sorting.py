"""Lists that are sorted again after each addition: put what is new into its place instead.

    xs.append(x); xs.sort()                 ->  insort(xs, xs.pop())
    while queue: queue.sort(); … pop(0)     ->  insort what was added since the last turn

A stable sort puts an added element after its equals, and so does ``insort``: the list is the same after each turn. Both
agree only where ``<`` is a total order without effects, so every element is tested for being of plain types that have
one; from the first other element on, the list is sorted as before.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from perfprof.profilers.observations import Watch
from perfprof.rules import guards
from perfprof.rules.containers.growth import certain
from perfprof.rules.containers.uses import repeated_statements
from perfprof.rules.findings import finding
from perfprof.rules.hoisting import watch
from perfprof.rules.reading.expressions import is_builtin
from perfprof.rules.reading.names import bound_names, fresh
from perfprof.rules.reading.program import Function, blocks
from perfprof.rules.rule import Case, Edit, Evidence, Rewrite, Suspect
from perfprof.rules.searching.indexing import at

LEAST_SORTS, LEAST_SORTED = 32, 128
FEW = 8  # elements for which places are searched; more are sorted
NUMBERS = frozenset({"builtins.int", "builtins.bool", "builtins.float"})
FAMILIES = (NUMBERS, frozenset({"builtins.str"}), frozenset({"builtins.bytes"}))


@dataclass(frozen=True, eq=False, slots=True)
class Resorted:
    """``name.sort()`` in a loop. added: the use of the list in the ``append`` right before it, if that is the form.

    taken: the statement right after it that takes from an end, and the use in it, if that is the form.
    """

    function: Function
    name: str
    sort: ast.Expr
    use: ast.Name
    loop: ast.stmt
    added: ast.Name | None = None
    taken: tuple[ast.stmt, ast.Name] | None = None


def resorted(function: Function) -> Iterator[Resorted]:
    """All of them in a function."""
    if isinstance(function.node, ast.Module) or not function.loops:
        return
    for statement, around in repeated_statements(function):
        use = _called(statement, "sort", 0)
        if use is None or _begins(use.id, around[-1]):
            continue
        assert isinstance(statement, ast.Expr)
        loop = next(one for one in around if not _begins(use.id, one))
        yield from _forms(Resorted(function, use.id, statement, use, loop))


def _forms(found: Resorted) -> Iterator[Resorted]:
    before, after = _beside(found.sort, found.function)
    added = _called(before, "append", 1)
    taken = _takes(after, found.name)
    if added is not None and added.id == found.name:
        yield replace(found, added=added)
    elif taken is not None and after is not None:
        yield replace(found, taken=(after, taken))


def _called(statement: ast.stmt | None, method: str, arguments: int) -> ast.Name | None:
    """``xs`` of a statement ``xs.method(…)``."""
    call = statement.value if isinstance(statement, ast.Expr) else None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute) or call.func.attr != method:
        return None
    plain = not call.keywords and len(call.args) == arguments
    plain = plain and not any(isinstance(one, ast.Starred) for one in call.args)
    return call.func.value if plain and isinstance(call.func.value, ast.Name) else None


def _takes(statement: ast.stmt | None, name: str) -> ast.Name | None:
    """``xs`` of ``x = xs.pop(0)`` or ``x = xs.pop()``."""
    call = statement.value if isinstance(statement, (ast.Assign, ast.Expr)) else None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute) or call.func.attr != "pop":
        return None
    ends = [ast.unparse(one) for one in call.args] in ([], ["0"], ["-1"])
    use = call.func.value
    return use if ends and not call.keywords and isinstance(use, ast.Name) and use.id == name else None


def _begins(name: str, loop: ast.stmt) -> bool:
    return any(
        name in bound_names(one) for one in ast.walk(loop) if isinstance(one, (ast.Assign, ast.AnnAssign, ast.For))
        for one in ([*one.targets] if isinstance(one, ast.Assign) else [one.target])
    )  # fmt: skip


def _beside(statement: ast.stmt, function: Function) -> tuple[ast.stmt | None, ast.stmt | None]:
    above = function.parents[statement]
    found = [getattr(above, "body", []), *(blocks(above) if isinstance(above, ast.stmt) else [])]
    for block in found:
        if isinstance(block, list) and statement in block:
            place = block.index(statement)
            return block[place - 1] if place else None, block[place + 1] if place + 1 < len(block) else None
    return None, None


def suspect(rule: str, found: Resorted) -> Suspect:
    """The finding, and what a run must tell about it."""
    function = found.function
    what = finding(rule, function, found.sort.value, found.name, f"sorts all of `{found.name}` again in each turn")
    watches: tuple[Watch, ...] = (
        watch(f"{what.id}:entry", found.loop, function, "entry"),
        watch(f"{what.id}:base0", found.use, function, "collection"),
    )
    return Suspect(what, found, watches, function)


def worth_insorting(case: Case) -> Evidence:
    """At least 32 sorts an entry of at least 128 elements: measured 2x there, 10x at 2,000."""
    entry, kept = case.watched("entry"), case.watched("base0")
    if entry is None or kept is None or not entry.count or not kept.count:
        return Evidence(False, "the loop did not run")
    rounds, size = kept.count / entry.count, kept.mean_length
    numbers = {"entries": entry.count, "sorts": round(rounds, 1), "elements": round(size, 1)}
    reason = f"{rounds:,.0f} sorts of {size:,.0f} elements an entry"
    if rounds < LEAST_SORTS or size < LEAST_SORTED:
        return Evidence(False, f"too small: {reason} (pays from {LEAST_SORTS} x {LEAST_SORTED})", numbers)
    return Evidence(True, reason, numbers, (SORT + size * SORTED) / (INSERT + size * MOVED))


# Measured, units of `costs`: a sort, each element in its place already; a place that is searched, each element moved.
SORT, SORTED, INSERT, MOVED = 47.0, 0.75, 50.0, 0.065


def order_of(elements: Collection[str]) -> tuple[tuple[str, ...], ...] | None:
    """The types at each position of the elements (one position for plain values); None if they have no total order."""
    found = _columns(elements)
    ordered = all(any(types <= family for family in FAMILIES) for types in found)
    return tuple(tuple(sorted(types)) for types in found) if found and ordered else None


def _columns(elements: Collection[str]) -> list[set[str]]:
    """The types at each position; none if the elements are of different shapes."""
    tuples = [one[len(guards.TUPLE) : -1].split(",") for one in elements if one.startswith(guards.TUPLE)]
    if not tuples:
        return [set(elements)] if elements else []
    alike = len(tuples) == len(elements) and len({len(one) for one in tuples}) == 1
    return [set(column) for column in zip(*tuples, strict=True)] if alike else []


def order_test(item: str, elements: Collection[str], name: str = "") -> str:
    """A test that an element is of these types. name: for an element that is not a name itself."""
    order = order_of(elements)
    assert order is not None
    first = f"({name} := {item})" if name else item
    item = name or item
    if not next(iter(elements)).startswith(guards.TUPLE):
        return guards.joined([_typed(first, order[0]), *_number(item, order[0])])
    tests = [f"type{first if name else f'({item})'} is tuple", f"len({item}) == {len(order)}"]
    for place, types in enumerate(order):
        tests += [_typed(f"{item}[{place}]", types), *_number(f"{item}[{place}]", types)]
    return guards.joined(tests)


def _typed(item: str, types: tuple[str, ...]) -> str:
    names = [guards.FLAT[one] for one in types]
    inside = item if item.startswith("(") else f"({item})"
    return f"type{inside} is {names[0]}" if len(names) == 1 else f"type{inside} in ({', '.join(names)})"


def _number(item: str, types: tuple[str, ...]) -> list[str]:
    """NaN has no place in an order."""
    return [f"{item} == {item}"] if "builtins.float" in types else []


def insort_instead(case: Case) -> Rewrite:
    """The place of what is new, while all elements are plain."""
    found: Resorted = case.suspect.reading
    name, taken = found.name, found.function.visible | case.taken
    seen = case.watched("base0")
    elements = tuple(seen.elements if seen is not None else ()) or ("builtins.int",)
    plain = fresh(f"{name}_plain", taken)
    edits = _appended(found, plain, elements, taken) if found.added else _queued(found, plain, elements, taken)
    return Rewrite(
        edits=(*edits, Edit("import", "from bisect import insort")),
        why=f"{name} is sorted already but for what was just added, whose place is searched",
        memory="none",
    )


def _made(found: Resorted) -> Iterator[tuple[ast.stmt, ast.expr]]:
    for binding in found.function.names.bindings[found.name]:
        above = found.function.parents.get(binding.node)
        if isinstance(above, (ast.Assign, ast.AnnAssign)) and above.value is not None:
            yield above, above.value


def _appended(found: Resorted, plain: str, elements: tuple[str, ...], taken: frozenset[str]) -> Iterator[Edit]:
    name, function = found.name, found.function
    for statement, value in _made(found):
        filled = f"all({order_test('item', elements)} for item in {name})"
        yield at("after", statement, f"{plain} = {'True' if is_empty(value, function) else filled}")
    call = function.parents[function.parents[found.added]] if found.added is not None else None
    given = call.args[0] if isinstance(call, ast.Call) else None
    if isinstance(given, ast.Name):
        test = order_test(given.id, elements)
    elif elements[0].startswith(guards.TUPLE) or len(elements) > 1 or "builtins.float" in elements:
        test = order_test(f"{name}[-1]", elements, fresh("last", taken))
    else:
        test = order_test(f"{name}[-1]", elements)
    text = f"{plain} = {plain} and {test}\nif {plain}:\n    insort({name}, {name}.pop())\nelse:\n    {name}.sort()"
    yield at("statement", found.sort, text)


def _queued(found: Resorted, plain: str, elements: tuple[str, ...], taken: frozenset[str]) -> Iterator[Edit]:
    name = found.name
    known, new, item = (fresh(word, taken) for word in (f"{name}_sorted", f"{name}_new", "item"))
    for statement, _ in _made(found):
        yield at("after", statement, f"{known}, {plain} = 0, True")
    test = f"all({order_test(item, elements)} for {item} in {new})"
    if not any(one.startswith(guards.TUPLE) or one == "builtins.float" for one in elements):
        test = guards.all_keys(new, tuple(sorted(elements)))
    lines = [
        f"{new} = {name}[{known}:]",
        f"{plain} = {plain} and {test}",
        f"if {plain} and len({new}) < {FEW}:",
        f"    del {name}[{known}:]",
        f"    for {item} in {new}:",
        f"        insort({name}, {item})",
        "else:",
        f"    {name}.sort()",
    ]
    yield at("statement", found.sort, "\n".join(lines))
    assert found.taken is not None
    yield at("after", found.taken[0], f"{known} = len({name})")


def is_empty(value: ast.expr, function: Function) -> bool:
    """``[]`` or ``list()``."""
    if isinstance(value, ast.List):
        return not value.elts
    made = isinstance(value, ast.Call) and not value.args and not value.keywords
    return made and certain(value, function, "list")


def begins_sorted(value: ast.expr, function: Function) -> bool:
    """Empty, or ``sorted(…)`` in the order of the elements themselves."""
    if is_empty(value, function):
        return True
    call = isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and not value.keywords
    return call and value.func.id == "sorted" and is_builtin("sorted", function)  # type: ignore[attr-defined]
