"""Columns of every type that pandas treats in its own way, and values that are the same only if their types are."""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Callable
from typing import Any

import pytest

pandas = pytest.importorskip("pandas")
numpy = pytest.importorskip("numpy")

LENGTH = 5


def gaps(one: Any, hole: Any) -> list[Any]:
    return [hole if number % 2 else one for number in range(LENGTH)]


DAYS = pandas.date_range("2026-01-01", periods=LENGTH)
COLUMNS: dict[str, Callable[[], Any]] = {
    "int64": lambda: numpy.arange(LENGTH),
    "int8": lambda: numpy.arange(LENGTH, dtype="int8"),
    "uint64": lambda: numpy.arange(LENGTH, dtype="uint64"),
    "float64": lambda: numpy.arange(LENGTH) * 1.5,
    "float32": lambda: numpy.arange(LENGTH, dtype="float32"),
    "complex": lambda: numpy.arange(LENGTH) * 1j,
    "nan": lambda: numpy.array(gaps(1.5, float("nan"))),
    "bool": lambda: numpy.arange(LENGTH) % 2 == 0,
    "text": lambda: [f"t{number}" for number in range(LENGTH)],
    "text-gaps": lambda: gaps("t", None),
    "object-gaps": lambda: pandas.array(gaps("t", None), dtype=object),
    "none": lambda: [None] * LENGTH,
    "mixed": lambda: pandas.Series([1, "a", None, 2.5, True], dtype=object),
    "numbers-and-gaps": lambda: pandas.Series(gaps(1, None), dtype=object),
    "times": lambda: DAYS,
    "zoned": lambda: DAYS.tz_localize("UTC"),
    "spans": lambda: pandas.to_timedelta(numpy.arange(LENGTH), unit="s"),
    "object-times": lambda: pandas.Series([*DAYS], dtype=object),
    "datetimes": lambda: pandas.Series([datetime.datetime(2026, 1, 1)] * LENGTH, dtype=object),
    "dates": lambda: [datetime.date(2026, 1, 1)] * LENGTH,
    "decimals": lambda: [decimal.Decimal("1.5")] * LENGTH,
    "lists": lambda: [[1]] * LENGTH,
    "Int64": lambda: pandas.array(gaps(1, None), dtype="Int64"),
    "boolean": lambda: pandas.array(gaps(True, None), dtype="boolean"),
    "category": lambda: pandas.Categorical(gaps("a", "b")),
    "periods": lambda: pandas.period_range("2026", periods=LENGTH, freq="D"),
}


def same(one: Any, other: Any) -> bool:
    if type(one) is not type(other):
        return False
    if isinstance(one, (tuple, list)):
        return len(one) == len(other) and all(map(same, one, other))
    return one is other or bool(one == other) or (one != one and other != other)
