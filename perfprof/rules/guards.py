"""Guards: expressions, written into the user's code, that check at run time what could not be proved.

For the types below ``==`` and ``hash`` agree, raise nothing and have no effects; the test is on the exact type, since a
subclass may define its own equality. So they do for objects that take both from ``object`` and are equal to themselves
only, whatever their class is called. What every guard falls back to is the old path.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping

FLAT = {
    "builtins.int": "int",
    "builtins.str": "str",
    "builtins.bytes": "bytes",
    "builtins.bool": "bool",
    "builtins.float": "float",
    "builtins.NoneType": "type(None)",
}
# Types of the standard library whose values never change, by the name that a run tells: module, class, and what else must
# hold so that no code of others runs and nothing fails. Tokens stand for their names, see `perfprof.rules.imported`.
LIBRARY = {
    "uuid.UUID": ("uuid", "UUID", ""),
    "datetime.date": ("datetime", "date", ""),
    "datetime.datetime": ("datetime", "datetime", "type({0}.tzinfo) in (type(None), library_datetime_timezone)"),
    "decimal.Decimal": ("decimal", "Decimal", "{0}.is_finite()"),
    "pathlib.PosixPath": ("pathlib", "PosixPath", ""),
    "pathlib.WindowsPath": ("pathlib", "WindowsPath", ""),
    "pathlib._local.PosixPath": ("pathlib", "PosixPath", ""),
    "pathlib._local.WindowsPath": ("pathlib", "WindowsPath", ""),
}
NUMBERS = frozenset({"builtins.int", "builtins.str"})  # of which ``int(x)`` may be asked
SENTINEL = "builtins.object"  # ``object()``: equal to itself only, and nothing but a mark
NONE = "builtins.NoneType"
LISTS = {"builtins.list": "list", "builtins.tuple": "tuple"}
COLLECTIONS = {**LISTS, "builtins.dict": "dict"}
ROWS = {**COLLECTIONS, "builtins.frozenset": "frozenset"}  # of a set, only what nobody can change
TUPLE = "builtins.tuple["


def key_types(types: Iterable[str], library: bool = False) -> tuple[str, ...] | None:
    """The types in the order a guard names them; None if there is one that no guard is tested for.

    For a class of the program a guard asks whether it compares by identity (`reading.equality` tells if that can be).
    library: also those of LIBRARY, whose tokens the rewrite replaces.
    """
    found = sorted(set(types))
    for name in found:
        items = _items(name) if name.startswith(TUPLE) else [name]
        flat = all(item in FLAT or (library and _is_plain(item)) for item in items)
        if not (flat or is_own(name) or (library and (name in LIBRARY or name == SENTINEL))):
            return None
    if {"decimal.Decimal", "builtins.float"} <= set(found):  # a comparison of both is noted in decimal's context
        return None
    return tuple(found) or None


def widened(types: tuple[str, ...]) -> tuple[str, ...]:
    """The same and texts and whole numbers, which a run may not have seen: ids of one user are names of another.

    Not beside bytes, which ``python -bb`` does not compare with text, nor beside what more is asked of than its type.
    """
    alike = {*FLAT, SENTINEL} - {"builtins.bytes"}
    return tuple(sorted({*types, *NUMBERS})) if set(types) <= alike else types


def is_own(name: str) -> bool:
    """Whether it is a class of the program or of a library that is not the standard one."""
    return not name.startswith("builtins.") and name not in LIBRARY


def flat(types: Iterable[str]) -> list[str]:
    """How a guard names the builtin ones among these types and among those of the parts of tuples; int and str if none."""
    parts = [part for name in types for part in (_items(name) if name.startswith(TUPLE) else [name])]
    return sorted({FLAT[one] for one in parts if one in FLAT}) or ["int", "str"]


def token(name: str) -> str:
    """What stands for a type of LIBRARY until its name in the user's file is known."""
    module, kind, _ = LIBRARY[name]
    return f"library_{module}_{kind}"


def _is_plain(name: str) -> bool:
    """Whether a guard asks nothing but this type."""
    return name in FLAT or name == SENTINEL or (name in LIBRARY and not LIBRARY[name][2])


def _exact(types: Iterable[str]) -> list[str]:
    """How a guard names the types of which it asks nothing else."""
    known = {**FLAT, SENTINEL: "object"}
    return list(dict.fromkeys(known.get(name) or token(name) for name in types if _is_plain(name)))


def _by_identity(kind: str) -> str:
    """A test that objects of a class are equal to themselves only, and hash so."""
    return f"{equal_to_itself(kind)} and {kind}.__hash__ is object.__hash__"


def of_class(expression: str, name: str) -> str:
    """A test of the exact type where the class, ``package.module.Class``, has no name: by what it calls itself."""
    module, _, kind = name.rpartition(".")
    return f'type({expression}).__module__ == "{module}" and type({expression}).__qualname__ == "{kind}"'


def is_key(expression: str, types: Iterable[str]) -> str:
    """A test that the value is exactly of one of these key types: ``type(x) is int``."""
    types = tuple(types)
    flat = _exact(types)
    tests = [exactly(expression, flat)] if flat else []
    for name in types:
        more = LIBRARY[name][2] if name in LIBRARY else ""
        tests += [f"{exactly(expression, [token(name)])} and {more.format(expression)}"] if more else []
    tuples = [name for name in types if name.startswith(TUPLE)]
    if tuples:
        items = sorted(_exact(item for name in tuples for item in _items(name)))
        each = "part" if re.search(r"\bitem\b", expression) else "item"
        inner = f"all({exactly(each, items)} for {each} in {expression})" if items else f"{expression} == ()"
        tests.append(f"type({expression}) is tuple and {inner}")
    if any(map(is_own, types)):
        tests.append(_by_identity(f"type({expression})"))
    return tests[0] if len(tests) == 1 else " or ".join(f"({test})" for test in tests)


def is_key_or_none(name: str, types: Iterable[str]) -> str:
    """The same of a value that has a name; where the types have that of None, it is asked for by name, which is faster."""
    known, none = list(types), f"{name} is None"
    others = [one for one in known if one != NONE]
    if not others:
        return none
    both = set(others) == NUMBERS  # asked one after the other: a tuple of both is made anew each time
    test = f"type({name}) is str or type({name}) is int" if both else is_key(name, others)
    if len(others) == len(known):
        return test
    return f"{none} or ({test})" if " and " in test and not test.startswith("(") else f"{none} or {test}"


def equal_to_itself(kind: str) -> str:
    """A test that objects of a class are equal to themselves only, so that their identities tell which is which."""
    return f"{kind}.__eq__ is object.__eq__"


def is_number(quiet: str, plain: str, types: Iterable[str]) -> str:
    """A test that ``int(x)`` cannot fail: it is an int, or its decimal digits, fewer than any interpreter refuses.

    quiet: the value read so that nothing fails. plain: as the code reads it.
    """
    kinds = set(types) & NUMBERS or NUMBERS
    tests = [exactly(quiet, ["int"])] if "builtins.int" in kinds else []
    if "builtins.str" in kinds:
        tests.append(f"{exactly(quiet, ['str'])} and {plain}.isdecimal() and len({plain}) < 640")
    return tests[0] if len(tests) == 1 else " or ".join(f"({test})" for test in tests)


def all_keys(collection: str, types: tuple[str, ...]) -> str:
    """A test that all elements of a collection are exactly of these key types."""
    if all(map(_is_plain, types)):
        return f"set(map(type, {collection})) <= {{{', '.join(_exact(types))}}}"
    if all(name in FLAT or is_own(name) for name in types):
        kind = "kind" if not re.search(r"\bkind\b", collection) else "each"
        flat = ", ".join(FLAT[name] for name in types if name in FLAT)
        kinds = f"set(map(type, {collection}))" + (f" - {{{flat}}}" if flat else "")
        return f"all({_by_identity(kind)} for {kind} in {kinds})"
    return f"all({is_key('item', types)} for item in {collection})"


_KINDS = re.compile(r"\bset\(map\(type, ((?:[^()]|\([^()]*\))+)\)\)")


def together(tests: Iterable[str]) -> list[str]:
    """The tests, of which those that ask the same of the types of several collections do so once, where the last one stands.

    ``set(map(type, a)) <= {str}`` and the same of ``b``: ``{*map(type, a), *map(type, b)} <= {str}``.
    """
    asked: dict[str, list[str]] = {}
    for test in tests:
        alike = _KINDS.sub("\0", test)
        asked[alike] = [*asked.pop(alike, []), *(one[1] for one in _KINDS.finditer(test))]
    return [test.replace("\0", _kinds(collections)) for test, collections in asked.items()]


def _kinds(collections: list[str]) -> str:
    if len(set(collections)) == 1:
        return f"set(map(type, {collections[0]}))"
    return f"{{{', '.join(f'*map(type, {one})' for one in dict.fromkeys(collections))}}}"


def is_collection(expression: str, types: Iterable[str], known: Mapping[str, str] = COLLECTIONS) -> str | None:
    """A test that the value is exactly one of these builtin collections; None if a type is not among the known ones."""
    names = [known.get(name) for name in sorted(set(types))]
    if not names or None in names:
        return None
    return exactly(expression, [name for name in names if name])


def exactly(expression: str, names: list[str]) -> str:
    """A test that the value is of one of these types and of no subclass."""
    if len(names) == 1:
        return f"type({expression}) is {names[0]}"
    return f"type({expression}) in ({', '.join(names)})"


def _items(name: str) -> list[str]:
    inside = name[len(TUPLE) : -1]
    return inside.split(",") if inside else []


def joined(tests: Iterable[str]) -> str:
    """``and`` over tests that are not empty."""
    parts = [test for test in tests if test]
    return " and ".join(f"({part})" if " or " in part else part for part in parts)


def readable(types: Iterable[str]) -> str:
    """Type names as a person writes them: ``int, str``."""
    return ", ".join(sorted(name.removeprefix("builtins.").replace("builtins.", "") for name in types))


def builtins_used(*sources: str) -> set[str]:
    """The builtin names that generated code calls, which must not be shadowed."""
    names = {
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
    }
    used = {node.id for source in sources for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}
    return used & (names | {"frozenset", "range", "enumerate"})
