"""Obligations about regular expressions that are compiled before a loop."""

from __future__ import annotations

import ast
import re
import warnings
from typing import TYPE_CHECKING, cast

from perfprof.rules.obligations.proofs import obligation, proved, unproved
from perfprof.rules.reading.callees import standard
from perfprof.rules.reading.syntax import walk
from perfprof.rules.repeated.patterns import text_of_pattern, value_of_flags
from perfprof.rules.rule import Case, Proof

if TYPE_CHECKING:
    from perfprof.rules.repeated.patterns import Matching


@obligation
def pattern_is_constant(case: Case) -> Proof:
    """Every turn means the same pattern."""
    found: Matching = case.suspect.reading
    where = found.function.place(found.pattern)
    if text_of_pattern(found) is None:
        return unproved(f"`{found.function.text(found.pattern)}` is not a constant", where)
    if value_of_flags(found.flags, found.module.id) is None:
        return unproved("its flags are not constants, or act each time", where)
    return proved("pattern and flags are constants", where)


@obligation
def pattern_compiles(case: Case) -> Proof:
    """Compiling it earlier raises nothing."""
    found: Matching = case.suspect.reading
    where = found.function.place(found.pattern)
    text, flags = text_of_pattern(found), value_of_flags(found.flags, found.module.id)
    if text is None or flags is None:
        return proved("nothing is compiled that is not a constant")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            re.compile(text, flags)
    except (re.error, Warning, ValueError, RecursionError, OverflowError) as error:
        return unproved(f"compiling it fails or warns: {error}", where)
    newer = text if isinstance(text, str) else text.decode("latin-1")
    if any(sign in newer for sign in SINCE_3_11):
        return unproved("not every Python that may run it knows the pattern's syntax", where)
    return proved("the pattern is valid", where)


SINCE_3_11 = ("*+", "++", "?+", "}+", "(?>")


@obligation
def re_is_the_module(case: Case) -> Proof:
    """`re` is the standard library's."""
    found: Matching = case.suspect.reading
    where = found.function.place(found.call)
    if standard(found.call.func, found.function) != f"re.{found.method}":
        return unproved(f"`{found.module.id}` is something else here", where)
    module = found.function.module
    shadow = module.path.with_name("re.py")
    if found.module.id in module.rebound or shadow.is_file():
        return unproved(f"`{found.module.id}` has a second meaning here", where)
    stored = _stored(found)
    if stored is not None:
        return unproved(f"`{found.module.id}.{found.method}` is stored to", found.function.place(stored))
    return proved("it is imported from the standard library", where)


def _stored(found: Matching) -> ast.AST | None:
    """A store to the function of the module itself (``re.search = …``) anywhere in the file."""
    whole = found.function.module.functions[0].memo
    if "stored attributes" not in whole:
        nodes = (node for node in walk(found.function.module.tree) if isinstance(node, ast.Attribute))
        whole["stored attributes"] = {ast.unparse(one): one for one in nodes if not isinstance(one.ctx, ast.Load)}
    return cast("dict[str, ast.AST]", whole["stored attributes"]).get(f"{found.module.id}.{found.method}")
