"""Write a cache of results: the body under a name of its own, kept by `functools.lru_cache`, and the function that asks it.

The function goes on under its name, with its docstring, and asks the cache where all arguments are exactly of the types
that were seen: only then are equal keys the same arguments, and can be hashed. Otherwise it runs the body, as before. Where the
code does not show that results are plain values, one of another type than those that were seen is not handed out.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfprof.rules import guards
from perfprof.rules.imported import with_imports
from perfprof.rules.reading.names import fresh
from perfprof.rules.reading.types import builtin_type
from perfprof.rules.repeated.memoizing import KEYS, Repeated, argument_types, result_types
from perfprof.rules.rule import Case, Rewrite
from perfprof.rules.searching.indexing import at

if TYPE_CHECKING:
    from collections.abc import Sequence

SMALLEST = 1_024
LRU_CACHE = "library_functools_lru_cache"
PLAIN = frozenset({"int", "str", "bytes", "bool", "NoneType"})
EQUAL = frozenset({"builtins.int", "builtins.bool"})  # ``1 == True``


def keep_results(case: Case) -> Rewrite:
    """The function that asks, and its body in a cache."""
    found: Repeated = case.suspect.reading
    function = found.function
    inner = fresh(
        f"_{found.name.lstrip('_')}_cached", {*function.visible, *function.module.identifiers, *case.taken}
    )
    types = [key_types(case, number) for number, _ in enumerate(function.parameters)]
    typed = ", typed=True" if any(set(one) >= EQUAL for one in types) else ""
    head, said, rest = _parts(found)
    asking = [" " * found.begin.col_offset + line for line in _asking(case, inner, types)]
    cached = [
        f"@{LRU_CACHE}(maxsize={_most(case)}{typed})",
        head.replace(f"def {found.name}", f"def {inner}", 1),
        *rest,
    ]
    rewrite = Rewrite(
        edits=(at("statement", function.node, "\n".join([head, *said, *asking, "", "", *cached])),),
        why=f"{found.name} computes each result once",
        memory=f"at most {_most(case):,} results with their arguments, while the program runs",
        reshapes=True,
    )
    return with_imports(rewrite, function)


def key_types(case: Case, number: int) -> tuple[str, ...]:
    """The types of an argument with which results are kept."""
    return tuple(one for one in argument_types(case, number) if one in KEYS) or ("builtins.int",)


def _asking(case: Case, inner: str, types: Sequence[tuple[str, ...]]) -> list[str]:
    """The body of the function that asks."""
    found: Repeated = case.suspect.reading
    names, space = found.function.parameters, " " * found.begin.col_offset
    given = ", ".join(names)
    tests = [_is_of(name, kinds) for name, kinds in zip(names, types, strict=True)]
    result = fresh("result", {*names, inner})
    if gives_plain_values(found):
        kept = [f"{space}return {inner}({given})"]
    else:
        kept = [
            f"{space}{result} = {inner}({given})",
            f"{space}if {_result_test(case, result)}:",
            f"{space * 2}return {result}",
        ]
    return [
        f"if {guards.joined(tests)}:",
        *kept,
        f"return {inner}.__wrapped__({given})",
    ]


def gives_plain_values(found: Repeated) -> bool:
    """Whether the code shows that all that it returns are texts, whole numbers, flags or None."""
    return all(one.value is not None and builtin_type(one.value, found.function) in PLAIN for one in found.answers)


def _is_of(name: str, kinds: tuple[str, ...]) -> str:
    if kinds == ("builtins.NoneType",):
        return f"{name} is None"
    return guards.exactly(name, [guards.FLAT[one] for one in kinds])


def _parts(found: Repeated) -> tuple[str, list[str], list[str]]:
    """The head, the docstring, and the rest of the function, as they stand in the file."""
    node = found.function.node
    lines = [line.decode() for line in found.function.module.raw_lines[: found.function.end_line]]
    first, docstring = _head(found, lines), node.body[0]
    last = first if docstring is found.begin else docstring.end_lineno or first
    return "\n".join(lines[found.function.line - 1 : first]), lines[first:last], lines[last:]


def _head(found: Repeated, lines: list[str]) -> int:
    """The number of lines down to the one that ends the function's head."""
    node = found.function.node
    assert isinstance(node, ast.FunctionDef)
    given = [
        one.end_lineno or 0 for one in (*ast.walk(node.args), node.returns) if isinstance(one, (ast.arg, ast.expr))
    ]
    begins = range(max(given), node.body[0].lineno)
    return next((line for line in begins if lines[line - 1].partition("#")[0].rstrip().endswith(":")), max(given))


def _result_test(case: Case, result: str) -> str:
    types = result_types(case) or ("builtins.int",)
    test = guards.is_key(result, types)
    test = f"({test})" if " or " in test else test
    if not any("builtins.float" in kind for kind in types):
        return test
    pairs = any(kind.startswith(guards.TUPLE) for kind in types)  # NaN is another one in each call
    return f"{test} and " + (f"all(one == one for one in {result})" if pairs else f"{result} == {result}")


def _most(case: Case) -> int:
    """A power of two that is twice as many as were seen."""
    seen = case.watched("again")
    different = seen.reads.get("new", 0) if seen is not None else 0
    return max(SMALLEST, 1 << (2 * different).bit_length())
