"""The shared, named obligations of the Python rules, and how each is shown.

An obligation reads on after "safe if". Its check answers with a level: proved by reading, guarded (the rewrite
writes a run-time test that falls back to the old path), observed in every recorded run, or open.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfprof.rules import guards
from perfprof.rules.narrowing import Narrowing, item_reads, reads
from perfprof.rules.reading.effects import hazards
from perfprof.rules.reading.expressions import builtin_type, is_builtin, path_of
from perfprof.rules.reading.names import bound_before, bound_names
from perfprof.rules.rule import Case, Level, Obligation, Proof

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function
    from perfprof.rules.reading.scans import Loop

PLAIN_ITERATORS = (
    "builtins.",
    "collections.",
    "itertools.",
    "_io.",
    "io.",
    "_csv.",
    "csv.",
    "sqlite3.",
    "dict_",
    "_",
)


def proved(name: str, why: str, where: str = "") -> Proof:
    """Shown by reading the code."""
    return Proof(name, Level.PROVED, why, where)


def guarded(name: str, why: str, where: str = "") -> Proof:
    """Checked by the rewritten code when it runs."""
    return Proof(name, Level.GUARDED, why, where)


def observed(name: str, why: str, where: str = "") -> Proof:
    """True in every recorded run."""
    return Proof(name, Level.OBSERVED, why, where)


def unproved(name: str, why: str, where: str = "") -> Proof:
    """Only assumed, or known to be false."""
    return Proof(name, Level.OPEN, why, where)


# ------------------------------------------------------------------ the rows of a loop


def _other_rows_idle(case: Case) -> Proof:
    found: Narrowing = case.suspect.reading
    where = found.reader.place(found.selection.compare)
    if found.selection.problem:
        return unproved("other-rows-idle", found.selection.problem, where)
    return proved("other-rows-idle", "rows with another key only have their key read and compared", where)


def _keys_unchanged(case: Case) -> Proof:
    found: Narrowing = case.suspect.reading
    attributes = {node.attr for node in ast.walk(found.inner) if isinstance(node, ast.Attribute)}
    items = {repr(node.slice.value) for node in ast.walk(found.inner) if _constant_item(node)}  # type: ignore[attr-defined]
    region = [found.hoist.statement]
    for hazard in hazards(region, found.function, case.program):
        where = found.function.place(hazard.node)
        if hazard.kind == "attribute" and (hazard.name in attributes or (hazard.name == "*" and attributes)):
            return unproved("keys-unchanged", f"`.{hazard.name}`, a row's key, is stored in the loop", where)
        if hazard.kind == "mutates" and items and _stores_item(hazard.node, items):
            return unproved("keys-unchanged", "an item that is a row's key is stored in the loop", where)
        if hazard.kind in {"unknown", "suspends"} and (attributes or items):
            return unproved("keys-unchanged", "a call that cannot be read may change a row's key", where)
    return proved("keys-unchanged", "nothing in the loop stores what the key is read from")


def _constant_item(node: ast.AST) -> bool:
    return isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant)


def _stores_item(node: ast.AST, items: set[str]) -> bool:
    target = node.target if isinstance(node, ast.AugAssign) else node
    if isinstance(target, ast.Subscript):
        return not isinstance(target.slice, ast.Constant) or repr(target.slice.value) in items
    method = node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else ""
    return method in {"update", "pop", "clear", "setdefault", "popitem"}


def _wanted_key_fixed(case: Case) -> Proof:
    found: Narrowing = case.suspect.reading
    own = found.scan.own
    if found.helper is not None or own is None or not isinstance(own.node, (ast.For, ast.AsyncFor)):
        return proved("wanted-key-fixed", "nothing runs between two comparisons of one walk")
    names = {node.id for node in ast.walk(found.outer) if isinstance(node, ast.Name)}
    attributes = {node.attr for node in ast.walk(found.outer) if isinstance(node, ast.Attribute)}
    deep = any(isinstance(node, (ast.Attribute, ast.Subscript)) for node in ast.walk(found.outer))
    for hazard in hazards(own.node.body, found.function, case.program):
        where = found.function.place(hazard.node)
        if hazard.kind == "rebinds" and hazard.name in names:
            return unproved("wanted-key-fixed", f"`{hazard.name}` is bound anew while the rows are walked", where)
        if hazard.kind == "attribute" and (hazard.name in attributes or hazard.name == "*"):
            return unproved("wanted-key-fixed", f"`.{hazard.name}` is stored while the rows are walked", where)
        if hazard.kind == "mutates" and _reads_item_of(found.outer, hazard.base):
            return unproved("wanted-key-fixed", "what the wanted key is read from is changed meanwhile", where)
        if hazard.kind in {"unknown", "suspends"} and deep:
            return unproved("wanted-key-fixed", "a call that cannot be read may change the wanted key", where)
    return proved("wanted-key-fixed", "the wanted key is not written while the rows are walked")


def _reads_item_of(outer: ast.expr, base: ast.expr | None) -> bool:
    if base is None:
        return False
    source = ast.unparse(base)
    return any(isinstance(node, ast.Subscript) and ast.unparse(node.value) == source for node in ast.walk(outer))


def _row_unread_after(case: Case) -> Proof:
    found: Narrowing = case.suspect.reading
    node = found.scan.node
    if found.helper is not None:
        return proved("row-unread-after", "the row's name is the helper's own")
    if not isinstance(node, (ast.For, ast.AsyncFor)):
        return proved("row-unread-after", "a comprehension keeps its names to itself")
    for name in sorted(found.selection.bound):
        use = _read_outside(name, node, found.hoist, found.function)
        if use is not None:
            why = f"`{name}` is read after the loop, when it is the last row that was walked"
            return unproved("row-unread-after", why, found.function.place(use))
    return proved("row-unread-after", "names of the loop are not read after it without a match")


def _read_outside(name: str, loop: ast.For | ast.AsyncFor, hoist: Loop, function: Function) -> ast.AST | None:
    """A place that may read the loop's variable as the loop left it."""
    if name in function.names.captured or name in function.names.elsewhere:
        return loop
    if loop.orelse and _always_binds(loop.orelse, name):
        return None
    inside = {id(node) for statement in loop.body for node in ast.walk(statement)}
    for use in function.names.loads.get(name, ()):
        before = use.lineno < hoist.statement.lineno
        if id(use) in inside or before or _own_value(name, use, loop, function):
            continue
        return use
    return None


def _always_binds(block: list[ast.stmt], name: str) -> bool:
    for statement in block:
        if any(
            isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)
            for node in ast.walk(statement)
        ):
            return False
        if isinstance(statement, (ast.Return, ast.Raise, ast.Continue)):
            return True
        if isinstance(statement, ast.Assign) and any(name in bound_names(target) for target in statement.targets):
            return True
    return False


def _own_value(name: str, use: ast.AST, loop: ast.AST, function: Function) -> bool:
    """Whether another loop or assignment gives the name its value before this use."""
    node = use
    while node in function.parents:
        above = function.parents[node]
        if above is not loop and isinstance(above, (ast.For, ast.AsyncFor)) and name in bound_names(above.target):
            return node in above.body
        for block in ("body", "orelse"):
            siblings = getattr(above, block, None)
            if isinstance(siblings, list) and node in siblings:
                for earlier in siblings[: siblings.index(node)]:
                    after = earlier.lineno > getattr(loop, "end_lineno", 0)
                    if (
                        after
                        and isinstance(earlier, ast.Assign)
                        and any(name in bound_names(one) for one in earlier.targets)
                    ):
                        return True
        node = above
    return False


# ------------------------------------------------------------------ the collection


def _collection_unchanged(case: Case) -> Proof:
    found = case.suspect.reading
    name = "collection-unchanged"
    for stable in found.stable:
        if stable.problem:
            return unproved(name, stable.problem, stable.where)
    for number, base in enumerate(one for stable in found.stable for one in stable.watch):
        seen = case.watched(f"same{number}")
        if seen is None or seen.reads.get("same", 1):
            why = f"`{ast.unparse(base)}` is changed in the loop and may be the collection itself"
            return unproved(name, why, found.function.place(base))
    if any(stable.watch for stable in found.stable):
        return observed(name, "what the loop changes was never the collection itself in the recorded runs")
    others = sorted({other for stable in found.stable for other in stable.apart})
    if others:
        return guarded(name, f"a test makes sure that it is not {' or '.join(f'`{one}`' for one in others)}")
    return proved(name, "nothing that runs in the loop can change it")


def _loops_run_plainly(case: Case) -> Proof:
    found = case.suspect.reading
    name = "loops-run-no-code"
    levels = []
    for number, loop in enumerate(found.scan.around):
        if loop.iterable is None or builtin_type(loop.iterable, found.function) in {"list", "tuple"}:
            continue
        if _is_range(loop.iterable, found.function):
            continue
        seen = case.watched(f"loop{number}")
        if seen is not None and seen.types and not all(_plain_iterator(one) for one in seen.types):
            why = f"`{found.function.text(loop.iterable)}` was a {guards.readable(seen.types)}, whose code runs in each turn"
            return unproved(name, why, found.function.place(loop.iterable))
        levels.append(f"`{found.function.text(loop.iterable)}`")
    if levels:
        return observed(name, f"{', '.join(levels)} was a plain container in every recorded run")
    return proved(name, "the loops around it count, or walk lists that were made here")


def _is_range(node: ast.expr, function: Function) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id
        in {
            "range",
            "enumerate",
            "zip",
            "reversed",
            "sorted",
        }
        and is_builtin(node.func.id, function)
    )


def _plain_iterator(name: str) -> bool:
    return name.startswith(PLAIN_ITERATORS) and name not in {
        "builtins.generator",
        "builtins.map",
        "builtins.filter",
    }


def _walked_again(case: Case) -> Proof:
    found: Narrowing = case.suspect.reading
    name = "walked-again"
    if all(builtin_type(base, found.function) in {"list", "tuple"} for base in found.bases):
        return proved(name, "it is a list or a tuple, which can be walked any number of times")
    for number, base in enumerate(found.bases):
        seen = case.watched(f"base{number}")
        if seen is not None and seen.types and guards.is_collection("it", seen.types) is None:
            why = f"`{found.function.text(base)}` was a {guards.readable(seen.types)}"
            return unproved(name, why, found.function.place(base))
    return guarded(name, "a test of its exact type: a generator or an own class is walked as before")


def _index_has_a_place(case: Case) -> Proof:
    found = case.suspect.reading
    name = "index-has-a-place"
    statement, function = found.hoist.statement, found.function
    line = function.module.raw_lines[statement.lineno - 1]
    if line[: statement.col_offset].strip() or line.lstrip().startswith(b"elif"):
        return unproved(name, "the loop does not begin a line of its own", function.place(statement))
    others = [ast.parse(other, mode="eval").body for stable in found.stable for other in stable.apart]
    for base in (*found.bases, *getattr(found, "also", ()), *others):
        root = (path_of(base) or ("",))[0]
        if not bound_before(root, statement, function):
            return unproved(name, f"`{root}` may not have a value before the loop", function.place(statement))
    return proved(name, "what it is made of has its value before the loop begins", function.place(statement))


# ------------------------------------------------------------------ keys


def _keys_hash_as_equal(case: Case) -> Proof:
    name = "keys-hash-as-equal"
    found: Narrowing = case.suspect.reading
    if {builtin_type(found.inner, found.function), builtin_type(found.outer, found.function)} <= {"int", "str"}:
        return proved(name, "both keys are ints or strings")
    seen = case.watched("inner")
    if seen is not None and seen.types and guards.key_types(seen.types) is None:
        why = f"keys were {guards.readable(seen.types)}, for which no guard is tested"
        return unproved(name, why, found.reader.place(found.selection.compare))
    for number, (leaf, text) in enumerate(found.leaves):
        part = case.watched(f"leaf{number}")
        kinds = set(part.types) if part is not None else set()
        if kinds and ((text and kinds != {"builtins.str"}) or guards.key_types(kinds) is None):
            why = f"`{found.reader.text(leaf)}` was {guards.readable(kinds)}, for which no guard is tested"
            return unproved(name, why, found.reader.place(leaf))
    types = f" ({guards.readable(seen.types)})" if seen is not None and seen.types else ""
    return guarded(name, f"a test of the keys' exact types{types}; the loop's own comparison still decides")


def _elements_hash_as_equal(case: Case) -> Proof:
    name = "elements-hash-as-equal"
    found = case.suspect.reading
    seen = case.watched("base0")
    where = found.function.place(found.scan.node)
    if seen is not None and seen.elements and guards.key_types(seen.elements) is None:
        return unproved(
            name, f"elements were {guards.readable(seen.elements)}, for which no guard is tested", where
        )
    types = f" ({guards.readable(seen.elements)})" if seen is not None and seen.elements else ""
    return guarded(name, f"a test of the exact types{types} of the elements and of what is looked for", where)


def _is_a_list(case: Case) -> Proof:
    name = "is-a-list"
    found = case.suspect.reading
    base = found.bases[0]
    if builtin_type(base, found.function) in {"list", "tuple"}:
        return proved(name, "it is made as a list or a tuple in this function")
    seen = case.watched("base0")
    if seen is not None and seen.types and not set(seen.types) <= set(guards.LISTS):
        why = f"`{found.function.text(base)}` was a {guards.readable(seen.types)}"
        return unproved(name, why, found.function.place(base))
    return guarded(name, "a test of its exact type: anything else is asked as before")


def _reads_are_plain(case: Case) -> Proof:
    name = "reads-are-plain"
    found: Narrowing = case.suspect.reading
    for number, (read, reader) in enumerate(reads(found)):
        seen = case.watched(f"read{number}")
        if seen is None or not seen.reads:
            continue
        text, where = reader.text(read), reader.place(read)
        if seen.reads.get("computed"):
            return unproved(
                name, f"`{text}` is computed (a property or `__getattr__`), so reads may have effects", where
            )
        if seen.reads.get("missing"):
            return unproved(name, f"`{text}` was missing on some object", where)
    for number, (item, reader) in enumerate(item_reads(found)):
        seen = case.watched(f"item{number}")
        if seen is not None and not all(_plain_items(one) for one in seen.types):
            why = f"`{reader.text(item)}` was a {guards.readable(seen.types)}, whose items may be computed"
            return unproved(name, why, reader.place(item))
    texts = [f"`{reader.text(read)}`" for read, reader in reads(found)]
    texts += [f"items of `{reader.text(item)}`" for item, reader in item_reads(found)]
    if texts:
        return observed(name, f"{', '.join(dict.fromkeys(texts))}: plain data in every recorded read")
    return proved(name, "keys are read from names only")


def _plain_items(name: str) -> bool:
    plain = {"dict", "list", "tuple", "str", "bytes", "NoneType", "mappingproxy"}
    inner = name.partition("[")[0].rpartition(".")
    return (inner[0] == "builtins" and inner[2] in plain) or name in {"sqlite3.Row", "collections.OrderedDict"}


def _builtins_are_builtin(case: Case) -> Proof:
    found = case.suspect.reading
    name = "builtins-are-builtin"
    shadowed = sorted(one for one in _EMITTED if not is_builtin(one, found.function))
    if shadowed:
        return unproved(name, f"`{shadowed[0]}` has another meaning in this file")
    if found.function.names.dynamic:
        return unproved(name, "names are reached by text (`exec`, `locals()` …)")
    return proved(name, "no builtin that the new code uses is bound in this file")


_EMITTED = frozenset(
    [
        "type",
        "set",
        "map",
        "all",
        "getattr",
        "int",
        "str",
        "bytes",
        "bool",
        "float",
        "list",
        "tuple",
        "dict",
        "len",
        "frozenset",
    ]
)

OTHER_ROWS_IDLE = Obligation("other-rows-idle", "rows with another key do nothing", _other_rows_idle)
KEYS_UNCHANGED = Obligation("keys-unchanged", "the rows keep their keys while the loop runs", _keys_unchanged)
WANTED_KEY_FIXED = Obligation(
    "wanted-key-fixed", "the wanted key stays the same during one walk", _wanted_key_fixed
)
ROW_UNREAD_AFTER = Obligation(
    "row-unread-after", "nobody reads the loop's variable after the loop", _row_unread_after
)
COLLECTION_UNCHANGED = Obligation(
    "collection-unchanged", "the collection stays the same while the loop runs", _collection_unchanged
)
LOOPS_RUN_NO_CODE = Obligation("loops-run-no-code", "the loops around it walk plain containers", _loops_run_plainly)
WALKED_AGAIN = Obligation("walked-again", "the collection can be walked again and again", _walked_again)
INDEX_HAS_A_PLACE = Obligation(
    "index-has-a-place", "what is built can be built before the loop", _index_has_a_place
)
KEYS_HASH_AS_EQUAL = Obligation("keys-hash-as-equal", "keys that are equal hash alike", _keys_hash_as_equal)
READS_ARE_PLAIN = Obligation("reads-are-plain", "reading a key has no effects and does not fail", _reads_are_plain)
ELEMENTS_HASH_AS_EQUAL = Obligation(
    "elements-hash-as-equal", "elements that are equal hash alike", _elements_hash_as_equal
)
IS_A_LIST = Obligation("is-a-list", "what is asked is a list or a tuple", _is_a_list)
BUILTINS_ARE_BUILTIN = Obligation(
    "builtins-are-builtin", "`type`, `all` … mean the builtins", _builtins_are_builtin
)
