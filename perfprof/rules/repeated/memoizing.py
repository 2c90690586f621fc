"""Functions that compute the same again and again from the same plain arguments: their results are kept.

What is known of them, and what a run must tell; `repeated.caching` writes the cache.
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
from perfprof.rules.reading.closed import CAUGHT, UNKNOWN, not_closed
from perfprof.rules.reading.needed import Needs
from perfprof.rules.reading.scans import COMPREHENSIONS
from perfprof.rules.rule import Case, Evidence, Suspect

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program

KEYS = frozenset({"builtins.int", "builtins.str", "builtins.bytes", "builtins.bool", "builtins.NoneType"})
LEAST_CALLS = 200
LEAST_SAVED = 0.05  # of the whole run: a cache is a function more
LEAST_AGAIN = 0.5  # measured: a body of 16 additions pays from half of the calls, one of 64 from a fifth
MOST_KEPT = 16_384
LONGEST = 1_000  # characters of an argument or result on average: each is kept
_WORKS = (ast.For, ast.While, *COMPREHENSIONS)


@dataclass(frozen=True, eq=False, slots=True)
class Repeated:
    """A function of the module that may compute the same again. begin: the first statement after the docstring.

    once: an expression that each call evaluates once, before anything but functions inside is made. answers: the ``return`` statements with a value.
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
    first = next((one for one in body if not isinstance(one, ast.FunctionDef)), None)
    once = _evaluated_once(first) if first is not None else None
    answers = tuple(one for one in function.every(ast.Return) if one.value is not None)
    if once is None or not answers or body[0].lineno <= node.lineno:
        return None
    return Repeated(function, body[0], once, answers)


def _calls(function: Function) -> bool:
    """Whether it calls functions that the module names, which may walk something."""
    named = (one.func for one in function.every(ast.Call) if isinstance(one.func, ast.Name))
    return any(isinstance(function.module.top.get(one.id), (ast.FunctionDef, ast.ImportFrom)) for one in named)


def needed(found: Repeated, program: Program) -> tuple[Needs, tuple[ast.AST, str] | None]:
    """What its body needs of the module and of others, and the first place that does more than compute."""
    function, needs = found.function, Needs(found.function, program)
    problem = not_closed(function.body[function.body.index(found.begin) :], function, needs.knows)
    return needs, problem


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
    if isinstance(statement, ast.Try):
        return _evaluated_once(statement.body[0])
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
    """The types that an argument had where the function begins; none if it was not seen."""
    found: Repeated = case.suspect.reading
    begun, read = case.watched("again"), case.watched(f"key{number}")
    whole = [kind for kind in (begun.types if begun is not None else ()) if kind.startswith(guards.TUPLE)]
    named = (kind[len(guards.TUPLE) : -1].split(",") for kind in whole)
    parts = {one[number] for one in named if len(one) == len(found.function.parameters)}
    return tuple(sorted(parts or (read.types if read is not None else ())))


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
    refused = _too_much(case, new + other) or _changed_by_callers(case) or _too_little(case, share, reason)
    refused = refused or _changing_state(found, case.program)
    return Evidence(not refused, refused or reason, numbers, 1 / (1 - 0.95 * share))


def _too_much(case: Case, different: int) -> str:
    """Whether there is too much to keep, or too long; each of these says why, or nothing."""
    found: Repeated = case.suspect.reading
    parts = [case.watched(f"key{number}") for number, _ in enumerate(found.function.parameters)]
    parts += [case.watched(f"size{number}") for number, _ in enumerate(found.answers)]
    much = different > MOST_KEPT or any(one is not None and one.mean_length > LONGEST for one in parts)
    return f"too much to keep: {different:,} different arguments, or long ones" if much else ""


def _changed_by_callers(case: Case) -> str:
    changeable = changeable_results(case)
    return f"a result is {changeable}, which whoever is given it may change" if changeable else ""


def _too_little(case: Case, again: float, reason: str) -> str:
    part = saved(case, again)
    little = part is not None and part < LEAST_SAVED
    return f"too little: {reason}, which take {part:.1%} of the run (told from {LEAST_SAVED:.0%})" if little else ""


def _changing_state(found: Repeated, program: Program) -> str:
    """What else its results depend on, or what else it does, where nobody could say that this stays the same."""
    problem = needed(found, program)[1]
    if problem is None or problem[1].endswith((UNKNOWN, CAUGHT)) or f"{UNKNOWN} (" in problem[1]:
        return ""
    return f"its results may depend on more than its arguments: {problem[1]} ({found.function.place(problem[0])})"


def saved(case: Case, again: float) -> float | None:
    """The part of the run that goes into what was computed before; None if none was recorded."""
    share = case.suspect.finding.share
    return share * again if share is not None else None
