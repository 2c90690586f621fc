"""Rows of plain data: a list of tuples, each of which has plain values of the same types at the same places."""

from __future__ import annotations

from collections.abc import Sequence

from perfprof.rules import guards
from perfprof.rules.reading.kinds import Kind, kind_of_types
from perfprof.rules.repeated.hoisted import type_tests
from perfprof.rules.repeated.invariants import observed_kind
from perfprof.rules.rule import Case
from perfprof.rules.searching.indexing import in_style
from perfprof.rules.searching.row_tests import quietly

HOLDERS = {"builtins.list": "list", "builtins.tuple": "tuple"}
MOST_SHAPES = 4  # that a guard should name


def kinds_and_rows(case: Case) -> tuple[Kind, ...] | None:
    """What each operand was in the recorded runs, rows by their parts; None if one was not plain."""
    kinds = [_kind(case, number) for number, _ in enumerate(case.suspect.reading.bases)]
    return None if None in kinds else tuple(kinds)  # type: ignore[arg-type]  # none of them is None


def _kind(case: Case, number: int) -> Kind | None:
    plain = observed_kind(case, number)
    shapes = _shapes(case, number) if plain is None else []
    if not shapes:
        return plain
    parts = [kind_of_types(f"builtins.{name}" for name in column) for column in zip(*shapes, strict=True)]
    seen = case.watched(f"base{number}")
    name = HOLDERS[next(iter(seen.types))] if seen is not None else "list"
    return None if None in parts else Kind(name, Kind("row", parts=tuple(parts)), True)  # type: ignore[arg-type]


def _shapes(case: Case, number: int) -> list[tuple[str, ...]]:
    """The types of the parts of each kind of row that was seen; none if there is anything else."""
    seen = case.watched(f"base{number}")
    rows = sorted(seen.elements) if seen is not None else []
    if seen is None or len(seen.types) != 1 or not set(seen.types) <= set(HOLDERS) or len(rows) > MOST_SHAPES:
        return []
    if not rows or not all(one.startswith(guards.TUPLE) for one in rows):
        return []
    shapes = [tuple(one[len(guards.TUPLE) : -1].removeprefix("builtins.").split(",builtins.")) for one in rows]
    plain = all(f"builtins.{name}" in guards.FLAT for shape in shapes for name in shape)
    return shapes if plain and len({len(shape) for shape in shapes}) == 1 else []


def kind_tests(case: Case, number: int, one: Kind, apart: Sequence[str] = ()) -> list[str]:
    """Tests that an operand is of the exact types that were seen, down to the parts of rows."""
    if one.item is None or one.item.name != "row":
        return type_tests(case, number, one, apart)
    function, base = case.suspect.reading.function, case.suspect.reading.bases[number]
    quiet, text = in_style(quietly(base), function), function.text(base)
    shapes = [", ".join(guards.FLAT[f"builtins.{name}"] for name in shape) for shape in _shapes(case, number)]
    commas = [f"({shape},)" if "," not in shape else f"({shape})" for shape in shapes]
    each = "row" if text != "row" else "each"
    return [
        guards.exactly(quiet, [one.name]),
        *(f"{text} is not {other}" for other in apart),
        f"set(map(type, {text})) <= {{tuple}}",
        f"{{tuple(map(type, {each})) for {each} in {text}}} <= {{{', '.join(commas)}}}",
    ]
