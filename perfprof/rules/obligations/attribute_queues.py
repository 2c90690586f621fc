"""Obligations about a list that an object holds and uses as a queue: the class, each use, and when it is empty."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from perfprof.rules.containers.growth import certain
from perfprof.rules.kept_lists.attribute_queues import AttributeQueue, Use, names_of_body, stored
from perfprof.rules.kept_lists.attribute_uses import uses_of
from perfprof.rules.kept_lists.emptied import empty_guards
from perfprof.rules.obligations.proofs import guarded, obligation, observed, proved, unproved
from perfprof.rules.obligations.queues import is_end
from perfprof.rules.reading.expressions import is_builtin
from perfprof.rules.reading.families import family_of
from perfprof.rules.reading.projects import BY_DICT, other_files, texts
from perfprof.rules.reading.stars import star_for
from perfprof.rules.rule import Case, Proof

if TYPE_CHECKING:
    from pathlib import Path

    from perfprof.rules.reading.program import Program

ALIKE = frozenset({"append", "extend", "clear", "reverse", "count", "insert", "pop"})
WALKERS = frozenset("len bool list tuple set frozenset sorted any all".split())
OWN_WAYS = (
    *("__getattr__", "__getattribute__", "__setattr__"),
    *("__getstate__", "__setstate__", "__reduce__", "__dict__"),
)


@obligation
def nobody_else_has_it(case: Case) -> Proof:
    """Only the class itself uses the attribute."""
    found: AttributeQueue = case.suspect.reading
    if not found.name.startswith("_"):
        where = found.function.place(found.owner)
        return unproved(f"`{found.name}` is a public name, which anybody may use", where)
    for path, text in texts(case.program, found.function.module):
        if BY_DICT.search(text):
            return unproved(
                f"{path.name} reads all attributes of objects at once", found.function.place(found.owner)
            )
    return used_by_the_class_alone(case)


def used_by_the_class_alone(case: Case) -> Proof:
    """Whether nothing else in the project uses the attribute, whatever its name."""
    found: AttributeQueue = case.suspect.reading
    where = found.function.place(found.owner)
    shared = _shared_by_the_class(found)
    if shared:
        return unproved(shared, where)
    outside = _outside(found)
    if outside is not None:
        place = found.function.place(outside)
        return unproved(f"`{found.name}` is used outside of the class's own methods", place)
    path = _used_by(found, case.program)
    if path is not None:
        return unproved(f"`{found.name}` is used in {path.name} as well", where)
    if found.name.startswith("__"):
        return proved("its name belongs to the class alone")
    by_name = "by its name it belongs to the class alone, and " if found.name.startswith("_") else ""
    return observed(f"{by_name}no other file of the project uses that name", where)


def _used_by(found: AttributeQueue, program: Program) -> Path | None:
    """Another file that uses it, other than as the attribute of a class that shares no objects with this one."""
    module, told = found.function.module, re.compile(rf"""["'][\w.]*\b{found.name}\b""")
    named = [one for one in other_files(program, module.path) if _names_it(found).search(program.read(one) or "")]
    family = family_of(found.owner, module, program) if named else None
    if family is None or family.foreign or len(family.classes) > 1 or not found.name.startswith("_"):
        return next(iter(named), None)
    meant = {one.method.module.path for one in uses_of(found.name, family, module, program)[1]}
    meant |= {one for one in named if program.module(one) is None or told.search(program.read(one) or "")}
    return next((one for one in named if one in meant), None)


def _shared_by_the_class(found: AttributeQueue) -> str:
    """Why the class itself lets others use it; empty if it does not."""
    if found.name.endswith("__"):
        return f"`{found.name}` is a name that Python may use"
    bases = [getattr(one, "id", "") for one in found.owner.bases]
    if found.owner.decorator_list or found.owner.keywords or not set(bases) <= {"object"}:
        return "a base, a decorator or a metaclass may use it"
    ways = {*OWN_WAYS, "vars"} & found.function.module.identifiers
    if found.name in names_of_body(found.owner) or ways:
        return f"the class makes attributes in its own way (`{min(ways, default=found.name)}`)"
    return ""


def _names_it(found: AttributeQueue) -> re.Pattern[str]:
    """``repo._rows``, ``getattr(repo, "_rows")``, ``repo._Repo__rows``."""
    if found.name.startswith("__"):
        return re.compile(rf"\b{_mangled(found)}\b")
    asked = "" if found.name.startswith("_") else r"attr\w*\(.*"  # a public word may be the key of anything
    return re.compile(rf"""(\.\s*|{asked}["']){found.name}\b""")


def _mangled(found: AttributeQueue) -> str:
    return f"_{found.owner.name.lstrip('_')}{found.name}"


def _outside(found: AttributeQueue) -> ast.AST | None:
    """Where the file speaks of the attribute, or names it in a text, outside of the class's own methods."""
    uses, names = {one.node for one in found.uses}, {found.name, _mangled(found)}
    for node in ast.walk(found.function.module.tree):
        told = node.value if isinstance(node, ast.Constant) else None
        if isinstance(told, str) and names & set(told.split(".")):  # `attrgetter("owner._rows")`
            return node
        if isinstance(node, ast.Attribute) and node.attr in names and node not in uses:
            return node
    return None


@obligation
def every_use_of_it_alike(case: Case) -> Proof:
    """A deque does the same wherever methods use it."""
    found: AttributeQueue = case.suspect.reading
    for one in found.uses:
        problem = _unlike(one, found)
        if problem:
            return unproved(problem, one.method.place(one.node))
    return proved(f"`{found.text}` is only made, added to, taken from and asked")


def _unlike(one: Use, found: AttributeQueue) -> str:
    """Why a deque may do something else there; empty if it does the same."""
    if not (isinstance(one.node.value, ast.Name) and one.node.value.id == "self" == one.method.parameters[:1][0]):
        return f"`{ast.unparse(one.node)}` may be that of another object"
    if "self" in one.method.names.bindings or one.method.names.dynamic:
        return "`self` may be another object"
    if not isinstance(one.node.ctx, ast.Load):
        value = stored(one)
        made = value is not None and certain(value, one.method, "list")
        return "" if made else f"`{found.text}` may be another list here, or none"
    alike = one.word in ALIKE if one.call is not None else _asked(one)
    whole = one.word in {"insert", "pop"} and one.call is not None and one.call.args
    if whole and not any(one.node is other.node for other in found.front):
        return "it reaches into the middle, or uses an index that is not known"
    if isinstance(one.above, (ast.For, ast.comprehension)):
        return "it is walked here: if something changes it meanwhile, a list goes on and a deque raises"
    return "" if alike else f"a deque may do something else here than the list `{found.text}`"


def _asked(one: Use) -> bool:
    """Tested, measured, copied by a builtin, asked with `in`, or one of its ends."""
    above = one.above
    if isinstance(above, ast.Subscript):
        return above.value is one.node and isinstance(above.ctx, ast.Load) and is_end(above.slice)
    if isinstance(above, ast.Compare):
        return (
            len(above.ops) == 1
            and above.comparators[0] is one.node
            and isinstance(above.ops[0], (ast.In, ast.NotIn))
        )
    if isinstance(above, ast.Call):
        callee = above.func.id if isinstance(above.func, ast.Name) else ""
        return (
            callee in WALKERS and above.args == [one.node] and not above.keywords and is_builtin(callee, one.method)
        )
    node: ast.AST = one.node
    while isinstance(above, ast.BoolOp) or (isinstance(above, ast.UnaryOp) and isinstance(above.op, ast.Not)):
        node, above = above, one.method.parents.get(above)
    return isinstance(above, (ast.If, ast.While, ast.IfExp, ast.Assert)) and above.test is node


@obligation
def asked_before_it_is_taken_from(case: Case) -> Proof:
    """Nothing is taken when it is empty."""
    found: AttributeQueue = case.suspect.reading
    guards = empty_guards(found, case.program)
    open_use = next((one for one, guard in guards if guard is None), None)
    if open_use is not None:
        why = "the text of the IndexError would be another one, and nothing shows that it is not empty"
        return unproved(why, open_use.method.place(open_use.node))
    if guards:
        first = guards[0][0]
        return guarded(
            "a test whether something is in it, which raises the same IndexError", first.method.place(first.node)
        )
    return proved("each time it was asked just before whether something is in it")


@obligation
def deque_is_free_in_the_class(case: Case) -> Proof:
    """The name `deque` can be imported."""
    found: AttributeQueue = case.suspect.reading
    module = found.function.module
    meant = module.top.get("deque")
    imported = isinstance(meant, ast.ImportFrom) and meant.module == "collections"
    methods = {one.method for one in found.uses}
    here = any("deque" in {*one.names.bindings, *one.parameters, *one.names.elsewhere} for one in methods)
    nested = any(one.outer is not None and one.outer.qualname != "<module>" for one in methods)
    again = "deque" in module.rebound or star_for("deque", module) is not None
    if here or nested or again or (meant is not None and not imported):
        return unproved("`deque` may have another meaning in this file")
    if not all(is_builtin(name, one) for one in methods for name in ("list", "len")):
        return unproved("`list` or `len` has another meaning in this file")
    return proved("`deque` means nothing else in this file")
