"""Searches in a list that an object holds: ``find_by_id`` over ``self._items``, whoever calls it however often.

A caller in another module can rarely build the index: it does not hold the list, and where it calls once there is no loop
to build it before. So the class keeps a dict beside the list. All uses of the list stand in the class's methods, and each
is read: what only adds to its end is caught up with when the dict is asked, anything else that changes it makes it anew.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfprof.rules import costs
from perfprof.rules.attribute_queues import Use, uses_of
from perfprof.rules.findings import finding
from perfprof.rules.growth import certain
from perfprof.rules.hoisting import watch
from perfprof.rules.reading.callees import is_generator
from perfprof.rules.reading.expressions import is_builtin, leaves, path_of, reads_only
from perfprof.rules.reading.scans import COMPREHENSIONS, Scan, leaving
from perfprof.rules.reading.selection import Selection, selection
from perfprof.rules.rule import Case, Evidence, Suspect

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program

FIRST = frozenset({"first", "exists", "all"})
LEAST_SEARCHES, LEAST_ROWS = 16, 48
ASKED = 100.0  # units a search: the call, the tests of types, the look-up (measured 0.45 us)
TAKING = frozenset({"remove", "insert", "pop", "clear", "reverse", "sort"})
READING = frozenset({"count", "index", "copy"})
WALKERS = frozenset(
    "len list tuple set frozenset sorted any all sum min max enumerate zip reversed iter map filter dict".split()
)


@dataclass(frozen=True, eq=False, slots=True)
class Site:
    """One loop over the list that ends at the first row whose key equals a parameter of the method."""

    function: Function
    scan: Scan
    selection: Selection

    @property
    def reader(self) -> Function:
        """Where the equality stands."""
        return self.function

    @property
    def helper(self) -> None:
        """Nothing else is called to search."""
        return None

    @property
    def inner(self) -> ast.expr:
        """A row's key."""
        return self.selection.inner

    @property
    def outer(self) -> ast.expr:
        """The wanted key."""
        return self.selection.outer

    @property
    def leaves(self) -> list[tuple[ast.expr, bool]]:
        """What a row's key is computed from."""
        return leaves(self.inner) or []

    @property
    def row(self) -> str:
        """The loop's variable."""
        assert self.scan.own is not None
        return (path_of(self.scan.own.target) or ("row",))[0] if self.scan.own.target is not None else "row"


@dataclass(frozen=True, eq=False, slots=True)
class AttributeSearch:
    """A list of an object, all uses of it, and those methods that search it for an equal key of one sort."""

    function: Function
    owner: ast.ClassDef
    name: str
    uses: tuple[Use, ...]
    sites: tuple[Site, ...]

    @property
    def text(self) -> str:
        """How methods write it."""
        return f"self.{self.name}"


def attribute_searches(function: Function, program: Program) -> Iterator[AttributeSearch]:
    """Those whose first search stands in this method. Only a run tells how often they are asked."""
    if function.owner is None or program.alone or not _sites(function):
        return
    methods = [one for one in function.module.functions if one.owner is function.owner]
    for name, key in dict.fromkeys(map(_sort, _sites(function))):
        sites = tuple(one for method in methods for one in _sites(method) if _sort(one) == (name, key))
        uses = tuple(one for method in methods for one in uses_of(name, method))
        if sites[0].function is function and any(change_of(one) == "made" for one in uses):
            yield AttributeSearch(function, function.owner, name, uses, sites)


def _sort(site: Site) -> tuple[str, str]:
    """The attribute, and how a row's key is read."""
    assert isinstance(site.scan.subject, ast.Attribute)
    return site.scan.subject.attr, ast.unparse(site.inner).removeprefix(site.row)


def _sites(method: Function) -> tuple[Site, ...]:
    found = method.memo.get("attribute searches")
    if found is None:
        found = method.memo["attribute searches"] = tuple(_all_sites(method))
    return found  # type: ignore[return-value]  # the memo holds what was put there


def _all_sites(method: Function) -> Iterator[Site]:
    if not isinstance(method.node, ast.FunctionDef) or not method.loops or is_generator(method):
        return
    marks = {getattr(one, "id", "") for one in method.node.decorator_list}
    if method.parameters[:1] != ("self",) or marks & {"staticmethod", "classmethod"}:
        return
    for scan in method.scans:
        if scan.kind == "loop" and not scan.around and path_of(scan.subject) is not None and _of_self(scan.subject):
            chosen = selection(scan, method) if _ends_at_first(scan, method) else None
            if chosen is not None and _by_parameter(chosen, method) and _reads_key(chosen, scan):
                yield Site(method, scan, chosen)


def _of_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"


def _ends_at_first(scan: Scan, method: Function) -> bool:
    """Whether nothing of the list is walked after a match, and other rows are only read."""
    own = scan.own
    if own is None or not isinstance(own.target, ast.Name):
        return False
    if isinstance(own.node, ast.For):
        test = own.node.body[0]
        alone = len(own.node.body) == 1 and isinstance(test, ast.If) and not test.orelse
        return (
            alone
            and isinstance(test, ast.If)
            and leaving(test.body) == "function"
            and reads_only(test.test, method)
        )
    holder = own.holder
    if scan.consumer not in FIRST or not isinstance(holder, COMPREHENSIONS) or isinstance(holder, ast.DictComp):
        return False
    lazy = isinstance(holder, ast.GeneratorExp) and len(holder.generators) == 1
    parts = [holder.elt, *holder.generators[0].ifs]
    return lazy and not holder.generators[0].is_async and all(reads_only(one, method) for one in parts)


def _by_parameter(chosen: Selection, method: Function) -> bool:
    """Whether the wanted key is a parameter, which has its value even where no row is compared with it."""
    wanted = chosen.outer
    if chosen.problem or chosen.conditions or not isinstance(wanted, ast.Name):
        return False
    names = method.names
    return wanted.id in method.parameters and not names.bindings.get(wanted.id) and wanted.id not in names.captured


def _reads_key(chosen: Selection, scan: Scan) -> bool:
    """``row``, ``row.key``, ``row[0]``."""
    key = chosen.inner
    if isinstance(key, ast.Subscript):
        number = key.slice.value if isinstance(key.slice, ast.Constant) else None
        if type(number) is not int:
            return False
    row = key.value if isinstance(key, (ast.Attribute, ast.Subscript)) else key
    own = scan.own
    return isinstance(row, ast.Name) and own is not None and path_of(own.target) == (row.id,)  # type: ignore[arg-type]


def change_of(one: Use) -> str:
    """What a use does to the list: "reads", "grows" at its end, "made" anew, "taken" from; "" if that is not known."""
    above = one.above
    if isinstance(one.node.ctx, ast.Store):
        if isinstance(above, ast.AugAssign):
            return "grows" if above.target is one.node and isinstance(above.op, ast.Add) else ""
        plain = isinstance(above, ast.Assign) and above.targets == [one.node]
        value = above.value if plain or isinstance(above, ast.AnnAssign) else None  # type: ignore[union-attr]
        return "made" if value is not None and certain(value, one.method, "list") else ""
    if one.call is not None:
        return _called(one, one.call)
    if isinstance(above, ast.Subscript) and above.value is one.node:
        return "reads" if isinstance(above.ctx, ast.Load) else "taken" if _stands_alone(above, one.method) else ""
    return "reads" if _only_reads(one) else ""


def _called(one: Use, call: ast.Call) -> str:
    if one.word in {"append", "extend"}:
        return "grows"
    if one.word in TAKING:
        return "taken" if _stands_alone(call, one.method) else ""
    return "reads" if one.word in READING else ""


def _stands_alone(node: ast.expr, method: Function) -> bool:
    """Whether a statement does nothing after it: a call alone or kept by a name, an item stored or deleted."""
    above = method.parents.get(node)
    if isinstance(above, ast.Expr):
        return True
    if isinstance(above, ast.Delete):
        return above.targets == [node]
    if not isinstance(above, ast.Assign) or len(above.targets) != 1:
        return False
    return above.targets[0] is node or (above.value is node and isinstance(above.targets[0], ast.Name))


def _only_reads(one: Use) -> bool:
    above, node = one.above, one.node
    if isinstance(above, (ast.For, ast.comprehension)):
        return above.iter is node
    if isinstance(above, ast.Compare):
        return (
            len(above.ops) == 1 and above.comparators[0] is node and isinstance(above.ops[0], (ast.In, ast.NotIn))
        )
    if isinstance(above, ast.Call):
        callee = above.func.id if isinstance(above.func, ast.Name) else ""
        return callee in WALKERS and node in above.args and is_builtin(callee, one.method)
    return isinstance(above, (ast.Starred, ast.YieldFrom)) or _tested(one)


def _tested(one: Use) -> bool:
    node, above = one.node, one.above
    while isinstance(above, ast.BoolOp) or (isinstance(above, ast.UnaryOp) and isinstance(above.op, ast.Not)):
        node, above = above, one.method.parents.get(above)  # type: ignore[assignment]
    return isinstance(above, (ast.If, ast.While, ast.IfExp, ast.Assert)) and above.test is node


def changed_by(found: AttributeSearch) -> list[tuple[Use, ast.stmt]]:
    """The uses that take from the list, move in it, or make it anew after `__init__`, each with its statement."""
    taken = [
        one for one in found.uses if change_of(one) == "taken" or (change_of(one) == "made" and not _first(one))
    ]
    return [(one, statement_of(one)) for one in taken]


def _first(one: Use) -> bool:
    return one.method.qualname.rsplit(".", 1)[-1] == "__init__"


def statement_of(one: Use) -> ast.stmt:
    """The statement in which it stands."""
    node: ast.AST = one.node
    while not isinstance(node, ast.stmt):
        node = one.method.parents[node]
    return node


def suspect(rule: str, found: AttributeSearch) -> Suspect:
    """The finding, and what a run must tell: how often it is searched, made and taken from, and the types of keys."""
    first = found.sites[0]
    message = f"searches the list `{found.text}` in each call for an equal key"
    what = finding(rule, first.function, first.scan.node, found.text, message)
    watches = []
    for number, site in enumerate(found.sites):
        prefix, method, spot = f"{what.id}:{number}", site.function, site.selection.spot
        watches += [
            watch(f"{prefix}:base0", site.scan.subject, method, "collection"),
            watch(f"{prefix}:inner", spot, method, "types"),
            watch(f"{prefix}:outer", site.outer, method, "types"),
        ]
        if isinstance(spot, ast.Attribute):
            watches.append(watch(f"{prefix}:read0", spot.value, method, "types", spot.attr))
        if isinstance(spot, ast.Subscript):
            watches.append(watch(f"{prefix}:item0", spot.value, method, "types"))
    made = [one for one in found.uses if change_of(one) in {"made", "taken"}]
    watches += [watch(f"{what.id}:entry{n}", statement_of(one), one.method, "entry") for n, one in enumerate(made)]
    return Suspect(what, found, tuple(watches), found.function)


def worth_a_dict_beside(case: Case) -> Evidence:
    """At least 16 searches of 48 rows for each time that the dict must be made anew, and a gain that shows."""
    found: AttributeSearch = case.suspect.reading
    asked = [seen for n, _ in enumerate(found.sites) if (seen := case.watched(f"{n}:base0")) is not None]
    searches = sum(seen.count for seen in asked)
    if not searches:
        return Evidence(False, "cold: it was not searched")
    size = sum(seen.total_length for seen in asked) / searches
    uses = [one for one in found.uses if change_of(one) in {"made", "taken"}]
    changes = sum(seen.count for n, _ in enumerate(uses) if (seen := case.watched(f"entry{n}")) is not None)
    built = max(min(changes, searches), 1)
    numbers = {"searches": searches, "rows": round(size, 1), "made": built}
    reason = f"{searches / built:,.0f} searches of {size:,.0f} rows for each time that the dict is made"
    if searches / built < LEAST_SEARCHES or size < LEAST_ROWS:
        return Evidence(False, f"too small: {reason} (pays from {LEAST_SEARCHES} x {LEAST_ROWS})", numbers)
    walked = searches * size * costs.FIRST * costs.ROW
    gain = walked / (built * size * costs.INDEX + searches * ASKED)
    return Evidence(gain >= 1.5, reason, numbers, gain)
