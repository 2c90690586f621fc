"""Selections: which equality picks the rows of a loop, and whether the other rows do nothing.

``if c.id == o.customer_id: …``, ``if c.id != key: continue``, nested ``if``, conjunctions, conditions of
comprehensions, and the element of ``any`` and ``all`` are all the same to a rule: rows whose key differs are skipped.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from perfprof.rules.reading.asked import asked
from perfprof.rules.reading.conditions import conjuncts, may_fail, negated
from perfprof.rules.reading.expressions import is_builtin, reads_only
from perfprof.rules.reading.folds import folded
from perfprof.rules.reading.leaves import unpacked
from perfprof.rules.reading.names import bound_names, read_names
from perfprof.rules.reading.solving import solved
from perfprof.rules.reading.syntax import walk

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function
    from perfprof.rules.reading.scans import Scan


@dataclass(frozen=True, eq=False, slots=True)
class Selection:
    """One equality ``inner == outer`` of a loop: inner depends on the row, outer does not.

    inner: with names that the body derived from the row replaced. spot: inner as it stands in the source.
    bound: names that a skipped row binds (the target and what the body derives before the test).
    problem: why a row with another key does something all the same; empty if it is skipped.
    busy: whether that is work of its own for each row: the loop is no look-up at all.
    conditions: what is evaluated for a row before the equality is.
    late: whether the only problem is that the wanted key was read after another test.
    ints: what must be ints besides the keys, since the equality was solved for the row's part; outer is made up then.
    """

    inner: ast.expr
    spot: ast.expr
    outer: ast.expr
    compare: ast.Compare
    bound: frozenset[str]
    problem: str = ""
    conditions: tuple[ast.expr, ...] = ()
    late: bool = False
    ints: tuple[ast.expr, ...] = ()
    busy: bool = False


@dataclass
class _Search:
    """What is known while a body is read from the top."""

    function: Function
    bound: set[str]
    solve: bool = False
    loop: ast.stmt | None = None  # None for a comprehension
    derived: dict[str, ast.expr] = field(default_factory=dict)
    passed: list[ast.expr] = field(default_factory=list)
    tests: list[ast.expr] = field(default_factory=list)
    read: set[str] = field(default_factory=set)  # before the row gave them a value
    problem: str = ""
    busy: bool = False

    def every(self, statement: ast.stmt) -> None:
        """Keep that a statement runs for every row; what only gives a name a value may still prepare the key."""
        self.problem = self.problem or f"line {statement.lineno} runs for every row"
        gives = isinstance(statement, ast.Assign) and all(isinstance(one, ast.Name) for one in statement.targets)
        self.busy = self.busy or not gives


def selection(scan: Scan, function: Function, solve: bool = False) -> Selection | None:
    """The first equality of a loop that can serve as a key; None if there is none.

    solve: also one that whole numbers can be solved for (see `Selection.ints`).
    """
    if scan.own is None or scan.own.target is None:
        return None
    if not _plain_target(scan.own.target) or _asynchronous(scan.own.node):
        return None
    search = _Search(function, set(bound_names(scan.own.target)), solve=solve)
    if isinstance(scan.own.node, ast.For):
        search.loop = scan.own.statement
        return _in_body(scan.own.node.body, search)
    tests = [part for test in _generator_tests(scan, function) for part in conjuncts(test)]
    return _among([*tests, *asked(scan, function)], search)


def asked_for(scan: Scan, function: Function, wanted: ast.expr) -> Selection | None:
    """Of a comprehension that gives a key for each row: the equality of ``wanted`` with it, which others ask."""
    holder = scan.own.holder if scan.own is not None else None
    if (
        scan.own is None
        or scan.own.target is None
        or not isinstance(holder, (ast.ListComp, ast.SetComp, ast.GeneratorExp))
    ):
        return None
    if not _plain_target(scan.own.target) or _asynchronous(scan.own.node):
        return None
    asks = ast.copy_location(ast.Compare(holder.elt, [ast.Eq()], [wanted]), holder.elt)
    return _among([asks], _Search(function, set(bound_names(scan.own.target))))


def _plain_target(target: ast.expr) -> bool:
    """Names, or tuples of names: what can be bound again for an index."""
    if isinstance(target, (ast.Tuple, ast.List)):
        return all(_plain_target(one) for one in target.elts)
    return isinstance(target, ast.Name)


def _asynchronous(node: ast.AST) -> bool:
    return isinstance(node, ast.AsyncFor) or bool(getattr(node, "is_async", 0))


def _generator_tests(scan: Scan, function: Function) -> list[ast.expr]:
    own = scan.own
    assert own is not None
    assert isinstance(own.node, ast.comprehension)
    tests = list(own.node.ifs)
    holder = own.holder
    alone = isinstance(holder, (ast.GeneratorExp, ast.ListComp)) and holder.generators[-1] is own.node
    if alone and isinstance(holder, (ast.GeneratorExp, ast.ListComp)):
        if scan.consumer == "exists":
            tests.append(holder.elt)
        elif scan.consumer == "all":
            tests.extend(negated(holder.elt))
        elif scan.consumer == "aggregate" and _counts_truths(holder, scan, function):
            tests.append(holder.elt)
    return tests


def _counts_truths(holder: ast.expr, scan: Scan, function: Function) -> bool:
    """``sum(row.id == key for row in rows)``: the other rows add False to a whole number."""
    taker = function.parents.get(holder if scan.own is None or scan.own.call is None else scan.own.call)
    element = getattr(holder, "elt", None)
    adds = isinstance(taker, ast.Call) and getattr(taker.func, "id", "") == "sum" and len(taker.args) == 1
    plain = isinstance(element, ast.Compare) and len(element.ops) == 1 and isinstance(element.ops[0], ast.Eq)
    return adds and plain and not taker.keywords and is_builtin("sum", function)  # type: ignore[union-attr]


def _in_body(body: list[ast.stmt], search: _Search) -> Selection | None:
    for position, statement in enumerate(body):
        last = position == len(body) - 1
        if isinstance(statement, ast.If):
            found = _in_if(statement, last, search)
            if found is not None:
                return found
            continue
        fold = folded(statement, search.loop, search.function) if search.loop is not None else None
        if fold is not None:
            found = _among(negated(fold[0]) if fold[1] else conjuncts(fold[0]), search)
            if found is not None:
                why = f"what follows line {statement.lineno} runs for every row"
                return found if last else _with_problem(found, why)
        if not _derives(statement, search):
            search.every(statement)
    return None


def _derives(statement: ast.stmt, search: _Search) -> bool:
    """A plain ``name = <reads the row>``, whose value later tests may use."""
    if isinstance(statement, ast.Pass):
        return True
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return False
    given = unpacked(statement.targets[0], statement.value)
    if not given or not reads_only(statement.value, search.function):
        return False
    search.read |= read_names(statement.value) - search.bound
    if any(name in search.read for name, _ in given):  # what the row before left
        search.problem = search.problem or f"line {statement.lineno} runs for every row"
    values = {name: substituted(value, search.derived) for name, value in given}
    search.derived.update(values)
    search.bound.update(values)
    search.passed.append(statement.value)
    return True


def _in_if(statement: ast.If, last: bool, search: _Search) -> Selection | None:
    skips = len(statement.body) == 1 and isinstance(statement.body[0], ast.Continue)
    if skips and not statement.orelse:
        return _among(negated(statement.test), search)
    idle = all(isinstance(one, (ast.Pass, ast.Continue)) for one in statement.orelse)
    found = _among(conjuncts(statement.test), search)
    if found is not None:
        if not idle and not _same_key(statement.orelse, found, search):
            return _with_problem(found, f"line {statement.orelse[0].lineno} runs for the other rows")
        if not last:
            return _with_problem(found, f"what follows line {statement.lineno} runs for every row")
        return found
    if idle and last:
        return _in_body(statement.body, search)
    search.every(statement)
    return None


def _same_key(block: list[ast.stmt], found: Selection, search: _Search) -> bool:
    """``elif row.id == key and …``: the other rows pass none of the tests of a chain, each of which asks the key first."""
    if all(isinstance(one, (ast.Pass, ast.Continue)) for one in block):
        return True
    test = block[0].test if len(block) == 1 and isinstance(block[0], ast.If) else None
    if test is None or isinstance(found.compare.left, ast.NamedExpr):
        return False
    first = conjuncts(test)[0]
    return ast.dump(first) == ast.dump(found.compare) and _same_key(block[0].orelse, found, search)  # type: ignore[attr-defined]


def _with_problem(found: Selection, problem: str) -> Selection:
    first = found.problem if found.problem and not found.late else problem
    return replace(found, problem=first, late=False, busy=True)


def _among(tests: list[ast.expr], search: _Search) -> Selection | None:
    for test in tests:
        for inner, outer, compare, ints in _sides(_named(test, search), search):
            turn = _out_of_turn((outer, *ints), search)
            return Selection(
                substituted(inner, search.derived),
                inner,
                outer,
                compare,
                frozenset(search.bound),
                search.problem or _may_fail_before(search) or turn,
                tuple(search.passed),
                bool(turn) and not (search.problem or _may_fail_before(search)),
                ints,
                search.busy,
            )
        if not reads_only(test, search.function):
            search.problem = search.problem or f"line {test.lineno} does more than read"
        search.read |= read_names(test) - search.bound
        search.passed.append(test)
        search.tests.append(test)
    return None


def _named(test: ast.expr, search: _Search) -> ast.expr:
    """``(key := row.id) == wanted`` in a statement: what ``key = row.id`` before it would be."""
    value = test.left if isinstance(test, ast.Compare) else None
    if search.loop is None or not isinstance(test, ast.Compare) or not isinstance(value, ast.NamedExpr):
        return test
    name = value.target.id
    if search.tests or name in search.bound | search.read or not reads_only(value.value, search.function):
        return test
    search.derived[name] = substituted(value.value, search.derived)
    search.bound.add(name)
    return ast.copy_location(ast.Compare(value.value, test.ops, test.comparators), test)


def _out_of_turn(outer: Sequence[ast.expr], search: _Search) -> str:
    """Why the wanted key may not be read without the tests before it; empty if it may."""
    if search.tests and not all(isinstance(one, (ast.Name, ast.Constant)) for one in outer):
        return f"line {outer[0].lineno} reads the wanted key only after another test"
    return ""


def _may_fail_before(search: _Search) -> str:
    """Why other tests may not be skipped for a row; empty if they may."""
    failing = next((test for test in search.passed if any(may_fail(node) for node in walk(test))), None)
    return f"line {failing.lineno} may fail for the other rows" if failing is not None else ""


def _sides(
    test: ast.expr, search: _Search
) -> Iterator[tuple[ast.expr, ast.expr, ast.Compare, tuple[ast.expr, ...]]]:
    if not (isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq)):
        return
    if not all(reads_only(one, search.function) for one in (test.left, test.comparators[0])):
        return
    found = solved(test, search.bound) if search.solve else None
    if found is not None and read_names(found[1]):
        yield found[0], found[1], test, found[2]
        return
    for inner, outer in ((test.left, test.comparators[0]), (test.comparators[0], test.left)):
        row, other = read_names(inner) & search.bound, read_names(outer)
        if row and other and not other & search.bound:
            yield inner, outer, test, ()


class _Substitute(ast.NodeTransformer):
    def __init__(self, values: Mapping[str, ast.expr]) -> None:
        self.values = values

    def visit_Name(self, node: ast.Name) -> ast.expr:
        value = self.values.get(node.id)
        return node if value is None else copy.deepcopy(value)


def substituted(node: ast.expr, values: Mapping[str, ast.expr]) -> ast.expr:
    """The expression with names replaced; the same object if none of them occurs."""
    if not read_names(node) & values.keys():
        return node
    result = _Substitute(values).visit(copy.deepcopy(node))
    assert isinstance(result, ast.expr)
    return result
