"""Functions that compute the same again and again from the same plain arguments: their results are kept.

The function becomes two: its body, under a name of its own, and what asks a dict of results first. The dict belongs to the
module and is emptied when it is full.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfprof.rules import guards
from perfprof.rules.findings import finding
from perfprof.rules.hoisting import watch
from perfprof.rules.reading.callees import is_generator
from perfprof.rules.reading.closed import not_closed
from perfprof.rules.reading.names import fresh
from perfprof.rules.reading.needed import Needs
from perfprof.rules.reading.scans import COMPREHENSIONS
from perfprof.rules.rule import Case, Evidence, Rewrite, Suspect
from perfprof.rules.searching.indexing import at, in_style

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program

LEAST_CALLS = 200
LEAST_AGAIN = 0.5  # measured: a body of 16 additions pays from half of the calls, one of 64 from a fifth
MOST_KEPT = 16_384
SMALLEST = 1_024
LONGEST = 1_000  # characters of an argument or result on average: each is kept
_WORKS = (ast.For, ast.While, *COMPREHENSIONS)


@dataclass(frozen=True, eq=False, slots=True)
class Repeated:
    """A function of the module that may compute the same again. begin: the first statement after the docstring.

    once: an expression of that statement that each call evaluates once. answers: the ``return`` statements with a value.
    """

    function: Function
    begin: ast.stmt
    once: ast.expr
    answers: tuple[ast.Return, ...]

    @property
    def name(self) -> str:
        """Its name."""
        return self.function.qualname


def repeated_functions(function: Function, program: Program) -> Iterator[Repeated]:
    """The function itself, if it is one. Only a run tells whether its arguments come again."""
    node = function.node
    if program.alone or not isinstance(node, ast.FunctionDef) or not _plain_function(node, function):
        return
    found = _begun(node, function)
    if found is None or is_generator(function):
        return
    if any(True for _ in function.every(*_WORKS)) or (_calls(function) and needed(found, program)[1] is None):
        yield found


def _begun(node: ast.FunctionDef, function: Function) -> Repeated | None:
    body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
    once = _evaluated_once(body[0]) if body else None
    answers = tuple(one for one in function.every(ast.Return) if one.value is not None)
    if once is None or not answers or body[0].lineno <= node.lineno:
        return None
    return Repeated(function, body[0], once, answers)


def _calls(function: Function) -> bool:
    """Whether it calls functions that the module names, which may walk something."""
    named = (one.func for one in function.every(ast.Call) if isinstance(one.func, ast.Name))
    return any(isinstance(function.module.top.get(one.id), (ast.FunctionDef, ast.ImportFrom)) for one in named)


def needed(found: Repeated, program: Program) -> tuple[tuple[str, ...], tuple[ast.AST, str] | None]:
    """What its body needs of the module and of others, and the first place that does more than compute."""
    function, needs = found.function, Needs(found.function, program)
    problem = not_closed(function.body[function.body.index(found.begin) :], function, needs.knows)
    return tuple(in_style(one, function) for one in needs.names), problem


def _plain_function(node: ast.FunctionDef, function: Function) -> bool:
    """A function of the module that has parameters of the plain sort, and does not call itself."""
    given = node.args
    more = given.vararg or given.kwarg or given.kwonlyargs or node.decorator_list or node.col_offset
    said = function.module.raw_lines[node.lineno - 1].startswith(f"def {node.name}".encode())
    fixed = said and all(isinstance(one, ast.Constant) for one in given.defaults)
    return (
        "." not in function.qualname
        and not more
        and fixed
        and bool(function.parameters)
        and (node.name not in function.names.loads)
    )


def _evaluated_once(statement: ast.stmt) -> ast.expr | None:
    """What a statement evaluates first, and once."""
    if isinstance(statement, (ast.If, ast.Assert)):
        return statement.test
    if isinstance(statement, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return, ast.Expr)):
        return statement.value
    return statement.iter if isinstance(statement, ast.For) else None


def suspect(rule: str, found: Repeated) -> Suspect:
    """The finding, and what a run must tell: how often the same arguments come, of what types, and what is made."""
    function, loads = found.function, found.function.names.loads
    message = f"`{found.name}` computes the same again from the same arguments"
    what = finding(rule, function, function.node, found.name, message)
    names = ", ".join(function.parameters)
    watches = [watch(f"{what.id}:again", found.once, function, "again", f"({names},)")]
    for number, name in enumerate(function.parameters):
        if loads[name]:
            watches.append(watch(f"{what.id}:key{number}", loads[name][0], function, "collection"))
    for number, one in enumerate(found.answers):
        assert one.value is not None
        watches.append(watch(f"{what.id}:made{number}", one.value, function, "value"))
        watches.append(watch(f"{what.id}:size{number}", one.value, function, "collection"))
    return Suspect(what, found, tuple(watches), function)


def argument_types(case: Case, number: int) -> tuple[str, ...]:
    """The types that an argument had; none if it was not seen."""
    seen = case.watched(f"key{number}")
    return tuple(sorted(seen.types)) if seen is not None else ()


def result_types(case: Case) -> tuple[str, ...]:
    """The types of all results that were seen."""
    found: Repeated = case.suspect.reading
    seen = [case.watched(f"made{number}") for number, _ in enumerate(found.answers)]
    return tuple(sorted({kind for one in seen if one is not None for kind in one.types}))


def changeable_results(case: Case) -> str:
    """What was seen of results that others may change, or that are no plain data; empty if there were none."""
    types = [kind for kind in result_types(case) if kind != "builtins.NoneType"]
    plain = guards.key_types(types) is not None and not any(map(guards.is_own, types))
    return "" if plain or not types else guards.readable(types)


def worth_keeping(case: Case) -> Evidence:
    """At least 200 calls, half of them with arguments that came before; of other functions nothing is said."""
    found: Repeated = case.suspect.reading
    seen = case.watched("again")
    if seen is None or not seen.count:
        return Evidence(False, "")
    again, new, other = (seen.reads.get(word, 0) for word in ("again", "new", "other"))
    share = again / seen.count
    numbers = {"calls": seen.count, "different": new, "again": round(share, 2)}
    reason = f"{seen.count:,} calls, {share:.0%} of them with arguments that came before"
    if seen.count < LEAST_CALLS or share < LEAST_AGAIN:
        return Evidence(False, "")  # each function with a loop is asked: most are simply none
    parts = [case.watched(f"key{number}") for number, _ in enumerate(found.function.parameters)]
    parts += [case.watched(f"size{number}") for number, _ in enumerate(found.answers)]
    if new + other > MOST_KEPT or any(one is not None and one.mean_length > LONGEST for one in parts):
        return Evidence(False, f"too much to keep: {new + other:,} different arguments, or long ones", numbers)
    changeable = changeable_results(case)
    if changeable:
        return Evidence(False, f"a result is {changeable}, which whoever is given it may change", numbers)
    return Evidence(True, reason, numbers, 1 / (1 - 0.95 * share))


def keep_results(case: Case) -> Rewrite:
    """The body under another name, and a function that asks for its result first."""
    found: Repeated = case.suspect.reading
    function = found.function
    taken = {*function.visible, *function.module.identifiers, *case.taken}
    word = found.name.lstrip("_")
    inner, kept = fresh(f"_{word}_anew", taken), fresh(f"_known_{word}", taken)
    names = list(function.parameters)
    needs, rest_of = needed(found, case.program)[0], fresh(f"_needed_by_{word}", taken)
    key, known, result = (
        fresh(one, {*names, *(one.partition(".")[0] for one in needs), inner, kept})
        for one in ("key", "known", "result")
    )
    head, said, rest = _parts(found)
    space = " " * found.begin.col_offset
    tests = [*_tests(case, names), *(f"{one} is {rest_of}[{number}]" for number, one in enumerate(needs))]
    asking = [
        f"{key} = ({', '.join(names)}{',' if len(names) == 1 else ''}) if {guards.joined(tests)} else None",
        f"{known} = {kept}.get({key})",
        f"if {known} is not None:",
        f"{space}return {known}",
        f"{result} = {inner}({', '.join(names)})",
        f"if {key} is not None and {_result_test(case, result)}:",
        f"{space}if len({kept}) >= {_most(case)}:",
        f"{space * 2}{kept}.clear()  # so that it does not grow for ever",
        f"{space}{kept}[{key}] = {result}",
        f"return {result}",
    ]
    renamed = head.replace(f"def {found.name}", f"def {inner}", 1)
    made = [f"{kept} = {{}}"]
    if needs:
        comma = "," if len(needs) == 1 else ""
        made.append(f"{rest_of} = ({', '.join(needs)}{comma})  # results are kept while these are the same")
    new = [renamed, *rest, "", "", *made, "", "", head, *said, *(space + line for line in asking)]
    return Rewrite(
        edits=(at("statement", function.node, "\n".join(new)),),
        why=f"{found.name} computes each result once",
        memory=f"at most {_most(case):,} results with their arguments, while the program runs",
        reshapes=True,
    )


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


def _tests(case: Case, names: list[str]) -> list[str]:
    found = []
    for number, name in enumerate(names):
        types = argument_types(case, number) or ("builtins.int",)
        found.append(guards.exactly(name, [guards.FLAT[kind] for kind in types]))
    return found


def _result_test(case: Case, result: str) -> str:
    types = [kind for kind in result_types(case) or ("builtins.int",) if kind != "builtins.NoneType"]
    test = guards.is_key(result, types or ("builtins.int",))
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
