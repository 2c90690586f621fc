"""The arrays of a data frame's columns, asked in place of the frame, cell by cell."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from perfprof.profilers.observations import Watch
from perfprof.rules.findings import finding
from perfprof.rules.frames.cells import Cells, Read, labels_of
from perfprof.rules.frames.rows import FASTER, FRAMES, LEAST_ROWS, NUMPY, PLAIN
from perfprof.rules.hoisting import watch
from perfprof.rules.reading.names import fresh
from perfprof.rules.rule import Case, Evidence, Rewrite, Suspect
from perfprof.rules.searching.indexing import at, in_style

# Columns of which NumPy's array holds what pandas gives; those of times, categories and pandas' own types do not.
KINDS = ("bool", "float64", "int64", "object", "str")


def suspect(rule: str, found: Cells) -> Suspect:
    """The finding, and what a run must tell about it: the frame, and the type of each value that is read."""
    text = found.function.text(found.frame)
    node = found.hoist.holder or found.hoist.node
    what = finding(rule, found.function, node, text, f"reads cells of `{text}` one by one")
    return Suspect(what, found, tuple(_watches(found, what.id)), found.function)


def _watches(found: Cells, prefix: str) -> Iterator[Watch]:
    function = found.function
    yield watch(f"{prefix}:base0", found.cells[0].frame, function, "types")
    if isinstance(found.frame, ast.Attribute):
        yield watch(f"{prefix}:held0", found.cells[0].frame.value, function, "types", found.frame.attr)  # type: ignore[attr-defined]
    if isinstance(found.hoist.node, ast.For):
        yield watch(f"{prefix}:entry", found.hoist.node, function, "entry")
        yield watch(f"{prefix}:turn", found.hoist.node.body[0], function, "entry")
    for number, read in enumerate(found.reads):
        yield watch(f"{prefix}:value{number}", read, function, "types")


def worth_arrays(case: Case) -> Evidence:
    """At least 16 cells an entry, of a data frame."""
    found: Cells = case.suspect.reading
    frame = case.watched("base0")
    if frame is None or not frame.count:
        return Evidence(False, "the loop did not run")
    if not set(frame.types) <= FRAMES:
        return Evidence(False, "")
    entry, turn = case.watched("entry"), case.watched("turn")
    turns = turn.count if turn is not None else frame.count
    rows = turns / max(entry.count if entry is not None else 1, 1)
    numbers = {"rows": round(rows, 1), "cells": len(found.cells)}
    reason = f"{rows:,.0f} rows an entry"
    if rows < LEAST_ROWS:
        return Evidence(False, f"too small: {reason} (pays from {LEAST_ROWS})", numbers)
    return Evidence(True, reason, numbers, FASTER)


def plain_cells(case: Case) -> tuple[Read, ...]:
    """The cells of columns that had nothing but plain values in all their reads of the recorded runs."""
    found: Cells = case.suspect.reading
    kinds: dict[str, set[str]] = {}
    for number, one in enumerate(found.cells):
        seen = case.watched(f"value{number}")
        kinds.setdefault(one.column, set()).update(seen.types if seen is not None else ())
    plain = {
        name for name, types in kinds.items() if types and types <= PLAIN | NUMPY | {"numpy.bool", "numpy.bool_"}
    }
    return tuple(
        one for one in found.cells if one.column in plain and (one.by != "label" or found.within(one.offset))
    )


def arrays(case: Case) -> Rewrite:
    """The columns' arrays in a dict; each read asks it first."""
    found: Cells = case.suspect.reading
    function, read = found.function, plain_cells(case)
    taken = function.visible | case.taken
    names, held = fresh("names", taken), fresh("cells", taken)
    frame = function.text(found.frame)
    columns = ", ".join(repr(one) for one in dict.fromkeys(one.column for one in read))
    columns += "," if "," not in columns else ""
    before = [
        "# Read as before, unless arrays hold the very values of these columns.",
        f"{held}, {names} = {{}}, ({columns})",
        f"if set({names}) <= set(getattr({frame}, 'columns', ())) and {' and '.join(_tests(found, read, frame, names))}:",
        f"    {held} = {{name: {frame}[name].to_numpy() for name in {names}}}",
    ]
    edits = [at("before", found.hoist.statement, in_style("\n".join(before), function))]
    for one in read:
        column, place = in_style(repr(one.column), function), function.text(one.place)
        cell, known = f"{held}[{column}]", held
        if one.by != "label" and not found.counts(one.offset):  # whose IndexError has another text
            known += f" and -len({cell}) <= {place} < len({cell})"
        edits.append(at("replace", one.node, f"{cell}[{place}] if {known} else {function.text(one.node)}"))
    return Rewrite(
        edits=tuple(edits),
        why=f"the arrays of these columns of {frame} hold what pandas gives cell by cell",
        memory="none: the arrays are the frame's own",
    )


def _tests(found: Cells, read: tuple[Read, ...], frame: str, names: str) -> Iterator[str]:
    """What must hold of the frame for its arrays to answer alike."""
    yield f"{frame}.columns.is_unique"
    yield f"{{str({frame}[name].dtype) for name in {names}}} <= {{{', '.join(map(repr, KINDS))}}}"
    if any(
        one.by == "row" for one in read
    ):  # a row of one type has its own values; numbers of two are made one type
        yield f"len({frame})"
        yield f"(len(set(map(str, {frame}.dtypes))) == 1 or str({frame}.iloc[0].dtype) == 'object')"
    if found.writes or any(one.by == "label" for one in read) or labels_of(found.hoist.iterable) is not None:
        yield f"str({frame}.index.dtype) == 'int64'"
        yield f"list({frame}.index) == list(range(len({frame})))"
