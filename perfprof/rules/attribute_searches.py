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
from perfprof.rules.attribute_changes import change_of, statement_of
from perfprof.rules.attribute_queues import Use, uses_of
from perfprof.rules.findings import finding
from perfprof.rules.hoisting import watch
from perfprof.rules.reading.callees import is_generator
from perfprof.rules.reading.expressions import path_of, reads_only
from perfprof.rules.reading.leaves import Kind, leaves
from perfprof.rules.reading.scans import COMPREHENSIONS, Scan, leaving
from perfprof.rules.reading.selection import Selection, selection
from perfprof.rules.rule import Case, Evidence, Suspect

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program

_ROW = "row"
FIRST = frozenset({"first", "exists", "all"})
LEAST_SEARCHES, LEAST_ROWS = 16, 48
ASKED = 100.0  # units a search: the call, the tests of types, the look-up (measured 0.45 us)


@dataclass(frozen=True, eq=False, slots=True)
class Site:
    """One loop over the list that ends at the first row whose key equals a parameter of the method, or ``x in`` it."""

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
    def leaves(self) -> list[tuple[ast.expr, Kind]]:
        """What a row's key is computed from."""
        return leaves(self.inner) or []

    @property
    def row(self) -> str:
        """The loop's variable."""
        target = self.scan.own.target if self.scan.own is not None else None
        return (path_of(target) or (_ROW,))[0] if target is not None else _ROW

    @property
    def asked(self) -> bool:
        """Whether it is ``x in`` the list: the rows themselves are the keys."""
        return self.scan.kind == "membership"


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
    if not isinstance(method.node, ast.FunctionDef) or method.parameters[:1] != ("self",):
        return
    marks = {getattr(one, "id", "") for one in method.node.decorator_list}
    if marks & {"staticmethod", "classmethod"}:
        return
    yield from _asked_whether_in(method)
    if is_generator(method):  # which goes on after its first match, when others have changed the list
        return
    for scan in method.scans:
        if scan.kind == "loop" and not scan.around and _of_self(scan.subject):
            chosen = selection(scan, method) if _ends_at_first(scan, method) else None
            if chosen is not None and _by_parameter(chosen, method) and _reads_key(chosen, scan):
                yield Site(method, scan, chosen)


def _asked_whether_in(method: Function) -> Iterator[Site]:
    """``x in self._items``, in a loop or not."""
    for node in method.every(ast.Compare):
        held, asked = node.comparators[0], isinstance(node.ops[0], (ast.In, ast.NotIn)) and len(node.ops) == 1
        if asked and _of_self(held) and isinstance(node.left, ast.Name):
            row, statement = ast.Name(_ROW, ast.Load()), statement_of(node, method)
            chosen = Selection(row, node.left, node.left, node, frozenset({_ROW}))
            yield Site(method, Scan("membership", node, held, statement, (), probe=node.left), chosen)


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
            watch(f"{prefix}:outer", site.outer, method, "types"),
        ]
        if not site.asked:
            watches.append(watch(f"{prefix}:inner", spot, method, "types"))
        if isinstance(spot, ast.Attribute):
            watches.append(watch(f"{prefix}:read0", spot.value, method, "types", spot.attr))
        if isinstance(spot, ast.Subscript):
            watches.append(watch(f"{prefix}:item0", spot.value, method, "types"))
    made = [one for one in found.uses if change_of(one) in {"made", "taken"}]
    watches += [
        watch(f"{what.id}:entry{n}", statement_of(one.node, one.method), one.method, "entry")
        for n, one in enumerate(made)
    ]
    return Suspect(what, found, tuple(watches), found.function)


def worth_a_dict_beside(case: Case) -> Evidence:
    """At least 16 searches of 48 rows for each time that the dict must be made anew, and a gain that shows."""
    found: AttributeSearch = case.suspect.reading
    asked = [seen for n, _ in enumerate(found.sites) if (seen := case.watched(f"{n}:base0")) is not None]
    searches = sum(seen.count for seen in asked)
    if not searches:
        return Evidence(False, "it was not searched")
    size = sum(seen.total_length for seen in asked) / searches
    uses = [one for one in found.uses if change_of(one) in {"made", "taken"}]
    changes = sum(seen.count for n, _ in enumerate(uses) if (seen := case.watched(f"entry{n}")) is not None)
    built = max(min(changes, searches), 1)
    numbers = {"searches": searches, "rows": round(size, 1), "made": built}
    reason = f"{searches / built:,.0f} searches of {size:,.0f} rows for each time that the dict is made"
    if searches / built < LEAST_SEARCHES or size < LEAST_ROWS:
        return Evidence(False, f"too small: {reason} (pays from {LEAST_SEARCHES} x {LEAST_ROWS})", numbers)
    row = costs.ELEMENT if all(site.asked for site in found.sites) else costs.ROW
    gain = searches * size * costs.FIRST * row / (built * size * costs.INDEX + searches * ASKED)
    return Evidence(gain >= 1.5, reason, numbers, gain)
