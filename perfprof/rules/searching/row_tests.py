"""Tests of the rows of an index: that each key is of a guarded type, asked so that asking cannot fail.

They run before the loop does, for all rows, also those that the loop would never reach. So nothing is read that may be
missing: ``getattr`` with a default, ``get`` of what is exactly a dict, a position only of what is long enough.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeGuard

from perfprof.rules import guards
from perfprof.rules.reading.expressions import holder_of, key_in_holder, path_of
from perfprof.rules.reading.leaves import leaves
from perfprof.rules.reading.names import bound_names
from perfprof.rules.reading.selection import substituted
from perfprof.rules.rule import Case

if TYPE_CHECKING:
    from perfprof.rules.searching.narrowing import Narrowing


def key_types(case: Case) -> tuple[str, ...]:
    """The key types that the guards name: those of the rows, and of the wanted keys where a guard exists."""
    found: Narrowing = case.suspect.reading
    if found.selection.ints:
        return ("builtins.int",)
    inner, outer = case.watched("inner"), case.watched("outer")
    rows = set(inner.types) if inner is not None else set()
    wanted = set(outer.types) if outer is not None else set()
    both = guards.key_types(rows | {name for name in wanted if not guards.is_own(name)}, library=True)
    return both or guards.key_types(rows, library=True) or ()


def row_test(case: Case, found: Narrowing, new: dict[str, ast.expr]) -> str:
    """A test of what a row's key is computed from, which cannot fail where the computation could."""
    tests = []
    alone = len(found.leaves) == 1 and found.leaves[0][0] is found.inner
    for number, (leaf, kind) in enumerate(found.leaves):
        seen = case.watched(f"leaf{number}")
        types = key_types(case) if alone else guards.key_types(seen.types if seen else (), library=True) or ()
        types = ("builtins.str",) if kind == "text" else types
        if kind == "piece":
            tests.append(_piece_test(leaf, new))
            continue
        tests.append(_leaf_test(case, found, leaf, new, Key(types, kind == "number")))
    return guards.joined(tests)


def _piece_test(leaf: ast.expr, new: dict[str, ast.expr]) -> str:
    """That a row is a text which has the piece: ``type(line) is str and len(line.split()) > 1``."""
    piece = substituted(leaf, new)
    assert isinstance(piece, ast.Subscript)
    assert isinstance(piece.value, ast.Call)
    assert isinstance(piece.value.func, ast.Attribute)
    place = ast.literal_eval(piece.slice)
    there = f"> {place}" if place >= 0 else f">= {-place}"
    return f"type({ast.unparse(piece.value.func.value)}) is str and len({ast.unparse(piece.value)}) {there}"


class _Asked(ast.Call):
    func: ast.Attribute


@dataclass(frozen=True, slots=True)
class Key:
    """What a part of a row's key must be. number: an int is made of it."""

    types: tuple[str, ...]
    number: bool = False

    @property
    def absent(self) -> str:
        """What is no such key, and stands for one that is missing."""
        if any(map(guards.is_own, self.types)):
            return "[]"  # whatever the types are
        return "None" if "builtins.NoneType" not in self.types else "..."

    def test(self, quiet: str, plain: str) -> str:
        """A test of a value, which ``quiet`` reads so that nothing fails, and ``plain`` as the code does."""
        return guards.is_number(quiet, plain, self.types) if self.number else guards.is_key(quiet, self.types)


def _leaf_test(case: Case, found: Narrowing, leaf: ast.expr, new: dict[str, ast.expr], wanted: Key) -> str:
    absent, plain = wanted.absent, ast.unparse(substituted(leaf, new))
    of_dicts = isinstance(leaf, ast.Subscript) and _of_dicts(case, leaf, found)
    of_database = isinstance(leaf, ast.Subscript) and _of_database(case, leaf, found)
    kinds = _sequences(case, leaf, found)
    leaf = substituted(leaf, new)
    if isinstance(leaf, ast.Attribute):
        return wanted.test(quietly(leaf, absent), plain)
    if _asks_dict(leaf):
        return guards.joined([f"type({ast.unparse(leaf.func.value)}) is dict", wanted.test(plain, plain)])
    if not isinstance(leaf, ast.Subscript):
        return wanted.test(plain, plain)
    base, item = ast.unparse(leaf.value), ast.unparse(leaf.slice)
    if of_dicts:
        default = "" if absent == "None" else f", {absent}"
        name = "" if isinstance(leaf.slice, ast.Constant) else f"type({item}) is str"
        return guards.joined([name, f"type({base}) is dict", wanted.test(f"{base}.get({item}{default})", plain)])
    key = wanted.test(plain, plain)
    if of_database:
        return guards.joined([f"type({base}) is sqlite3.Row", f"{item} in {base}.keys()", key])
    return guards.joined([guards.exactly(base, kinds), f"len({base}) > {item}", key]) if kinds else key


def unsure_leaf(case: Case, found: Narrowing) -> ast.expr | None:
    """A part of a row's key that no test can read without failing; None if there is none."""
    for leaf, kind in found.leaves:
        if kind == "piece" and isinstance(leaf, ast.Subscript) and isinstance(leaf.value, ast.Call):
            if not isinstance(leaf.value.func, ast.Attribute) or not _is_row(leaf.value.func.value, found):
                return leaf
        elif isinstance(leaf, ast.Subscript) and not _of_dicts(case, leaf, found):
            told = _sequences(case, leaf, found) or _at_position(leaf, found) or _of_database(case, leaf, found)
            if not told:
                return leaf
        elif (isinstance(leaf, ast.Attribute) and not _plain_chain(leaf.value, found)) or (
            _asks_dict(leaf) and not _is_row(leaf.func.value, found)
        ):
            return leaf
    return None


def _asks_dict(leaf: ast.expr) -> TypeGuard[_Asked]:
    """``row.get("id")``."""
    return isinstance(leaf, ast.Call) and isinstance(leaf.func, ast.Attribute)


def _is_row(node: ast.expr, found: Narrowing) -> bool:
    """A name that the walk binds, or what stands at the position that it counts: ``row``, ``rows[i]``."""
    return isinstance(node, ast.Name) or _at_position(node, found)


def _plain_chain(node: ast.expr, found: Narrowing) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
    return _is_row(node, found)


def _at_position(node: ast.expr, found: Narrowing) -> bool:
    """``xs[i]`` for i in the positions of xs, or of a list that is tested to be as long."""
    counted = isinstance(found.target, ast.Name) and _counts(found)
    place = node.slice.id if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Name) else ""
    return (
        counted
        and isinstance(node, ast.Subscript)
        and place in set(bound_names(found.target))
        and path_of(node.value) is not None
    )


def _counts(found: Narrowing) -> bool:
    walked = found.walked
    return isinstance(walked, ast.Call) and getattr(walked.func, "id", "") == "range"


def length_tests(found: Narrowing) -> list[str]:
    """That each list which is read at the walked positions is a list, and long enough."""
    if not _counts(found):
        return []
    ends = found.stretch.end if found.stretch is not None else found.walked.args[0]  # type: ignore[attr-defined]
    end, tests = ast.unparse(ends), []
    for node in (one for leaf, _ in found.leaves for one in ast.walk(leaf)):
        if not isinstance(node, ast.Subscript) or not _at_position(node, found):
            continue
        read = ast.unparse(node.value)
        if path_of(node.value) != path_of(found.bases[0]):
            tests.append(f"type({quietly(node.value)}) is list")
        if end != f"len({read})":
            tests.append(f"{end} <= len({read})")
    return list(dict.fromkeys(tests))


def quietly(node: ast.expr, absent: str = "None") -> str:
    """``row.owner.id`` -> ``getattr(getattr(row, 'owner', None), 'id', None)``."""
    if isinstance(node, ast.Attribute):
        return f"getattr({quietly(node.value, absent)}, {node.attr!r}, {absent})"
    holder = holder_of(node)
    if holder is not None:  # a dict, which is tested before
        return f"{quietly(holder)}.get({key_in_holder(node)})"
    return ast.unparse(node)


def quiet_text(source: str) -> str:
    """The same for source: another attribute may be missing where the loop does not read it."""
    return quietly(ast.parse(source, mode="eval").body)


def made_of(key: ast.expr, types: tuple[str, ...]) -> list[str]:
    """Tests of the names that a wanted key is made of: to make it of them runs no code of others."""
    kinds = guards.flat(types)
    told = leaves(key) or ()
    return [guards.exactly(ast.unparse(one), ["str"] if kind == "text" else kinds) for one, kind in told]


def _of_dicts(case: Case, leaf: ast.Subscript, found: Narrowing) -> bool:
    """Whether the rows themselves were dicts, each of them."""
    rows = case.watched("base0")
    row = isinstance(leaf.value, ast.Name) or (
        _at_position(leaf.value, found)
        and isinstance(leaf.value, ast.Subscript)
        and path_of(leaf.value.value) == path_of(found.bases[0])
    )
    named = isinstance(leaf.slice, ast.Constant) or not _at_position(leaf, found)
    return row and named and rows is not None and set(rows.elements) == {"builtins.dict"}


def _of_database(case: Case, leaf: ast.Subscript, found: Narrowing) -> bool:
    """Whether the rows were all those of SQLite, asked for a column by name, where the file names their class."""
    rows, function = case.watched("base0"), found.function
    named = (
        isinstance(leaf.value, ast.Name) and isinstance(leaf.slice, ast.Constant) and type(leaf.slice.value) is str
    )
    there = isinstance(function.module.top.get("sqlite3"), ast.Import) and "sqlite3" not in function.module.rebound
    own = function.names.is_local("sqlite3") or "sqlite3" in function.names.captured
    return named and there and not own and rows is not None and set(rows.elements) == {"sqlite3.Row"}


def _sequences(case: Case, leaf: ast.expr, found: Narrowing) -> list[str]:
    """The types of the rows, if the leaf is an item by its number of rows that were lists or tuples: ``row[0]``."""
    rows = case.watched("base0")
    if rows is None or not isinstance(leaf, ast.Subscript) or not _is_row(leaf.value, found):
        return []
    if not isinstance(leaf.slice, ast.Constant) or type(leaf.slice.value) is not int or leaf.slice.value < 0:
        return []
    kinds = {name.partition("[")[0] for name in rows.elements}
    return sorted(guards.LISTS[kind] for kind in kinds) if kinds <= set(guards.LISTS) else []
