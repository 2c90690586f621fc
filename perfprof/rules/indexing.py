"""Write the index of a narrowing: built once before the loop, asked instead of the whole collection."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfprof.rules import guards
from perfprof.rules.iterators import plain_tests
from perfprof.rules.reading.names import bound_names, fresh
from perfprof.rules.reading.selection import substituted
from perfprof.rules.rule import Case, Edit, Level, Rewrite

if TYPE_CHECKING:
    from perfprof.rules.narrowing import Narrowing
    from perfprof.rules.reading.program import Function


def build_index(case: Case) -> Rewrite:
    """The index before the loop, and the bucket in the place of the collection."""
    found: Narrowing = case.suspect.reading
    taken = found.function.visible | case.taken
    new = _names_apart(found, taken)
    target, inner = substituted_target(found.target, new), substituted(found.inner, new)
    index = fresh(index_name(found, inner), taken)
    walked = found.function.text(found.walked)
    outer = in_style(ast.unparse(found.outer), found.function)
    key, row = in_style(ast.unparse(inner), found.function), _element(target)
    conditions = _conditions(case, found, row, new)
    fill = f"for {_bare(row)} in {walked}:\n    {index}.setdefault({key}, []).append({row})"
    miss = "[]" if found.helper is not None and found.inlined is None else "()"
    bucket = f"{index}.get({outer}, {miss})"
    if conditions:
        types = _types(case)
        asked = guards.joined([index, guards.is_key(outer, types), *_present(found, outer, index, types)])
        bucket = _chosen(found, bucket, asked)
        body = "\n".join("    " + line for line in fill.splitlines())
        note = f"# Left empty, so that all of them are walked as before, unless every key is {_either(types)}."
        before = f"{note}\n{index} = {{}}\nif {conditions}:\n{body}"
    else:
        before = f"{index} = {{}}\n{fill}"
    why = f"each turn looks its rows up by {key} instead of walking {walked}; order and the test itself stay"
    return Rewrite(
        edits=(at("before", found.hoist.statement, before), at("replace", _replaced(found), bucket)),
        why=why,
        memory=f"one dict entry for each key and one list slot for each row of {walked} while the function runs",
    )


def _chosen(found: Narrowing, bucket: str, asked: str) -> str:
    """The bucket where it may be asked, else all rows; of an inlined call the search itself, else the call."""
    if found.inlined is None:
        return f"{bucket} if {asked} else {found.function.text(found.walked)}"
    answer = in_style(found.inlined.text(bucket), found.function)
    return f"({answer} if {asked} else {found.function.text(found.inlined.node)})"


def _present(found: Narrowing, outer: str, index: str, types: tuple[str, ...]) -> list[str]:
    """Where the call raises without a match, the index is asked only for keys that it has; NaN matches nothing."""
    if found.inlined is None or not found.inlined.certain:
        return []
    number = any("builtins.float" in name for name in types)
    return [*([f"{outer} == {outer}"] if number else []), f"{outer} in {index}"]


def _replaced(found: Narrowing) -> ast.expr:
    return found.walked if found.inlined is None else found.inlined.node


def at(kind: str, node: ast.AST, source: str) -> Edit:
    """An edit at the place of a node."""
    line, column = getattr(node, "lineno", 0), getattr(node, "col_offset", 0)
    return Edit(
        kind, source, line, column, getattr(node, "end_lineno", line), getattr(node, "end_col_offset", column)
    )


def index_name(found: Narrowing, inner: ast.expr) -> str:
    """``customers_by_id``."""
    return f"{collection_name(found.bases[0])}_by_{_key_name(inner)}"


def collection_name(base: ast.expr) -> str:
    """The last word of a name or attribute chain, without leading underscores."""
    word = base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "rows")
    return str(word).lstrip("_") or "rows"


def _key_name(inner: ast.expr) -> str:
    words = [node.attr for node in ast.walk(inner) if isinstance(node, ast.Attribute) and node.attr not in _CALLED]
    words += [
        node.value
        for node in ast.walk(inner)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier()
    ]
    if not words and isinstance(inner, ast.Name):
        words = [inner.id]
    return words[0].lstrip("_").lower() if words else "key"


_CALLED = frozenset({"get", "lower", "upper", "strip", "casefold"})


def _names_apart(found: Narrowing, taken: frozenset[str]) -> dict[str, ast.expr]:
    """Other names for those of the row that somebody else in the function uses too."""
    own = set(bound_names(found.target))
    names = found.function.names
    body = _span(found)
    new: dict[str, ast.expr] = {}
    for name in sorted(own):
        used = [node for node in names.loads.get(name, ()) if not (body and body[0] <= node.lineno <= body[1])]
        bound = [
            one for one in names.bindings.get(name, ()) if not (body and body[0] <= _line(one.node) <= body[1])
        ]
        if used or bound or name in names.parameters or name in names.captured:
            new[name] = ast.Name(fresh(f"{name}_row", taken), ast.Load())
    return new


def _span(found: Narrowing) -> tuple[int, int] | None:
    """Lines of the loop statement whose names may be taken over; a comprehension's are its own anyway."""
    node = found.scan.node
    if found.helper is None and isinstance(node, (ast.For, ast.AsyncFor)):
        return node.lineno, node.end_lineno or node.lineno
    return None


def _line(node: ast.AST) -> int:
    return int(getattr(node, "lineno", 0))


def substituted_target(target: ast.expr, new: dict[str, ast.expr]) -> ast.expr:
    """An assignment target with other names, as an expression."""
    source = ast.unparse(target)
    loaded = ast.parse(source, mode="eval").body
    return substituted(loaded, new)


def _element(target: ast.expr) -> str:
    source = ast.unparse(target)
    return source if not isinstance(target, ast.Tuple) or source.startswith("(") else f"({source})"


def _types(case: Case) -> tuple[str, ...]:
    """The key types that the guards name: those of the rows, and of the wanted keys where a guard exists."""
    inner, outer = case.watched("inner"), case.watched("outer")
    rows = set(inner.types) if inner is not None else set()
    wanted = set(outer.types) if outer is not None else set()
    both = guards.key_types(rows | {name for name in wanted if not guards.is_own(name)})
    return both or guards.key_types(rows) or ()


def _conditions(case: Case, found: Narrowing, row: str, new: dict[str, ast.expr]) -> str:
    """What must hold for the index to be filled; empty if all of it is proved."""
    tests: list[str] = list(found.inlined.before) if found.inlined is not None else []
    walked = found.function.text(found.walked)
    if case.level("walked-again") is not Level.PROVED:
        for number, base in enumerate(found.bases):
            seen = case.watched(f"base{number}")
            there = in_style(quietly(base), found.function)
            tests.append(guards.is_collection(there, seen.types if seen else ()) or "")
    for base, stable in zip((*found.bases, *found.also), found.stable, strict=True):
        tests += [f"{found.function.text(base)} is not {quiet_text(other)}" for other in stable.apart]
    tests += plain_tests(case, found)
    if found.unpacked:
        tests += [f"set(map(type, {walked})) <= {{tuple}}", f"set(map(len, {walked})) <= {{{found.unpacked}}}"]
    if case.level("keys-hash-as-equal") is not Level.PROVED:
        tests.append(f"all({_row_test(case, found, new)} for {_bare(row)} in {walked})")
    return guards.joined(tests)


def _bare(row: str) -> str:
    """A tuple of names as a loop's target is written."""
    return row[1:-1] if row.startswith("(") else row


def _row_test(case: Case, found: Narrowing, new: dict[str, ast.expr]) -> str:
    """A test of what a row's key is computed from, which cannot fail where the computation could."""
    tests = []
    alone = len(found.leaves) == 1 and found.leaves[0][0] is found.inner
    for number, (leaf, text) in enumerate(found.leaves):
        seen = case.watched(f"leaf{number}")
        types = _types(case) if alone else guards.key_types(seen.types if seen is not None else ()) or ()
        types = ("builtins.str",) if text else types
        tests.append(_leaf_test(case, found, substituted(leaf, new), types))
    return guards.joined(tests)


def _leaf_test(case: Case, found: Narrowing, leaf: ast.expr, types: tuple[str, ...]) -> str:
    absent = "None" if "builtins.NoneType" not in types else "..."
    absent = "[]" if any(map(guards.is_own, types)) else absent  # which is no key, whatever the types are
    if isinstance(leaf, ast.Attribute):
        return guards.is_key(in_style(quietly(leaf, absent), found.function), types)
    if isinstance(leaf, ast.Subscript) and isinstance(leaf.slice, ast.Constant) and _of_dicts(case, leaf, found):
        base, item = ast.unparse(leaf.value), in_style(ast.unparse(leaf.slice), found.function)
        default = "" if absent == "None" else f", {absent}"
        return guards.joined([f"type({base}) is dict", guards.is_key(f"{base}.get({item}{default})", types)])
    kinds = _sequences(case, leaf)
    if kinds and isinstance(leaf, ast.Subscript):
        base, item = ast.unparse(leaf.value), ast.unparse(leaf.slice)
        key = guards.is_key(ast.unparse(leaf), types)
        return guards.joined([guards.exactly(base, kinds), f"len({base}) > {item}", key])
    return guards.is_key(in_style(ast.unparse(leaf), found.function), types)


def quiet_text(source: str) -> str:
    """The same for source: another attribute may be missing where the loop does not read it."""
    return quietly(ast.parse(source, mode="eval").body)


def quietly(node: ast.expr, absent: str = "None") -> str:
    """``row.owner.id`` -> ``getattr(getattr(row, 'owner', None), 'id', None)``."""
    if isinstance(node, ast.Attribute):
        return f"getattr({quietly(node.value, absent)}, {node.attr!r}, {absent})"
    return ast.unparse(node)


def _of_dicts(case: Case, leaf: ast.Subscript, found: Narrowing) -> bool:
    """Whether the rows themselves were dicts, each of them."""
    rows = case.watched("base0")
    return isinstance(leaf.value, ast.Name) and rows is not None and set(rows.elements) == {"builtins.dict"}


def _sequences(case: Case, leaf: ast.expr) -> list[str]:
    """The types of the rows, if the leaf is an item by its number of rows that were lists or tuples: ``row[0]``."""
    rows = case.watched("base0")
    if rows is None or not isinstance(leaf, ast.Subscript) or not isinstance(leaf.value, ast.Name):
        return []
    if not isinstance(leaf.slice, ast.Constant) or type(leaf.slice.value) is not int:
        return []
    kinds = {name.partition("[")[0] for name in rows.elements}
    return sorted(guards.LISTS[kind] for kind in kinds) if kinds <= set(guards.LISTS) else []


def in_style(source: str, function: Function) -> str:
    """Generated source with the quotes that the file prefers."""
    text = function.module.source
    if text.count('"') >= text.count("'") and '"' not in source and "\\" not in source:
        return source.replace("'", '"')
    return source


def _either(types: tuple[str, ...]) -> str:
    names = [guards.readable([name]) for name in types if not guards.is_own(name)]
    names = ["exactly " * (not number) + name for number, name in enumerate(names)]
    names += ["an object that is equal to itself only"] * any(map(guards.is_own, types))
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
