"""The run as an icicle: callers above callees, as wide as the time spent; findings outlined."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from perfprof.optimizer.reports import figures
from perfprof.optimizer.reports.contract import Document, Flame, Frame
from perfprof.optimizer.reports.markup import Html, tag
from perfprof.optimizer.reports.plots import svg

WIDTH = 1200
ROW = 18
LETTER = 6.1  # width of a letter of the label, in the units of the picture
DRAWN = 2.0  # narrower frames are only in the table


def icicle(flame: Flame, marked: Mapping[tuple[str, str], int]) -> Html:
    """The picture; ``marked``: path and function of a finding -> its number."""
    frames, left = flame["frames"], _lefts(flame)
    depth = _depths(frames)
    boxes = [
        _box(frame, left[index], depth[index], flame["total"], marked)
        for index, frame in enumerate(frames)
        if frame["value"] / flame["total"] * WIDTH >= DRAWN
    ]
    deepest = max(
        (depth[index] for index, frame in enumerate(frames) if frame["value"] / flame["total"] * WIDTH >= DRAWN),
        default=0,
    )
    says = f"icicle of {flame['total']} samples in {len(frames)} frames; the table below says the same"
    return svg(WIDTH, (deepest + 1) * ROW, says, *boxes, class_="icicle")


def marked(report: Document) -> dict[tuple[str, str], int]:
    """Path and plain function name of each finding -> its number, the first one for a function."""
    places: dict[tuple[str, str], int] = {}
    for number, finding in enumerate(report["findings"], 1):
        places.setdefault((finding["path"], _plain(finding["function"])), number)
    return places


def functions(flame: Flame, most: int = 15) -> list[tuple[str, str, float, float]]:
    """The heaviest functions: name, place, share in itself, share with all it calls (recursion counted once)."""
    frames, own, whole = (
        flame["frames"],
        defaultdict[tuple[str, str], int](int),
        defaultdict[tuple[str, str], int](int),
    )
    below = _below(frames)
    for index, frame in enumerate(frames):
        key = (frame["function"], frame["path"])
        own[key] += frame["value"] - below[index]
        if not _inside_itself(index, frames):
            whole[key] += frame["value"]
    total = flame["total"] or 1
    heaviest = sorted(own, key=lambda key: -own[key])[:most]
    return [(name, path, own[name, path] / total, whole[name, path] / total) for name, path in heaviest]


def _box(frame: Frame, x: float, depth: int, total: int, marks: Mapping[tuple[str, str], int]) -> Html:
    y, width = depth * ROW, frame["value"] / total * WIDTH
    number = marks.get((frame["path"], _plain(frame["function"])))
    place = f" {frame['path']}" if frame["path"] else ""
    title = tag("title", f"{frame['function']}{place} {figures.share(frame['value'] / total)}")
    kind = "found" if number else "own" if frame["path"] else "library"
    shape = tag("path", title, d=f"M{x:.1f} {y:g}h{max(width - 1, 1):.1f}v{ROW - 1}H{x:.1f}z", class_=kind)
    label = f"{number} · {frame['function']}" if number else frame["function"]
    room = int((width - 8) / LETTER)
    if room < 4:
        return shape
    short = label if len(label) <= room else label[: room - 1] + "…"
    return Html(shape + tag("text", short, x=round(x + 4, 1), y=y + 12.5))


def _lefts(flame: Flame) -> list[float]:
    """Where each frame begins: its parent's left, then one beside the other in their order."""
    free: dict[int, float] = defaultdict(float)
    lefts: list[float] = []
    for index, frame in enumerate(flame["frames"]):
        left = free[frame["parent"]]
        lefts.append(left)
        free[frame["parent"]] = left + frame["value"] / flame["total"] * WIDTH
        free[index] = left
    return lefts


def _depths(frames: list[Frame]) -> list[int]:
    depths: list[int] = []
    for frame in frames:
        depths.append(0 if frame["parent"] < 0 else depths[frame["parent"]] + 1)
    return depths


def _below(frames: list[Frame]) -> list[int]:
    below = [0] * len(frames)
    for frame in frames:
        if frame["parent"] >= 0:
            below[frame["parent"]] += frame["value"]
    return below


def _inside_itself(index: int, frames: list[Frame]) -> bool:
    """Whether the same function is already further up."""
    key, parent = (frames[index]["function"], frames[index]["path"]), frames[index]["parent"]
    while parent >= 0:
        if (frames[parent]["function"], frames[parent]["path"]) == key:
            return True
        parent = frames[parent]["parent"]
    return False


def _plain(function: str) -> str:
    """The last part of a qualified name: a sampler may know no more."""
    return function.rpartition(".")[2]
