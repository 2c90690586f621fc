"""Obligations about a call that searches: that it means the function that was read."""

from __future__ import annotations

import ast

from perfprof.rules.obligations.proofs import guarded, obligation, observed, proved, unproved
from perfprof.rules.obligations.replaced import is_replaced
from perfprof.rules.reading.receivers import reads_plainly
from perfprof.rules.rule import Case, Proof
from perfprof.rules.searching.inlined import Inlined
from perfprof.rules.searching.membership import Membership
from perfprof.rules.searching.narrowing import Narrowing


@obligation
def call_is_that_search(case: Case) -> Proof:
    """A call that searches means the function that was read."""
    found: Narrowing | Membership = case.suspect.reading
    if found.helper is None:
        return proved("nothing is called to search")
    where = found.function.place(found.scan.node)
    inlined = found.inlined
    called = _replaced(inlined, case) if inlined is not None else ""
    if called:
        return unproved(f"the project gives `{called}` another meaning while it runs", where)
    if inlined is None or inlined.callee.owner is None:
        return proved(f"`{found.helper.qualname}` is bound once, and nothing wraps it", where)
    name = inlined.callee.owner.name
    if inlined.named == "":
        return unproved(f"no guard can test for `{name}`, which has no name here", where)
    plain = _reads_plainly(inlined, found, case)
    if plain is False:
        return unproved(f"reading an attribute of `{name}` may run code", where)
    if plain is None:
        return observed(
            f"`{name}` derives from a class that cannot be read; its attributes were read plainly", where
        )
    if inlined.named is None:
        return proved(f"`{name}` is the class itself, which reads its attributes plainly", where)
    return guarded(f"a test of the exact type `{name}`, which reads its attributes plainly", where)


def _replaced(inlined: Inlined, case: Case) -> str:
    """The name that a call or a read of a property asks, if the project stores or patches it."""
    callee = inlined.callee
    name = callee.target.qualname.rpartition(".")[2]
    owner = callee.owner.name if callee.kind == "property" and callee.owner is not None else ""
    stores = callee.owner is not None and any(_all_at_once(one) for one in ast.walk(callee.owner))
    return name if (stores and not owner) or is_replaced(name, owner, case) else ""


def _all_at_once(node: ast.AST) -> bool:
    """``self.__dict__``, ``vars(self)``: by which an object may get what hides a method."""
    return getattr(node, "attr", "") == "__dict__" or getattr(node, "id", "") == "vars"


def _reads_plainly(inlined: Inlined, found: Narrowing | Membership, case: Case) -> bool | None:
    """Whether what the search reads of its receiver is plain data by the receiver's class."""
    callee, target = inlined.callee, inlined.callee.target
    first = target.parameters[:1]
    assert callee.owner is not None
    assert callee.module is not None
    read = {
        node.attr
        for node in ast.walk(target.node)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and (node.value.id,) == first
    }
    if inlined.named is None and (callee.owner.bases or callee.owner.decorator_list or callee.owner.keywords):
        return None
    told = [reads_plainly(callee.owner, name, callee.module, case.program) for name in sorted(read)]
    return False if False in told else None if None in told else True
