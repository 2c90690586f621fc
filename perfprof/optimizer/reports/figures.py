"""Numbers as people read them: few digits, a unit that fits, the sign in words."""

from __future__ import annotations

from statistics import median

SPEEDS = {"cpu": "CPU", "wall": "wall"}


def share(value: float | None) -> str:
    """``38 %``; nothing if it was not recorded."""
    if value is None:
        return ""
    return "<1 %" if 0 < value < 0.01 else f"{value * 100:.0f} %"


def count(value: float) -> str:
    """``9,200``, ``1.2 M``."""
    if abs(value) >= 1_000_000:
        return f"{value / 1_000_000:,.1f} M"
    return f"{value:,.0f}" if float(value).is_integer() or abs(value) >= 100 else _three(value)


def counted(number: int, one: str, many: str = "") -> str:
    """``1 process``, ``3 processes``, ``2,400 loads``. many: the plural, if it is not formed by an s."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def seconds(value: float) -> str:
    """``12.1 s``, ``412 ms``, ``9.8 ms``, ``35 us``."""
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if abs(value) >= scale or unit == "us":
            return f"{_three(value / scale)} {unit}"
    raise AssertionError("the smallest unit takes everything")


def size(value: float) -> str:
    """Bytes as ``14 MB``."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if abs(value) >= scale:
            return f"{_three(value / scale)} {unit}"
    return f"{value:.0f} B"


def ratio(value: float) -> str:
    """``212x``, ``6.4x``, ``1.01x``."""
    return f"{value:,.{_decimals(value)}f}x"


def interval(value: float, low: float | None, high: float | None) -> str:
    """``(6.1 - 6.7)`` with as many digits as the ratio; an open end is ``more``."""
    digits = _decimals(value)
    ends = ["less" if low is None else f"{low:,.{digits}f}", "more" if high is None else f"{high:,.{digits}f}"]
    return f"({ends[0]} - {ends[1]})"


def amount(metric: str, values: list[float]) -> str:
    """The middle of some measurements with its unit: ``9.8 ms``, ``2,001 queries``."""
    middle = median(values) if values else 0.0
    if metric in SPEEDS:
        return seconds(middle)
    return size(middle) if metric in ("memory", "bytes") else f"{count(middle)} {metric}"


def _decimals(value: float) -> int:
    return 2 if abs(value) < 2 else 1 if abs(value) < 10 else 0


def _three(value: float) -> str:
    """Three significant digits at most, and no needless ones."""
    return (
        f"{value:,.0f}"
        if abs(value) >= 100
        else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}".rstrip("0").rstrip(".")
    )
