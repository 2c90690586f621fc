"""What pandas' data frames, series and indexes hold: labels, types and values, however they keep them.

Equal frames may lie in other blocks and have other caches. Told by the names of the classes, so nothing is imported; of
pandas' own classes alone, for a subclass may answer anything when it is asked.
"""

from __future__ import annotations

from typing import Any

_INDEXES = frozenset(
    "Index RangeIndex MultiIndex DatetimeIndex TimedeltaIndex PeriodIndex CategoricalIndex IntervalIndex".split()
)
Parts = list[tuple[str, Any]]


def content(value: Any) -> Parts | None:
    """Named parts to compare; None for what is none of these, and for a pandas that keeps them otherwise."""
    kind: Any = type(value)
    if kind.__module__.partition(".")[0] != "pandas":
        return None
    try:
        if kind.__name__ == "DataFrame":
            columns = [_values(one) for one in value._iter_column_arrays()]
            return [("columns", _labels(value.columns)), ("values", columns), *_rows(value)]
        if kind.__name__ == "Series":
            return [("name", value.name), ("values", _values(value._values)), *_rows(value)]
        return [("labels", _labels(value))] if kind.__name__ in _INDEXES else None
    except AttributeError:
        return None


def _rows(value: Any) -> Parts:
    unique = not value.flags.allows_duplicate_labels
    return [("index", _labels(value.index)), ("attrs", value.attrs), ("unique", unique)]


def _labels(index: Any) -> tuple[Any, ...]:
    """A tuple: nobody can change an index, so who else holds it does not matter."""
    kind = type(index).__name__
    named = kind, tuple(index.names), str(getattr(index, "freq", None))
    if kind == "RangeIndex":  # its values are not made before somebody asks
        return *named, index.start, index.stop, index.step
    return *named, tuple(index) if kind == "MultiIndex" else _values(index._values)


def _values(array: Any) -> Any:
    """An array of NumPy; of one of pandas' own its type and what tells its values apart. None is the object kept."""
    if type(array).__module__.partition(".")[0] == "numpy":
        return array.view()
    if type(array).__name__ == "Categorical":
        return "category", array.ordered, _labels(array.categories), array.codes.view()
    return str(array.dtype), array.asi8.view() if hasattr(array, "asi8") else tuple(array)
