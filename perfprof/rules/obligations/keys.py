"""Obligations about keys: equal ones hash alike, and reading one has no effects."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Sequence

from perfprof.profilers.observations import Seen
from perfprof.rules import guards
from perfprof.rules.imported import can_name
from perfprof.rules.obligations.proofs import guarded, obligation, observed, proved, unproved
from perfprof.rules.reading.elements import elements_made_of, is_for_unhashable, made_of
from perfprof.rules.reading.equality import equal_to_itself_only, own_equality
from perfprof.rules.reading.types import builtin_type
from perfprof.rules.rule import Case, Proof
from perfprof.rules.searching.membership import Membership
from perfprof.rules.searching.narrowing import Narrowing
from perfprof.rules.searching.observing import item_reads, reads


@obligation
def keys_hash_as_equal(case: Case) -> Proof:
    """Keys that are equal hash alike."""
    found: Narrowing = case.suspect.reading
    known = {builtin_type(found.inner, found.function), builtin_type(found.outer, found.function)}
    made = any(
        isinstance(one, (ast.Call, ast.BinOp)) for key in (found.inner, found.outer) for one in ast.walk(key)
    )
    if found.helper is None and known <= {"int", "str"} and not found.selection.ints and not made:  # which may fail
        return proved("both keys are ints or strings")
    seen = case.watched("inner")
    problem = _unlike(found, seen, case)
    if problem:
        return unproved(problem, found.reader.place(found.selection.compare))
    for number, (leaf, kind) in enumerate(found.leaves):
        part = case.watched(f"leaf{number}")
        kinds = set(part.types) if part is not None else set()
        if kinds and (not kinds <= _TAKEN.get(kind, kinds) or not _guarded(kinds, case)):
            why = f"`{found.reader.text(leaf)}` was {_unfit(kinds, case)}"
            return unproved(why, found.reader.place(leaf))
    types = f" ({guards.readable(seen.types)})" if seen is not None and seen.types else ""
    return guarded(f"a test of the keys' exact types{types}; the loop's own comparison still decides")


_TAKEN = {"text": frozenset({"builtins.str"}), "number": guards.NUMBERS}


def _unlike(found: Narrowing, seen: Seen | None, case: Case) -> str:
    """Why keys of the types that a run saw are not equal as they hash; empty if they are."""
    types = seen.types if seen is not None else {}
    if types and not _guarded(types, case):
        return f"keys were {_unfit(types, case)}"
    if found.selection.ints and set(types) != {"builtins.int"}:
        return "it is solved for the row's part, which holds for ints only"
    if any(map(guards.is_own, types)) and _by_difference(found):
        return f"keys were {guards.readable(types)}, whose `!=` may be another thing than their `==`"
    return ""


def _guarded(types: Iterable[str], case: Case) -> bool:
    """Whether a guard can hold for all of these types: flat ones, and classes that compare by identity.

    Only the rewrites that bring imports along take types of the standard library.
    """
    function, found = case.suspect.function, case.suspect.reading
    imports = isinstance(found, (Narrowing, Membership))
    known = guards.key_types(types, library=imports)
    if known is None or (imports and not can_name(known, found.function)):
        return False
    own = [name for name in known if guards.is_own(name)]
    return all(function is not None and equal_to_itself_only(name, function.module, case.program) for name in own)


_UNHASHABLE = re.compile(
    r"\b(builtins\.(list|dict|set|bytearray)|collections\.(deque|defaultdict|Counter|OrderedDict))\b"
)


def _unfit(types: Collection[str], case: Case) -> str:
    """Which of these types no guard lets pass, and why: what makes their values unfit for a set."""
    found = [one for one in types if guards.key_types([one], library=True) is None or guards.is_own(one)]
    unhashable = [one for one in found if _UNHASHABLE.search(one)]
    if unhashable:
        return f"{guards.readable(unhashable)}, which cannot be hashed"
    if found and all(map(guards.is_own, found)) and not any(one.startswith("builtins.") for one in found):
        return f"{guards.readable(found)}, {_equal_as(found, case)}"
    return f"{guards.readable(found or types)}, for which no guard is tested"


def _equal_as(classes: Sequence[str], case: Case) -> str:
    """What objects of these classes go by when they are compared, and what that leaves to a reader."""
    function = case.suspect.function
    told = (own_equality(one, function.module, case.program) for one in classes if function is not None)
    place, hashed = next(filter(None, told), ("", False))
    if not place:
        return "whose class, or a base of it, may say itself what is equal"
    if not hashed:
        return f"which are equal as {place} says and cannot be hashed: a dict would need what is compared there"
    return f"which are equal as {place} says: only a reader can tell that their own `__hash__` says the same"


def _by_difference(found: Narrowing) -> bool:
    """Whether rows are told apart by ``!=``, which a class may define without ``==``."""
    place, others = _place(found.selection.compare), found.reader.every(ast.Compare)
    return any(isinstance(one.ops[0], ast.NotEq) for one in others if _place(one) == place)


def _place(node: ast.AST) -> tuple[int, int]:
    return getattr(node, "lineno", 0), getattr(node, "col_offset", 0)


@obligation
def elements_hash_as_equal(case: Case) -> Proof:
    """Elements that are equal hash alike."""
    found = case.suspect.reading
    seen = case.watched("base0")
    where = found.function.place(found.scan.node)
    if seen is not None and seen.elements and not _guarded(seen.elements, case):
        return unproved(f"elements were {_unfit(seen.elements, case)}", where)
    if is_for_unhashable(found.scan.node, found.function):
        return unproved("it answers a TypeError: what comes here cannot be hashed", where)
    kinds = elements_made_of(found.scan.subject, found.function)
    probe = made_of(found.scan.probe, found.function) if found.scan.probe is not None else ""
    if (kinds or probe) and not _flat_tuples(seen):  # of which the guard knows what they hold
        who = "elements are" if kinds else "what is looked for is a"
        return unproved(f"{who} {_unfit([f'builtins.{kinds or probe}'], case)}", where)
    types = f" ({guards.readable(seen.elements)})" if seen is not None and seen.elements else ""
    return guarded(f"a test of the exact types{types} of the elements and of what is looked for", where)


def _flat_tuples(seen: Seen | None) -> bool:
    """Whether a run saw tuples, and what they hold."""
    return seen is not None and any(name.startswith("builtins.tuple[") for name in seen.elements)


@obligation
def reads_are_plain(case: Case) -> Proof:
    """Reading a key has no effects and does not fail."""
    found: Narrowing = case.suspect.reading
    for number, (read, reader) in enumerate(reads(found)):
        seen = case.watched(f"read{number}")
        if seen is None or not seen.reads:
            continue
        text, where = reader.text(read), reader.place(read)
        if seen.reads.get("computed"):
            return unproved(f"`{text}` is computed (a property or `__getattr__`), so reads may have effects", where)
        if seen.reads.get("missing"):
            return unproved(f"`{text}` was missing on some object", where)
    for number, (item, reader) in enumerate(item_reads(found)):
        seen = case.watched(f"item{number}")
        if seen is not None and not all(_plain_items(one) for one in seen.types):
            why = f"`{reader.text(item)}` was a {guards.readable(seen.types)}, whose items may be computed"
            return unproved(why, reader.place(item))
    texts = [f"`{reader.text(read)}`" for read, reader in reads(found)]
    texts += [f"items of `{reader.text(item)}`" for item, reader in item_reads(found)]
    if texts:
        return observed(f"{', '.join(dict.fromkeys(texts))}: plain data in every recorded read")
    return proved("keys are read from names only")


def _plain_items(name: str) -> bool:
    plain = {"dict", "list", "tuple", "str", "bytes", "NoneType", "mappingproxy"}
    inner = name.partition("[")[0].rpartition(".")
    return (inner[0] == "builtins" and inner[2] in plain) or name in {"sqlite3.Row", "collections.OrderedDict"}
