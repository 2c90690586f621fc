"""Bounds of a column that follow from a comparison of a function of it, in PostgreSQL's words.

Exact bounds say what the comparison says and take its place. Others only follow from it: they are added, a day or two wider
than they need be, since a session's time zone may let a day begin twice, or leave one out; the comparison stays.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass

TURNED = {"EQ": "EQ", "GT": "LT", "LT": "GT", "GTE": "LTE", "LTE": "GTE"}
_LOW, _HIGH = ("EQ", "GT", "GTE", "BETWEEN"), ("EQ", "LT", "LTE", "BETWEEN")
# Units that `date_trunc` cuts to, and more than the longest of them with a day of doubt.
UNITS = dict.fromkeys(("second", "minute", "hour", "day"), "2 days")
UNITS |= {"week": "8 days", "month": "1 month 1 day", "quarter": "3 months 1 day", "year": "1 year 1 day"}
YEARS = range(2, 9998)


@dataclass(frozen=True, slots=True)
class Bounds:
    """low, high: texts that the column is ``>=``, ``<``; "" for none. exact: they take the comparison's place."""

    low: str
    high: str
    exact: bool

    def worded(self, column: str, comparison: str) -> str:
        """The condition, its parts joined by AND."""
        parts = [] if self.exact else [comparison]
        parts += [f"{column} >= {self.low}"] if self.low else []
        parts += [f"{column} < {self.high}"] if self.high else []
        return " AND ".join(parts)


def of_days(compare: str, low: str, high: str, pad: int) -> Bounds:
    """``column::date`` compared with the days ``low`` (and ``high``, of BETWEEN). pad: days of doubt, 0 if it is exact."""
    lower = f"{low} - {pad}" if pad else f"{low} + 1" if compare == "GT" else low
    upper = high if compare == "LT" and not pad else f"{high} + {1 + pad}"
    return Bounds(lower if compare in _LOW else "", upper if compare in _HIGH else "", not pad)


def of_cut(compare: str, value: str, unit: str, kind: str) -> Bounds:
    """``date_trunc(unit, column)`` compared with ``value``; kind: the column's type."""
    moment = f"CAST({value} AS {kind.replace(' without time zone', '').replace('timestamp with time zone', 'timestamptz')})"
    low, high = f"{moment} - interval '1 day'", f"{moment} + interval '{UNITS[unit]}'"
    return Bounds(low if compare in _LOW else "", high if compare in _HIGH else "", exact=False)


def of_cut_at(value: datetime.date, unit: str) -> Bounds | None:
    """``date_trunc(unit, column) = value`` without time zones; None if nothing begins there."""
    first = {"day": value, "month": value.replace(day=1), "year": value.replace(month=1, day=1)}.get(unit)
    if first != value or value.year not in YEARS:
        return None
    ends = {"day": value + datetime.timedelta(1), "year": value.replace(year=value.year + 1)}
    month = (value + datetime.timedelta(31)).replace(day=1)
    return Bounds(f"'{value}'", f"'{ends.get(unit, month)}'", exact=True)


def of_year(compare: str, year: int, *, zoned: bool) -> Bounds:
    """``extract(year from column)`` compared with a year."""
    first, last = (year + 1 if compare == "GT" else year), (year if compare == "LT" else year + 1)
    if zoned:
        low, high = f"'{year - 1:04d}-12-31'", f"'{year + 1:04d}-01-02'"
    else:
        low, high = f"'{first:04d}-01-01'", f"'{last:04d}-01-01'"
    return Bounds(low if compare in _LOW else "", high if compare in _HIGH else "", not zoned)


def holds(one: int, compare: str, other: int) -> bool:
    """The comparison of two whole numbers."""
    order = (one > other) - (one < other)
    return order in {"EQ": (0,), "GT": (1,), "LT": (-1,), "GTE": (0, 1), "LTE": (0, -1), "NEQ": (1, -1)}[compare]
