"""Where the time of a run went, all subjects in one order by their seconds: what a reader wants to know first.

The reasons overlap: a statement that SQLite computes inside the process is CPU time as well.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from perfprof.profilers.hot import hot_paths, program_files
from perfprof.profilers.parts import (
    collections,
    files,
    memory,
    metrics,
    network,
    pools,
    statements,
    syscalls,
    transactions,
)
from perfprof.profilers.recording import Execution, Frame, Recording, Statement
from perfprof.profilers.tallies import Latencies

Kind = Literal[
    "CPU", "statement", "transaction", "connection pool", "request made", "files", "garbage collection", "waiting"
]

LEAST = 0.03  # share of the wall clock (but for waiting for a core) or of the CPU time from which a reason is told
_MOSTLY = 0.5  # share of a path's samples that lie in one function of a library
_MANY = 5  # executions of one statement in one call from which they might have been one


@dataclass(frozen=True, slots=True)
class Reason:
    """seconds: in all, several at once added up. place: innermost frame first. remark: what it is about, in words."""

    kind: Kind
    seconds: float
    place: tuple[Frame, ...]
    remark: str = ""
    latencies: Latencies | None = None


def reasons(recording: Recording) -> tuple[Reason, ...]:
    """The dearest first; none for a run whose times say nothing."""
    if memory.read(recording) or syscalls.read(recording):
        return ()
    own = float(recording.meta["seconds"]) - metrics.queued(recording)  # a busy machine makes nothing else smaller
    bar = LEAST * max(own, float(recording.meta["cpu_seconds"]))
    found = [one for source in SOURCES for one in source(recording)]
    unexplained = _unexplained(recording, found)
    kept = [one for one in (*found, *unexplained) if one.seconds >= max(bar, 0.005)]
    return tuple(sorted(kept, key=lambda one: -one.seconds))


def _cpu(recording: Recording) -> Iterator[Reason]:
    cpu = float(recording.meta["cpu_seconds"])
    inner: dict[Frame, float] = defaultdict(float)
    places: dict[Frame, tuple[Frame, ...]] = {}
    for path in hot_paths(recording):
        inner[path.frames[-1]] += path.share
        places.setdefault(path.frames[-1], path.frames[::-1])
    for frame, share in inner.items():
        remark = _library(recording, frame)
        yield Reason("CPU", share * cpu, places[frame], f"most of it in {remark}" if remark else "")


def _library(recording: Recording, place: Frame) -> str:
    """The innermost function of a library in which most samples below a line of the program lie."""
    seen, depths, total = Counter[Frame](), dict[Frame, int](), 0
    for below, count in _below(recording, place):
        total += count
        found = {Frame(frame.path, frame.function, 0): depth for depth, frame in enumerate(below)}
        seen.update(dict.fromkeys(found, count))
        depths |= found
    mostly = [frame for frame, count in seen.items() if count >= _MOSTLY * total]
    if not mostly:
        return ""
    frame = max(mostly, key=lambda one: depths[one])
    return f"{frame.function} of {frame.path.replace(chr(92), '/').rpartition('/')[2]}"


def _below(recording: Recording, place: Frame) -> Iterator[tuple[tuple[Frame, ...], int]]:
    """What libraries did for the samples whose innermost frame of the program is this one."""
    ours = program_files(recording)
    for sample in recording.samples():
        inner = max((depth for depth, frame in enumerate(sample.stack) if frame.path in ours), default=-1)
        if inner >= 0 and sample.stack[inner] == place:
            yield sample.stack[inner + 1 :], sample.count


def _statements(recording: Recording) -> Iterator[Reason]:
    many = _repeated(recording)
    for one in statements.read(recording):
        repeated = many.get((one.statement, one.site), "")
        remark = " · ".join(filter(None, (" ".join(one.statement.text.split())[:60], repeated)))
        yield Reason("statement", one.latencies.seconds, one.site, remark, one.latencies)


def _repeated(recording: Recording) -> dict[tuple[Statement, tuple[Frame, ...]], str]:
    """Of each statement that ran many times in one call of a function, how many and which function."""
    grouped: dict[tuple[Statement, tuple[Frame, ...]], list[Execution]] = defaultdict(list)
    for execution in recording.executions():
        if execution.site:
            grouped[execution.statement, execution.site].append(execution)
    told = {key: _in_each_call(key[1], own) for key, own in grouped.items()}
    return {key: text for key, text in told.items() if text}


def _in_each_call(site: tuple[Frame, ...], executions: Sequence[Execution]) -> str:
    """By the innermost function, or by the one that calls it; empty if it did not run often for either."""
    count = sum(one.count for one in executions)
    calls = (sum(one.calls for one in executions), len({one.around[0] for one in executions if one.around}))
    often = (
        f"{count / number:,.0f} in each call of {frame.function}"
        for frame, number in zip(site, calls, strict=False)
        if number and count / number >= _MANY
    )
    return next(often, "")


def _transactions(recording: Recording) -> Iterator[Reason]:
    for one in transactions.read(recording):
        if one.pauses and one.latencies.seconds:
            share = one.idle / one.latencies.seconds
            remark = f"open, but idle for {share:.0%} of their time"
            yield Reason("transaction", one.idle, one.pauses[0].place, remark, one.latencies)


def _pools(recording: Recording) -> Iterator[Reason]:
    for pool in pools.read(recording):
        for site in (*pool.waits, *pool.timeouts):
            yield Reason(
                "connection pool", site.latencies.seconds, site.place, f"all {pool.size} were out", site.latencies
            )


def _network(recording: Recording) -> Iterator[Reason]:
    for one in network.read(recording):
        phase = max(network.PHASES, key=lambda name: one.phases[name]).replace("_", " ")
        fresh = "a new connection each time" if one.opened == one.latencies.count > 1 else ""
        remark = " · ".join(filter(None, (f"{one.method} {one.url}", f"most in {phase}", fresh)))
        yield Reason("request made", one.latencies.seconds, one.place, remark, one.latencies)


def _files(recording: Recording) -> Iterator[Reason]:
    for one in files.read(recording):
        remark = f"{one.deed} {one.path.rpartition('/')[2]}"
        yield Reason("files", one.latencies.seconds, one.place, remark, one.latencies)


def _collections(recording: Recording) -> Iterator[Reason]:
    for one in collections.read(recording):
        yield Reason("garbage collection", one.pauses.seconds, (), f"generation {one.generation}", one.pauses)


def _unexplained(recording: Recording, found: list[Reason]) -> Iterator[Reason]:
    """What was waited for a core and, in a program that serves nothing, for what nobody saw."""
    explained = sum(one.seconds for one in found if one.kind in ("statement", "request made", "files"))
    queued = metrics.queued(recording)
    waited = float(recording.meta["seconds"]) - float(recording.meta["cpu_seconds"]) - explained - queued
    if queued:
        yield Reason("waiting", queued, (), "ready to run, but no core was free: this machine was busy")
    if waited > 0 and not recording.rows("select 1 from requests limit 1"):
        yield Reason("waiting", waited, (), "for what is not recorded: sleep, locks, other processes, input")


SOURCES: tuple[Callable[[Recording], Iterator[Reason]], ...] = (
    _cpu,
    _statements,
    _transactions,
    _pools,
    _network,
    _files,
    _collections,
)
