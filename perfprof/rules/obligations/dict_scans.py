"""Obligations about a dict that is searched as if it were a list."""

from __future__ import annotations

from dataclasses import replace

from perfprof.rules import guards
from perfprof.rules.obligations.collection import collection_unchanged, index_has_a_place, loops_run_no_code
from perfprof.rules.obligations.keys import elements_hash_as_equal
from perfprof.rules.obligations.proofs import guarded, obligation, observed, proved, unproved
from perfprof.rules.reading.types import builtin_type
from perfprof.rules.rule import Case, Obligation, Proof
from perfprof.rules.searching.membership import Membership


def _unless_asked_in_place(one: Obligation) -> Obligation:
    """The same obligation, which keys do not have: nothing is made of them before the loop."""

    def check(case: Case) -> Proof:
        found: Membership = case.suspect.reading
        if found.stable:
            return one.check(case)
        return replace(proved("the dict is asked where the question stands"), obligation=one.name)

    return Obligation(one.name, one.says, check)


@obligation
def is_a_dict(case: Case) -> Proof:
    """What is searched is a dict."""
    found: Membership = case.suspect.reading
    function, base = found.function, found.bases[0]
    if builtin_type(base, function) == "dict":
        return proved("it is made as a dict in this function")
    held = case.watched("held0")
    if held is not None and held.reads.get("computed"):
        return unproved(f"`{function.text(base)}` is computed, perhaps anew each time", function.place(base))
    seen = case.watched("dict")
    if seen is not None and seen.types and set(seen.types) != {"builtins.dict"}:
        return unproved(f"`{function.text(base)}` was a {guards.readable(seen.types)}", function.place(base))
    return guarded("a test of its exact type: anything else is asked as before")


@obligation
def members_hash_as_equal(case: Case) -> Proof:
    """Keys and values that are equal hash alike."""
    found: Membership = case.suspect.reading
    proof = elements_hash_as_equal.check(case)
    if found.stable or not proof.level:
        return proof
    seen = case.watched("base0")
    types = f" were {guards.readable(seen.elements)}" if seen is not None and seen.elements else ""
    return observed(f"the keys{types} in every recorded run, and what is looked for is tested", proof.where)


DICT_SCAN = (
    is_a_dict,
    members_hash_as_equal,
    *map(_unless_asked_in_place, (collection_unchanged, loops_run_no_code, index_has_a_place)),
)
