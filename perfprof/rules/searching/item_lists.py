"""Lists that are items: ``if word not in words_of[page]: words_of[page].append(word)``.

Each turn may ask another list, so one set before the loop would not do: where the lists are kept, sets have to be. That
is for whoever knows all of the places that change them, so such a test is brought up and never rewritten.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from perfprof.rules.reading.expressions import path_of
from perfprof.rules.reading.repeats import all_scans
from perfprof.rules.reading.stability import Stability
from perfprof.rules.searching.membership import Membership

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program


def item_lists(function: Function, program: Program) -> Iterator[Membership]:
    """Tests of items that a loop repeats; only a run tells that they are lists, and long."""
    for scan in all_scans(function) if not program.alone else ():
        subject = scan.subject
        if scan.kind != "membership" or not scan.around or not isinstance(subject, ast.Subscript):
            continue
        fixed = isinstance(subject.slice, (ast.Constant, ast.Slice))
        if not fixed and path_of(subject.value) is not None and isinstance(scan.node, ast.Compare):
            why = f"nothing shows that `{function.text(subject)}` is the same list in each turn"
            moves = Stability(f"{why}: sets would have to be kept where the lists are", function.place(subject))
            yield Membership(function, scan, scan.around[0], (subject,), (moves,))
