"""What explains the peaks of CPU, the growth of memory and the waiting: code paths, statements, routes and endpoints.

Everything is laid on one line of time, second by second. A correlation is no cause; the table says what it rests on, and
`untold` what the recording cannot tell.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from statistics import StatisticsError, correlation
from typing import Literal

from perfprof.profilers.hot import program_files
from perfprof.profilers.parts import metrics, network, requests, timeline
from perfprof.profilers.recording import Frame, Recording

Kind = Literal["function", "statement", "route", "endpoint"]
Effect = Literal["CPU peaks", "memory growth", "waiting"]

FEWEST = 8  # seconds from which a correlation is worth a word
_UNEVEN = 1.5  # times the least: a run whose seconds differ by less has no peaks
_STRONG = 0.5  # Spearman's coefficient from which it is told
_ALWAYS = 0.9  # share of all samples from which a function is where everything begins
_SEVERAL = 3  # seconds in which a cause was seen: what was there once went together with whatever else was
_MORE = 1.25  # times the share elsewhere: what takes as much all the time explains no peak
_CANDIDATES = 40  # of a kind, the dearest ones

Series = dict[int, float]


@dataclass(frozen=True, slots=True)
class Cause:
    """What may explain an effect.

    share: of the effect's seconds that this took, in the seconds where the effect is large; -1 where the two have no unit
    in common. elsewhere: the same in the other seconds. strength: Spearman's rank correlation over all seconds.
    """

    effect: Effect
    kind: Kind
    name: str
    share: float
    elsewhere: float
    strength: float


@dataclass(frozen=True, slots=True)
class Explained:
    """seconds: of the line of time. causes: the strongest first. untold: sentences."""

    seconds: int
    causes: tuple[Cause, ...]
    untold: tuple[str, ...]


def explain(recording: Recording) -> Explained:
    """The causes that stand out."""
    candidates = {kind: _dearest(source(recording)) for kind, source in SOURCES.items()}
    effects = _effects(recording)
    line = sorted(set().union(*effects.values()))
    causes = [
        cause
        for effect, series in effects.items()
        for kind, named in candidates.items()
        for cause in _causes(effect, series, kind, named, line)
    ]
    enough = len(line) >= FEWEST
    causes.sort(key=lambda cause: (-cause.strength, -cause.share, cause.name))
    return Explained(len(line), tuple(causes) if enough else (), tuple(_untold(recording, effects, line)))


def _causes(
    effect: Effect, series: Series, kind: Kind, named: Mapping[str, Series], line: list[int]
) -> Iterator[Cause]:
    values = [series.get(at, 0.0) for at in line]
    high = _peaks(series, line)
    if not high:
        return
    for name, other in _several(named).items():
        strength = _spearman(values, [other.get(at, 0.0) for at in line])
        inside, outside = _part(other, series, high), _part(other, series, set(line) - high)
        shared = -1 if effect == "memory growth" else inside  # bytes and seconds have no unit in common
        if strength >= _STRONG and (shared < 0 or inside > max(_MORE * outside, 0.05)):
            yield Cause(effect, kind, name, shared, outside, strength)


def _several(named: Mapping[str, Series]) -> dict[str, Series]:
    """Those that were seen more than once or twice."""
    return {name: series for name, series in named.items() if sum(map(bool, series.values())) >= _SEVERAL}


def _part(one: Series, whole: Series, seconds: set[int]) -> float:
    total = sum(whole.get(at, 0.0) for at in seconds)
    return min(sum(one.get(at, 0.0) for at in seconds) / total, 1.0) if total else 0.0


def _peaks(series: Series, line: list[int]) -> set[int]:
    """Seconds in the upper half of what was seen."""
    values = [series.get(at, 0.0) for at in line]
    low, high = min(values, default=0.0), max(values, default=0.0)
    return {at for at in line if series.get(at, 0.0) > (low + high) / 2} if high > _UNEVEN * low else set()


def _effects(recording: Recording) -> dict[Effect, Series]:
    found: dict[Effect, Series] = {"CPU peaks": _cpu(recording)}
    looks: dict[int, list[metrics.Metric]] = defaultdict(list)
    for look in metrics.read(recording):
        looks[look.pid].append(look)
    grown: Series = defaultdict(float)
    waited: Series = defaultdict(float)
    for own in looks.values():
        for before, after in pairwise(own):
            span = after.at - before.at
            grown[int(after.at)] += max(after.rss - before.rss, 0)
            waited[int(after.at)] += max(span - max(after.cpu - before.cpu, 0.0), 0.0)
    if looks:
        found |= {"memory growth": dict(grown), "waiting": dict(waited)}
    return found


def _cpu(recording: Recording) -> Series:
    interval = float(recording.meta["interval"])
    found: Series = defaultdict(float)
    for moment in timeline.samples(recording):
        found[moment.at] += moment.count * interval
    return dict(found)


def _functions(recording: Recording) -> Iterator[tuple[str, int, float]]:
    ours, interval = program_files(recording), float(recording.meta["interval"])
    found = [(moment, _places(moment.stack, ours)) for moment in timeline.samples(recording)]
    seen: Counter[tuple[str, str]] = Counter()
    for moment, places in found:
        seen.update(dict.fromkeys(places, moment.count))
    everywhere = _ALWAYS * sum(moment.count for moment, _ in found)
    for moment, places in found:
        for path, function in places:
            if seen[path, function] < everywhere:
                yield f"{path}:{function}", moment.at, moment.count * interval


def _places(stack: Iterable[Frame], ours: frozenset[str]) -> set[tuple[str, str]]:
    """The functions of the program on a stack, each once."""
    return {(one.path, one.function) for one in stack if one.path in ours and one.function != "<module>"}


def _statements(recording: Recording) -> Iterator[tuple[str, int, float]]:
    for one in timeline.statements(recording):
        yield from _spread(one.text, one.at, one.count, one.seconds)


def _routes(recording: Recording) -> Iterator[tuple[str, int, float]]:
    for one in requests.by_second(recording):
        yield from _spread(one.name, one.at, one.count, one.seconds)


def _endpoints(recording: Recording) -> Iterator[tuple[str, int, float]]:
    for one in network.by_second(recording):
        yield from _spread(one.name, one.at, one.count, one.seconds)


def _spread(name: str, at: int, count: int, seconds: float) -> Iterator[tuple[str, int, float]]:
    """What was noted at its end, over the seconds that it lasted."""
    lasted = max(1, round(seconds / max(count, 1)))
    return ((name, at - back, seconds / lasted) for back in range(lasted))


SOURCES: Mapping[Kind, Callable[[Recording], Iterator[tuple[str, int, float]]]] = {
    "function": _functions,
    "statement": _statements,
    "route": _routes,
    "endpoint": _endpoints,
}


def _dearest(found: Iterator[tuple[str, int, float]]) -> dict[str, Series]:
    named: dict[str, Series] = defaultdict(lambda: defaultdict(float))
    for name, at, seconds in found:
        named[name][at] += seconds
    kept = sorted(named, key=lambda name: -sum(named[name].values()))[:_CANDIDATES]
    return {name: dict(named[name]) for name in kept}


def _spearman(ones: list[float], others: list[float]) -> float:
    """The rank correlation; 0 where one of the two never changes."""
    if len(ones) < FEWEST:
        return 0.0
    try:
        return correlation(_ranks(ones), _ranks(others))
    except StatisticsError:
        return 0.0


def _ranks(values: list[float]) -> list[float]:
    """Equal values share the middle of their ranks."""
    places: dict[float, list[int]] = defaultdict(list)
    for place, value in enumerate(sorted(values)):
        places[value].append(place)
    return [sum(places[value]) / len(places[value]) for value in values]


def _untold(recording: Recording, effects: Mapping[Effect, Series], line: list[int]) -> Iterator[str]:
    if len(line) < FEWEST:
        yield f"the run lasted {len(line)} seconds; a correlation needs {FEWEST}"
    if not effects["CPU peaks"]:
        yield "samples have no times: they were taken from outside"
    if "waiting" not in effects:
        yield "nobody looked at the processes over time"
    elif effects["waiting"] and len(line) >= FEWEST:
        yield "waiting is what was not CPU, of each process; it does not tell a lock from a sleep"
    if len(line) >= FEWEST:
        yield "what rises together need not be cause and effect"
