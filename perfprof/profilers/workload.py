"""The user's command under the recorders: `record` for the whole at low cost, `observe` for the suspects."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Literal

import perfprof
from perfprof.profilers import memory, syscalls, trees
from perfprof.profilers.arming import environment_of, prepare, run_armed
from perfprof.profilers.cpu import RATE, Choice, Gate, gate_is_possible, leave_to_look
from perfprof.profilers.environment import environment
from perfprof.profilers.journals import Journal, read_journals
from perfprof.profilers.load import Load
from perfprof.profilers.lost import told_if_lost
from perfprof.profilers.merge import Writer
from perfprof.profilers.metrics import Metrics
from perfprof.profilers.observing import Observations, observe
from perfprof.profilers.packages import without_secrets
from perfprof.profilers.packets import Packets
from perfprof.profilers.parts import statements
from perfprof.profilers.processes import Ran, run
from perfprof.profilers.recording import Recording
from perfprof.profilers.runtimes import told

__all__ = ["Observations", "Ran", "observe", "record", "run"]

# of inside/recorders, armed unless asked otherwise
RECORDERS = ("queries", "connects", "pools", "requests", "network", "files", "collections")
RECORDING = "recording.sqlite"
Trace = Literal["off", "memory", "syscalls"]
_NOBODY = (
    "no Python process of this command could be followed: python -I and -E ignore recorders, and a program that runs as"
    " another user can neither read perfprof nor write its journal where these have no right"
)


def record(
    argv: Sequence[str],
    *,
    cwd: Path,
    folder: Path,
    sampler: Choice = "auto",
    output: Path | None = None,
    timeout: float | None = None,
    recorders: Sequence[str] = RECORDERS,
    trace: Trace = "off",
    load: Load | None = None,
    tree: str = "",
    slow_query: float = statements.SLOW,
    packets: bool = False,
) -> Recording:
    """Run ``argv`` under the recorders and give its recording, ``folder/recording.sqlite``.

    sampler: "auto" and "loops" sample inside each process, by its CPU time; "py-spy" samples from outside and falls
    back to that; "off" arms the recorders only. output: a file for what the program prints (it reads nothing then),
    else its streams are ours. tree: call trees of requests whose path contains it. slow_query: seconds from which
    reports call a statement slow. packets: capture those of the machine meanwhile. How it ended is in ``meta``:
    exit_code, seconds, cpu_seconds, interrupted or timed_out, notes. UsageError if the command cannot be started.
    """
    started, journals = datetime.now(timezone.utc), prepare(folder)
    armed, extra = _armed(recorders, trace, tree)
    with ExitStack() as stack:
        beside = _Beside.begun(stack, journals, "off" if trace == "memory" else sampler, load, packets=packets)
        env = environment_of(
            journals, PERFPROF_RECORD=" ".join(armed), PERFPROF_SAMPLER=beside.inside, **leave_to_look(), **extra
        )
        started_as = syscalls.around(argv, journals) if trace == "syscalls" else argv
        ran = run_armed(started_as, cwd, env, output, timeout, started=beside.started)
    with told_if_lost(journals.parent / RECORDING, ran.exit_code):
        found = list(read_journals(journals))
        traced = _traced(journals, found, trace) + ([beside.capture.summary()] if beside.capture else [])
    meta = _surroundings(argv, cwd, started) | _described(ran, beside, found) | {"slow_query": str(slow_query)}
    meta["notes"] = "\n".join(_notes_of_run(beside, found, traced, trace))
    return _kept(journals, (found, traced), beside, meta)


def _kept(
    journals: Path, read: tuple[list[Journal], list[Journal]], beside: _Beside, meta: dict[str, str]
) -> Recording:
    """The recording of what was read; the journals are gone then."""
    found, traced = read
    result = journals.parent / RECORDING

    def write(path: Path) -> None:
        writer = Writer(path)
        samples = beside.gate.samples() if beside.gate else {}
        writer.add_all(found, samples, [beside.metrics.journal(), *traced])
        writer.finish(meta)

    with told_if_lost(result, int(meta["exit_code"]), write):
        write(result)
        shutil.rmtree(journals, ignore_errors=True)
        return Recording.open(result)


def _armed(recorders: Sequence[str], trace: Trace, tree: str) -> tuple[Sequence[str], dict[str, str]]:
    """The recorders for what was asked, and what they are told by the environment."""
    extra: dict[str, str] = {}
    if trace == "memory":
        recorders, extra = memory.RECORDERS, memory.environment()
    if tree:
        recorders, extra = [*recorders, trees.RECORDER], extra | trees.environment(tree)
    return recorders, extra


@dataclass(frozen=True, slots=True)
class _Beside:
    """What runs beside the program while it is recorded. sampler: as asked; inside: how the program samples itself."""

    sampler: Choice
    inside: str
    gate: Gate | None
    metrics: Metrics
    load: Load | None
    capture: Packets | None

    @classmethod
    def begun(
        cls, stack: ExitStack, journals: Path, sampler: Choice, load: Load | None, *, packets: bool
    ) -> _Beside:
        """Started; each ends with ``stack``."""
        gate = stack.enter_context(Gate(journals)) if gate_is_possible(sampler) else None
        inside = "gate" if gate is not None else "off" if sampler == "off" else "loops"
        metrics = stack.enter_context(Metrics())
        capture = stack.enter_context(Packets(journals)) if packets else None
        return cls(sampler, inside, gate, metrics, stack.enter_context(load) if load else None, capture)

    def started(self, pid: int) -> None:
        """The program runs, as this process."""
        self.metrics.watch(pid)
        if self.load is not None:
            self.load.start(pid)


def _traced(journals: Path, found: list[Journal], trace: Trace) -> list[Journal]:
    """What a tracer wrote beside the journals."""
    if trace == "memory":
        return list(memory.read_files(journals, found))
    return [syscalls.read_summary(journals)] if trace == "syscalls" else []


def _notes_of_run(
    beside: _Beside, found: Sequence[Journal], traced: Sequence[Journal], trace: Trace
) -> Iterator[str]:
    """What the reader of the recording must know of how it was made."""
    yield from beside.gate.notes if beside.gate else ()
    yield from _notes([*found, *traced])
    if beside.load:
        yield beside.load.summary()
    if trace != "off":
        yield f"the times of this recording say nothing: its {trace} was traced"
    if beside.sampler == "py-spy" and beside.gate is None:
        yield "py-spy is not installed, so processes sampled themselves, loop by loop"
    if not found:
        yield _NOBODY


def _surroundings(argv: Sequence[str], cwd: Path, started: datetime) -> dict[str, str]:
    """What was asked, when and where."""
    meta = {"command": without_secrets(shlex.join(argv)), "folder": str(cwd), "interval": str(1 / RATE)}
    meta["started"] = started.isoformat(timespec="seconds")
    return meta | {f"environment {name}": value for name, value in (environment() | told(cwd)).items() if value}


def _notes(found: Sequence[Journal]) -> Iterator[str]:
    """What the recorders want to be told of, once each."""
    yield from dict.fromkeys(line[1] for journal in found for line in journal.lines if line[0] == "note")
    last = [[line[1] for line in journal.lines if line[0] == "unseen"][-1:] for journal in found]
    unseen = sum(seconds for told in last for seconds in told)
    if unseen:
        yield (
            f"{unseen:.1f} s of CPU time in threads have no place, for the main thread waited for them meanwhile;"
            " --sampler py-spy sees them"
        )


def _described(ran: Ran, beside: _Beside, found: Sequence[Journal]) -> dict[str, str]:
    """How the run went, as text; what starts waited for py-spy is not the program's time."""
    waited = beside.gate.waited if beside.gate else 0.0
    meta = {
        "seconds": f"{max(ran.seconds - waited, 0.0):.3f}",
        "cpu_seconds": f"{ran.cpu_seconds:.3f}",
        "exit_code": str(ran.exit_code),
        "python": found[0].process.get("python", "") if found else "",
        "perfprof": perfprof.__version__,
    }
    if ran.interrupted:
        meta["interrupted"] = "yes"
    if ran.timed_out:
        meta["timed_out"] = "yes"
    return meta
