"""Obligations about elements that are taken out of a list one by one."""

from __future__ import annotations

import ast
import io
import tokenize

from perfprof.rules import guards
from perfprof.rules.containers.removals import ALIKE, Removal, quiet
from perfprof.rules.obligations.proofs import guarded, obligation, proved, unproved
from perfprof.rules.rule import Case, Proof


@obligation
def condition_is_plain(case: Case) -> Proof:
    """The condition only reads plain data, and cannot fail half-way."""
    found: Removal = case.suspect.reading
    if not quiet(case):
        why = f"`{found.function.text(found.condition)}` may fail, do something, or change its answer meanwhile"
        return unproved(why, found.function.place(found.condition))
    if len(found.bases) > 1:
        return guarded("a test of the exact types of what the condition reads")
    return proved("it depends on the element alone")


@obligation
def equal_elements_alike(case: Case) -> Proof:
    """Elements that are equal are alike in all that the condition can ask."""
    found: Removal = case.suspect.reading
    seen = case.watched("base0")
    if seen is not None and seen.types and set(seen.types) != {"builtins.list"}:
        return unproved(f"`{found.name}` was a {guards.readable(seen.types)}", found.function.place(found.node))
    if seen is not None and seen.elements and (len(seen.elements) > 1 or not set(seen.elements) <= set(ALIKE)):
        why = (
            f"elements were {guards.readable(seen.elements)}: of equal ones the first is taken, whatever was asked"
        )
        return unproved(why, found.function.place(found.node))
    return guarded("a test that it is a list, and that all elements are of one exact type")


@obligation
def element_unread_after(case: Case) -> Proof:
    """Nobody reads the loop's variable afterwards."""
    found: Removal = case.suspect.reading
    function, names, last = found.function, found.function.names, found.node.end_lineno or 0
    if function.qualname == "<module>" or found.element in names.captured | names.elsewhere or names.dynamic:
        return unproved(f"`{found.element}` is seen from outside of the function", function.place(found.node))
    inside = range(found.node.lineno, last + 1)
    changed = [one.node for one in names.bindings[found.element] if one.value is None]  # `x += 1`, `del x`
    for use in (*names.loads.get(found.element, ()), *changed):
        if getattr(use, "lineno", 0) not in inside and not isinstance(function.parents.get(use), ast.For):
            return unproved(f"`{found.element}` is read outside of the loop", function.place(use))
    return proved(f"`{found.element}` is read in the loop only")


@obligation
def loop_has_lines(case: Case) -> Proof:
    """The loop stands on lines of its own, without comments that would be lost."""
    found: Removal = case.suspect.reading
    node, lines = found.node, found.function.module.raw_lines
    here = lines[node.lineno - 1 : node.end_lineno]
    above = lines[node.lineno - 2] if node.lineno > 1 else b""
    alone = not here[0][: node.col_offset].strip() and not above.endswith(b"\\")
    if not alone or here[-1][node.end_col_offset :].strip() or _commented(b"\n".join(here).decode()):
        return unproved("it shares its lines, or there is a comment in it", found.function.place(node))
    return proved("it stands on lines of its own")


def _commented(text: str) -> bool:
    """Whether there is a comment in lines of code."""
    lines = io.StringIO(f"if 1:\n{text}\n" if text[:1].isspace() else text + "\n")
    return any(one.type == tokenize.COMMENT for one in tokenize.generate_tokens(lines.readline))
