"""Read the calls that the probed run kept for replay.

A pickle names classes and functions by module, so it is read where the project's folders are on ``sys.path``. What
the main script defined is named ``__main__``: the reader imports ``main``, the file of that script, and puts its
names in the place of ``__main__``'s. Pickles may need ``cloudpickle`` on ``sys.path`` and must never be read in
perfprof's own process: reading runs the project's code.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from perfprof.profilers.observations import Capture

_REASONS = "reasons.json"
_COUNTS = "counts.json"
_KEPT = 24  # calls of one function, all processes together


@dataclass(frozen=True, slots=True)
class CapturedCall:
    """One real call.

    function: ``path::qualname``, the path absolute. blob: pickle of ``(args, kwargs)`` before the call. outcome:
    pickle of ``("returned", value, args, kwargs)`` or ``("raised", error, args, kwargs)``, the arguments as they were
    after. seconds and cpu_seconds: of this call, everything it called included. stratum: types and size classes of
    the arguments and the kind of outcome. size: the arguments' lengths and magnitudes added up. raised: the type of
    the exception, empty if there was none. main: the file of the main script, empty if there was none. weight: how
    many calls of the run it stands for, those with arguments of the same types and size classes shared out.
    """

    function: str
    blob: bytes
    outcome: bytes
    seconds: float
    stratum: str
    cpu_seconds: float = 0.0
    size: int = 0
    raised: str = ""
    main: str = ""
    weight: int = 1


def key_of(capture: Capture) -> str:
    """``path::qualname``, the name of a captured function everywhere here."""
    return f"{Path(capture.path).resolve()}::{capture.function}"


def read_calls(folder: Path) -> tuple[CapturedCall, ...]:
    """The kept calls, function by function, at most 24 of each, every stratum among them; half-written ones not."""
    calls = [call for path in sorted(folder.glob("*.call")) if (call := _read(path)) is not None]
    by_function: dict[str, list[CapturedCall]] = {}
    for call in calls:
        by_function.setdefault(call.function, []).append(call)
    counts: dict[str, dict[str, int]] = _json(folder / _COUNTS)
    chosen = (_choose(by_function[function]) for function in sorted(by_function))
    return tuple(call for alike in chosen for call in _weighed(alike, counts))


def uncaptured(folder: Path) -> Mapping[str, str]:
    """Functions of which no call could be kept, by ``path::qualname``, and why."""
    reasons: dict[str, str] = _json(folder / _REASONS)
    return reasons


def write_summary(folder: Path, captures: Sequence[Capture], lines: Iterable[Sequence[Any]]) -> None:
    """Note how often what was called, and why there are no calls of some functions, from the journals' lines.

    lines: ``["capture", key, calls, kept, {reason: times}, {shape: calls}]`` or ``["missed", key, reason]``.
    """
    told = {key_of(capture): _Told() for capture in captures}
    for kind, key, *rest in lines:
        if kind == "missed" and key in told:
            told[key].otherwise = rest[0]
        elif kind == "capture":
            told[key].add(*rest)
    reasons = {key: one.reason() for key, one in told.items() if not one.kept}
    for name, content in ((_REASONS, reasons), (_COUNTS, {key: one.shapes for key, one in told.items()})):
        (folder / name).touch(mode=0o600)
        (folder / name).write_text(json.dumps(content), "utf-8")


@dataclass(slots=True)
class _Told:
    """What all processes said of one function."""

    calls: int = 0
    kept: int = 0
    why: Counter[str] = field(default_factory=Counter)
    shapes: Counter[str] = field(default_factory=Counter)
    otherwise: str = "its module was not imported in this run"

    def add(self, calls: int, kept: int, why: Mapping[str, int], shapes: Mapping[str, int]) -> None:
        self.calls += calls
        self.kept += kept
        self.why.update(why)
        self.shapes.update(shapes)
        self.otherwise = "its calls were all inside one another" if self.calls else "it was not called in this run"

    def reason(self) -> str:
        """Why no call was kept."""
        return self.why.most_common(1)[0][0] if self.why else self.otherwise


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}


def _read(path: Path) -> CapturedCall | None:
    line, _, data = path.read_bytes().partition(b"\n")
    try:
        header = json.loads(line)
        split = header["before"]
        if len(data) != split + header["after"]:
            return None
        return CapturedCall(
            function=header["function"],
            blob=data[:split],
            outcome=data[split:],
            seconds=header["seconds"],
            stratum=header["stratum"],
            cpu_seconds=header["cpu"],
            size=header["size"],
            raised=header["raised"],
            main=header["main"],
        )
    except (ValueError, KeyError, TypeError):
        return None


def _choose(calls: list[CapturedCall]) -> list[CapturedCall]:
    """Bound the calls of one function: turn by turn one of each stratum, its largest first."""
    strata: dict[str, list[CapturedCall]] = {}
    for call in sorted(calls, key=lambda call: -call.size):
        strata.setdefault(call.stratum, []).append(call)
    chosen: list[CapturedCall] = []
    while strata and len(chosen) < _KEPT:
        for stratum in list(strata):
            chosen.append(strata[stratum].pop(0))
            if not strata[stratum]:
                del strata[stratum]
    return chosen[:_KEPT]


def _weighed(calls: list[CapturedCall], counts: Mapping[str, Mapping[str, int]]) -> list[CapturedCall]:
    """The calls of one function, each with its share of the calls like it."""
    kept = Counter(_shape(call) for call in calls)
    known = counts.get(calls[0].function, {})
    return [replace(call, weight=max(known.get(_shape(call), 1) // kept[_shape(call)], 1)) for call in calls]


def _shape(call: CapturedCall) -> str:
    """Types and size classes of the arguments: the stratum without the outcome."""
    return call.stratum.rpartition(" -> ")[0]
