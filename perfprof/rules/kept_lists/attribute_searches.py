"""Searches in a list that an object holds: ``find_by_id`` over ``self._items``, whoever calls it however often.

A caller in another module can rarely build the index: it does not hold the list, and where it calls once there is no loop
to build it before. So the class keeps a dict beside the list. All that changes the list stands in the methods of the class, of
what it inherits from and of what inherits from it, and each use is read: what only adds to its end is caught up with when the
dict is asked, anything else that changes it makes it anew.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfprof.rules.kept_lists.attribute_changes import change_of
from perfprof.rules.kept_lists.attribute_queues import Use
from perfprof.rules.kept_lists.attribute_sites import sites_of
from perfprof.rules.kept_lists.attribute_uses import default_of, uses_of
from perfprof.rules.kept_lists.searched import Searched
from perfprof.rules.reading.families import Family, family_of
from perfprof.rules.reading.repeats import repeated
from perfprof.rules.reading.searches import search_of
from perfprof.rules.reading.types import builtin_type
from perfprof.rules.searching.membership_calls import asks_of

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program


@dataclass(frozen=True, eq=False, slots=True)
class AttributeSearch(Searched):
    """A list of an object, all uses of it, and those methods of its class that search it for an equal key of one sort.

    uses: in methods of the family, on ``self``. others: anywhere else.
    """

    owner: ast.ClassDef
    family: Family

    @property
    def text(self) -> str:
        """How methods write it."""
        return f"self.{self.name}"

    @property
    def anchor(self) -> ast.AST:
        """The first method that searches."""
        return self.sites[0].function.node

    @property
    def is_made_here(self) -> bool:
        """Whether the class itself makes the list, so that nobody else holds it from the beginning."""
        made = any(change_of(one) == "made" for one in self.uses)
        return made or default_of(self.name, self.owner) is not None

    @property
    def remade(self) -> tuple[Use, ...]:
        """Uses after `__init__` made the list."""
        return tuple(one for one in self.uses if change_of(one) != "made" or not _first(one))

    def call(self, ask: str) -> str:
        """How the new method is asked."""
        return f"self.{ask}"

    def kept(self, state: str) -> str:
        """Where what is known is kept."""
        return f"self.{state}"


def _first(one: Use) -> bool:
    return one.method.qualname.rsplit(".", 1)[-1] == "__init__"


def attribute_searches(function: Function, program: Program) -> Iterator[AttributeSearch]:
    """Those with a search in this method, unless another method was asked before. Only a run tells how often."""
    owner = function.owner
    if owner is None or program.alone or not sites_of(function):
        return
    methods = [one for one in function.module.functions if one.owner is owner]
    for name, key in dict.fromkeys(one.sort for one in sites_of(function)):
        sites = tuple(one for method in methods for one in sites_of(method) if one.sort == (name, key))
        first = sites[0].function.memo.setdefault(f"asked for {name} by {key}", function)
        if first is not function:
            continue
        family = family_of(owner, function.module, program)
        uses, others = uses_of(name, family, function.module, program)
        found = AttributeSearch(function, name, uses, others, sites, owner, family)
        if found.is_made_here or (all(map(_may_be_a_list, uses)) and not _spoken_of(found, program)):
            yield found


def _spoken_of(found: AttributeSearch, program: Program) -> bool:
    """Whether a loop repeats a search, so that other rules speak of it: here, or where a method that only asks is called."""
    for site in found.sites:
        spot = site.scan.node if isinstance(site.scan.node, ast.expr) else None
        if site.scan.around or (spot is not None and repeated(spot, site.function) is not None):
            return True
        asks = asks_of(site.function) is not None or search_of(site.function) is not None
        if asks and _called_by_a_loop(site.function.qualname.rpartition(".")[2], program):
            return True
    return False


def _called_by_a_loop(name: str, program: Program) -> bool:
    """Whether a loop in a file that was read calls a method of this name."""
    files = [one for one in program.modules.values() if one is not None and f".{name}(" in one.source]
    calls = (scan.subject for file in files for one in file.functions for scan in one.scans if scan.around)
    return any(isinstance(callee, ast.Attribute) and callee.attr == name for callee in calls)


def _may_be_a_list(one: Use) -> bool:
    """Whether a use does not give the attribute what surely is none."""
    value = one.above.value if isinstance(one.above, (ast.Assign, ast.AnnAssign)) else None
    stored = value is not None and isinstance(one.node.ctx, ast.Store)
    return not stored or value is None or builtin_type(value, one.method) in {None, "list", "NoneType"}
