"""Where the time of a run went, all subjects in one order by their seconds: what a reader wants to know first.

The reasons overlap: a statement that SQLite computes inside the process is CPU time as well.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from perfprof.profilers.hot import Place, hot_functions, program_files
from perfprof.profilers.parts import (
    collections,
    files,
    loads,
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
    "CPU",
    "statement",
    "loaded one by one",
    "transaction",
    "connection pool",
    "request made",
    "files",
    "garbage collection",
    "waiting",
]

LEAST = 0.03  # share of the wall clock (but for waiting for a core) or of the CPU time from which a reason is told
_MOSTLY = 0.5  # share of a path's samples that lie in one function of a library
_TEXT = 60  # characters of a statement
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
    cpu, below = float(recording.meta["cpu_seconds"]), _below(recording)
    for one in hot_functions(recording, LEAST):
        if one.own:
            remark = _library(below[one.path, one.function])
            yield Reason("CPU", one.own * cpu, (Frame(one.path, one.function, one.line),), remark)


def _library(stacks: Iterable[tuple[tuple[Frame, ...], int]]) -> str:
    """The innermost function of a library in which most samples below a function of the program lie."""
    seen, depths, total = Counter[Frame](), dict[Frame, int](), 0
    for below, count in stacks:
        total += count
        found = {Frame(frame.path, frame.function, 0): depth for depth, frame in enumerate(below)}
        seen.update(dict.fromkeys(found, count))
        depths |= found
    mostly = [frame for frame, count in seen.items() if count >= _MOSTLY * total]
    if not mostly:
        return ""
    frame = max(mostly, key=lambda one: depths[one])
    if frame.path.startswith("<frozen importlib"):
        return "most of it importing modules"
    return f"most of it in {frame.function} of {frame.path.replace(chr(92), '/').rpartition('/')[2]}"


def _below(recording: Recording) -> dict[Place, list[tuple[tuple[Frame, ...], int]]]:
    """What libraries did, by the innermost function of the program."""
    ours = program_files(recording)
    found: dict[Place, list[tuple[tuple[Frame, ...], int]]] = defaultdict(list)
    for sample in recording.samples():
        inner = max((depth for depth, frame in enumerate(sample.stack) if frame.path in ours), default=-1)
        if inner >= 0:
            frame = sample.stack[inner]
            found[frame.path, frame.function].append((sample.stack[inner + 1 :], sample.count))
    return found


def _statements(recording: Recording) -> Iterator[Reason]:
    many = _repeated(recording)
    for one in statements.read(recording):
        repeated = many.get((one.statement, one.site), "")
        text = " ".join(one.statement.text.split())
        remark = " · ".join(filter(None, (text if len(text) <= _TEXT else f"{text[:_TEXT - 1]}…", repeated)))
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


def _loads(recording: Recording) -> Iterator[Reason]:
    for one in loads.together(loads.read(recording)):
        place = tuple(Frame(frame.path, frame.function, frame.line) for frame in one.site)
        most = f", up to {one.most:,} for one query's objects" if one.most > 1 else ""
        yield Reason("loaded one by one", one.seconds, place, f"{one.name} · {one.count:,} x{most}")


def _transactions(recording: Recording) -> Iterator[Reason]:
    for one in transactions.read(recording):
        if one.pauses and one.latencies.seconds:
            share = one.idle / one.latencies.seconds
            remark = f"open, but idle for {share * 100:.0f} % of the time"
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
    _loads,
    _transactions,
    _pools,
    _network,
    _files,
    _collections,
)
