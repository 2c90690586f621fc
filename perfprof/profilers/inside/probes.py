"""What an instrumented place calls: counts are exact, looks are taken for the first 64 and then ever more rarely.

The functions stand in ``builtins`` under names of ours, so that no module of the program gets a name more.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterable
from itertools import repeat
from time import perf_counter
from typing import Any

from . import journal
from .looks import elements, length, order, reading, type_name, value_name

_ENDLESS = 1 << 62
_EVERY = 64  # the first looks; after them one at each thirty-second more
_GLANCES = 1023  # looks until a place that only glances is switched off
SWITCH = "_on"  # what the name of its switch ends with
_MET = 65_536  # values that are remembered, by their hash
_HASHED = frozenset((int, str, bytes, bool, type(None)))
_KINDS = 64  # type names that are kept apart; the rest are one

_probes: dict[str, Probe] = {}  # by the watch's id
_glancing: list[Probe] = []  # those that are switched off and on
_placed: set[str] = set()  # those that stand in code that was compiled in this process


class Probe:
    """The answer to one watch, as far as it is known in this process."""

    def __init__(self, watch: dict[str, Any], name: str) -> None:
        self.id: str = watch["id"]
        self.kind: str = watch["kind"]
        self.detail: str = watch["detail"]
        self.name = name
        self.restart()

    def restart(self) -> None:
        """From zero, also in a fork; the place finds the function of this process by name."""
        self.types: dict[str, int] = {}
        self.elements: dict[str, int] = {}
        self.reads: dict[str, int] = {}
        self.shortest: int | None = None
        self.longest: int | None = None
        self.total = 0
        self.looked = 0  # the count at the last look
        self.written: int | None = None  # the count when it was last written
        self.last: tuple[str | None, int | None, str | None] = (None, None, None)
        function: Callable[..., Any]
        if self.kind == "entry":
            function, self.count = _counter()
        elif self.kind == "identity":
            function, self.count = _comparer(self)
        elif self.kind == "again":
            function, self.count = _rememberer(self)
        elif self.kind == "types":
            function, self.count = _glancer(self)
        else:
            function, self.count = _seer(self)
        setattr(builtins, self.name, function)

    def look(self, value: Any, count: int) -> None:
        """Look at the value of evaluation ``count``; those before it, back to the last look, count as the last."""
        self._weigh(count - 1 - self.looked)
        self.looked = count
        if self.kind == "collection":
            self.last = (type_name(type(value)), self._measure(value), None)
            if count & (count - 1) == 0:
                _glance_again()
        else:
            read = reading(value, self.detail) if self.detail and self.kind in ("attribute", "types") else None
            read = order(value) if self.kind == "order" else read
            self.last = (value_name(value), None, read)
        self._weigh(1)
        if perf_counter() > journal.due:
            journal.flush()

    def _measure(self, value: Any) -> int | None:
        """The length of a collection, and the types of its elements."""
        size = length(value)
        if size is not None:
            self.shortest = size if self.shortest is None else min(self.shortest, size)
            self.longest = size if self.longest is None else max(self.longest, size)
        for element in elements(value):
            _add(self.elements, value_name(element), 1)
        return size

    def _weigh(self, times: int) -> None:
        """Count the last look ``times`` more."""
        kind, size, read = self.last
        if kind is not None and times > 0:
            _add(self.types, kind, times)
            self.total += (size or 0) * times
            if read is not None:
                _add(self.reads, read, times)

    def line(self) -> str | None:
        """The journal's line with all that was seen, None if there is nothing new."""
        count = self.count()
        if count == self.written:
            return None
        self.written = count
        if self.kind not in ("entry", "identity", "types"):
            self._weigh(count - self.looked)
            self.looked = max(count, self.looked)
        seen = [self.types, self.shortest, self.longest, self.total, self.elements, self.reads]
        return journal.encode(["watch", self.id, count, *seen])


def _add(counts: dict[str, int], name: str, times: int) -> None:
    if name not in counts and len(counts) >= _KINDS:
        name = "…"
    counts[name] = counts.get(name, 0) + times


def _counter() -> tuple[Callable[[], None], Callable[[], int]]:
    """A function that counts its calls in C, and one that tells how many there were."""
    calls = repeat(None, _ENDLESS)
    return calls.__next__, lambda: _ENDLESS - calls.__length_hint__()


def _comparer(probe: Probe) -> tuple[Callable[[Any, Any], Any], Callable[[], int]]:
    """A function that gives back its first argument and counts how often it is the second one."""
    reads = probe.reads
    reads.update(same=0, other=0)

    def compare(value: Any, other: Any) -> Any:
        reads["same" if value is other else "other"] += 1
        return value

    return compare, lambda: sum(reads.values())


def _rememberer(probe: Probe) -> tuple[Callable[[Any, tuple[Any, ...]], Any], Callable[[], int]]:
    """A function that gives back its first argument, counts how often the values beside it were met before, and looks at them."""
    reads = probe.reads
    reads.update(again=0, new=0, other=0)
    met: set[int] = set()
    see, _ = _seer(probe)

    def remember(value: Any, key: tuple[Any, ...]) -> Any:
        see(key)
        if not _HASHED.issuperset(map(type, key)):
            reads["other"] += 1
            return value
        size = len(met)
        if size < _MET:
            met.add(hash(key))
            reads["again" if len(met) == size else "new"] += 1
        else:
            reads["again" if hash(key) in met else "new"] += 1
        return value

    return remember, lambda: sum(reads.values())


def _glancer(probe: Probe) -> tuple[Callable[[Any], Any], Callable[[], int]]:
    """A function that looks at its argument some thousand times and then switches its place off."""
    count = 0

    def glance(value: Any) -> Any:
        nonlocal count
        count += 1
        if count & _GLANCES == 0:
            setattr(builtins, probe.name + SWITCH, False)
        try:
            probe.look(value, count)
        except Exception:
            pass
        return value

    setattr(builtins, probe.name + SWITCH, True)
    return glance, lambda: count


def _glance_again() -> None:
    """Switch on the places that only glance: what comes later may be of other types."""
    for probe in _glancing:
        setattr(builtins, probe.name + SWITCH, True)


def _seer(probe: Probe) -> tuple[Callable[[Any], Any], Callable[[], int]]:
    """A function that gives back its argument, counts, and looks when it is time to."""
    count, due = 0, 1

    def see(value: Any) -> Any:
        nonlocal count
        count += 1
        if count >= due:
            look(value)
        return value

    def look(value: Any) -> None:
        nonlocal due
        due = count + 1 + (count >> 5 if count >= _EVERY else 0)
        try:
            probe.look(value, count)
        except Exception:
            pass

    return see, lambda: count


def prepare(watch: dict[str, Any], name: str) -> None:
    """Make the function that the watched place will call."""
    _probes[watch["id"]] = probe = Probe(watch, name)
    if probe.kind == "types":
        _glancing.append(probe)


def placed(ids: Iterable[str]) -> None:
    """The places of these watches are in the program now: from here on a count of zero says something."""
    _placed.update(ids)


def all_placed() -> set[str]:
    """The watches whose places are in the program."""
    return _placed


def collect() -> Iterable[str]:
    """The journal's lines for what is new."""
    probes = [probe for probe in list(_probes.values()) if probe.id in _placed]
    return [line for line in [probe.line() for probe in probes] if line is not None]


def forked() -> None:
    """The child counts its own."""
    for probe in _probes.values():
        probe.restart()
