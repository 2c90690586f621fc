"""Small pictures of measurements as SVG; each says in words what it shows."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from statistics import median

from perfprof.optimizer.reports import figures
from perfprof.optimizer.reports.contract import Comparison, Document, Series
from perfprof.optimizer.reports.markup import Html, tag
from perfprof.optimizer.reports.rows import amounts, compared, direction

Range = tuple[float, float]
_Place = Callable[[float], float]


def svg(width: float, height: float, says: str, *content: Html, class_: str) -> Html:
    """A picture with a name for those who cannot see it."""
    box = f"0 0 {width:g} {height:g}"
    return tag("svg", *content, viewBox=box, width=width, height=height, role="img", aria_label=says, class_=class_)


def span(measured: Iterable[Comparison]) -> Range:
    """The range of ratios that one axis must show for all; always holds 1 and some room beside it."""
    ends = [1.0]
    for one in measured:
        ends += [end for end in (one["ratio"], *one["interval"]) if end is not None and end > 0]
    return min(ends) / 1.3, max(ends) * 1.3


def interval(measured: Comparison, axis: Range) -> Html:
    """The ratio with its interval on a logarithmic axis; the upright line is "as before"."""
    width, height = 120, 18
    low, high = math.log(axis[0]), math.log(axis[1])

    def x(ratio: float | None, otherwise: float) -> float:
        value = min(max(ratio, axis[0]), axis[1]) if ratio is not None and ratio > 0 else otherwise
        return round(4 + (width - 8) * (math.log(value) - low) / (high - low), 1)

    left, right = x(measured["interval"][0], axis[0]), x(measured["interval"][1], axis[1])
    middle, even = x(measured["ratio"], axis[1]), x(1, 1)
    return svg(
        width,
        height,
        f"ratio and interval on a logarithmic axis: {compared(measured)}",
        tag("path", d=f"M{even:g} 1v16", class_="even"),
        tag("path", d=f"M{left:g} 9H{right:g}M{left:g} 5v8M{right:g} 5v8", class_="whisker"),
        tag("circle", cx=middle, cy=9, r=4, class_="dot"),
        class_="interval " + direction(measured),
    )


def dots(measured: Comparison) -> Html:
    """Each measurement before and after as a dot on a common axis that begins at zero, the middles as lines."""
    width, left, right = 620, 62, 156
    samples = measured["samples"]
    most = max([*samples["before"], *samples["after"]], default=0) or 1.0

    def x(value: float) -> float:
        return round(left + (width - left - right) * value / most, 1)

    rows = [
        *_series("before", samples["before"], 24, measured["metric"], x),
        *_series("after", samples["after"], 62, measured["metric"], x),
    ]
    says = (
        f"before and after, {len(samples['before'])} and {len(samples['after'])} measurements: {amounts(measured)}"
    )
    axis = tag("path", d=f"M{left} 84H{width - right + 8}M{left} 6V84", class_="axis")
    zero = tag("text", "0", x=left, y=99, text_anchor="middle")
    end = tag("text", figures.amount(measured["metric"], [most]), x=x(most), y=99, text_anchor="middle")
    return svg(width, 104, says, axis, zero, end, *rows, class_="dots " + direction(measured))


def timeline(series: Series) -> Html:
    """A figure over time as a line above zero; its name and largest value stand above it."""
    width, height, top = 300, 86, 24
    points = series["points"]
    begin, end = points[0][0], points[-1][0]
    most = max(value for _, value in points) or 1.0

    def place(at: float, value: float) -> str:
        x = 4 + (width - 8) * (at - begin) / ((end - begin) or 1.0)
        return f"{x:.1f} {height - 18 - (height - 18 - top) * value / most:.1f}"

    line = "L".join(place(at, value) for at, value in points)
    says = f"{series['name']} over {end - begin:.0f} seconds, at most {series['most']}"
    return svg(
        width,
        height,
        says,
        tag("text", f"{series['name']}, at most {series['most']}", x=4, y=14),
        tag("path", d=f"M4 {height - 18}H{width - 4}", class_="axis"),
        tag("path", d=f"M{line}", class_="line"),
        tag("text", "0 s", x=4, y=height - 4),
        tag("text", f"{end - begin:.0f} s", x=width - 4, y=height - 4, text_anchor="end"),
        class_="timeline",
    )


def _series(name: str, values: Sequence[float], y: float, metric: str, x: _Place) -> list[Html]:
    if not values:
        return []
    middle = x(median(values))
    spread = "".join(f"M{x(value):g} {y + _lift(index):g}h0" for index, value in enumerate(values[:80]))
    return [
        tag("text", name, x=54, y=y + 4, text_anchor="end"),
        tag("path", d=spread, class_=name),
        tag("path", d=f"M{middle:g} {y - 13:g}v26", class_=f"{name} middle"),
        tag("text", figures.amount(metric, list(values)), x=max(map(x, values)) + 12, y=y + 4, class_="value"),
    ]


def _lift(index: int) -> float:
    """Dots one above the other where they would hide one another."""
    return (0, -6, 6, -3, 3)[index % 5]


def budget(report: Document, width: int = 1000) -> Html:
    """Where the cost went: a part of one bar for each finding, widest first, and the rest."""
    height, parts, x = 34, [], 0.0
    shares = sorted(_shares(report).items(), key=lambda item: -item[1])
    for number, share in shares:
        if x + share * width > width + 0.5 or share * width < 2:
            break
        parts.append(
            tag("rect", x=round(x, 1), y=0, width=round(share * width - 1.5, 1), height=height, class_="part")
        )
        if share * width > 24:
            label = f"{number} · {figures.share(share)}" if share * width > 70 else f"{number}"
            parts.append(tag("text", label, x=round(x + 7, 1), y=22))
        x += share * width
    parts.append(tag("rect", x=round(x, 1), y=0, width=round(max(0.0, width - x), 1), height=height, class_="rest"))
    if width - x > 70:
        parts.append(tag("text", f"rest · {figures.share((width - x) / width)}", x=round(x + 8, 1), y=22))
    says = "share of the cost: " + ", ".join(f"finding {number} {figures.share(share)}" for number, share in shares)
    return svg(width, height, says, *parts, class_="budget")


def _shares(report: Document) -> dict[int, float]:
    """Finding's number -> share; a function with several findings counts once, for the first."""
    seen: set[tuple[str, str]] = set()
    shares: dict[int, float] = {}
    for number, finding in enumerate(report["findings"], 1):
        place = (finding["path"], finding["function"])
        if finding["share"] and place not in seen:
            shares[number] = finding["share"]
            seen.add(place)
    return shares
