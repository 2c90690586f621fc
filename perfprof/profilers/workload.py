"""The user's command under the recorders: `record` for the whole program at low cost, `observe` for the suspects."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import IO, Literal

import perfprof
from perfprof.errors import UsageError
from perfprof.profilers import memory, syscalls, trees
from perfprof.profilers.calls import key_of, write_summary
from perfprof.profilers.cpu import RATE, Choice, Gate, gate_is_possible, leave_to_look
from perfprof.profilers.environment import environment
from perfprof.profilers.journals import Journal, read_journals
from perfprof.profilers.load import Load
from perfprof.profilers.lost import told_if_lost
from perfprof.profilers.merge import Writer
from perfprof.profilers.metrics import Metrics
from perfprof.profilers.observations import Capture, Seen, Watch, add_up
from perfprof.profilers.packages import without_secrets
from perfprof.profilers.packets import Packets
from perfprof.profilers.parts import statements
from perfprof.profilers.processes import Ran, run
from perfprof.profilers.recording import Recording
from perfprof.profilers.runtimes import told

__all__ = ["Observations", "Ran", "observe", "record", "run"]

# of inside/recorders, armed unless asked otherwise
RECORDERS = ("queries", "pools", "requests", "network", "files", "collections")
Trace = Literal["off", "memory", "syscalls"]
_NOBODY = (
    "no Python process of this command could be followed: python -I and -E ignore recorders, and a program that runs as"
    " another user can neither read perfprof nor write its journal where these have no right"
)
START = Path(__file__).resolve().parent / "inside" / "start"


@dataclass(frozen=True, slots=True)
class Observations:
    """What the probed run answered.

    seen: by the watch's id; a watch that never came into a running program has no entry and its reason in ``missed``.
    calls: the folder of captured calls for `calls.read_calls`, None if none were asked for. exit_code, seconds (wall)
    and cpu_seconds are the probed run's.
    """

    seen: Mapping[str, Seen]
    calls: Path | None
    exit_code: int
    seconds: float
    cpu_seconds: float
    missed: Mapping[str, str] = field(default_factory=dict)
    interrupted: bool = False
    timed_out: bool = False


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
    back to that; "off" arms the recorders only. output: a file for what the program prints (it reads nothing then); else its streams are
    ours. How it ended is in ``meta``: exit_code, seconds, cpu_seconds, interrupted or timed_out, notes.
    UsageError if the command cannot be started. tree: call trees of requests
    whose path contains it. slow_query: seconds from which reports call a statement slow. packets: capture those of the machine meanwhile.
    """
    started = datetime.now(timezone.utc)
    journals, result = prepare(folder), folder / "recording.sqlite"
    extra: dict[str, str] = {}
    if trace == "memory":
        sampler, recorders, extra = "off", memory.RECORDERS, memory.environment()
    if tree:
        recorders, extra = [*recorders, trees.RECORDER], extra | trees.environment(tree)
    started_as = syscalls.around(argv, journals) if trace == "syscalls" else argv
    with ExitStack() as stack:
        gate = stack.enter_context(Gate(journals)) if gate_is_possible(sampler) else None
        metrics = stack.enter_context(Metrics())
        capture = stack.enter_context(Packets(journals)) if packets else None
        on_start = _both(metrics.watch, stack.enter_context(load).start if load else None)
        inside = "gate" if gate is not None else "off" if sampler == "off" else "loops"
        env = environment_of(
            journals, PERFPROF_RECORD=" ".join(recorders), PERFPROF_SAMPLER=inside, **leave_to_look(), **extra
        )
        ran = _run(started_as, cwd, env, output, timeout, started=on_start)
    traced: list[Journal] = []
    with told_if_lost(result, ran.exit_code):
        found = list(read_journals(journals))
        traced += memory.read_files(journals, found) if trace == "memory" else []
        traced += [syscalls.read_summary(journals)] if trace == "syscalls" else []
        traced += [capture.summary()] if capture else []
    notes = [*(gate.notes if gate else ()), *_notes([*found, *traced])]
    notes += [load.summary()] if load else []
    if trace != "off":
        notes.append(f"the times of this recording say nothing: its {trace} was traced")
    if sampler == "py-spy" and gate is None:
        notes.append("py-spy is not installed, so processes sampled themselves, loop by loop")
    if not found:
        notes.append(_NOBODY)
    meta = _surroundings(argv, cwd, started) | {"notes": "\n".join(notes), "slow_query": str(slow_query)}
    meta |= _described(ran, gate.waited if gate else 0.0, found)

    def write(path: Path) -> None:
        writer = Writer(path)
        writer.add_all(found, gate.samples() if gate else {}, [metrics.journal(), *traced])
        writer.finish(meta)

    with told_if_lost(result, ran.exit_code, write):
        write(result)
        shutil.rmtree(journals, ignore_errors=True)
        return Recording.open(result)


def _both(one: Callable[[int], None], other: Callable[[int], None] | None) -> Callable[[int], None]:
    def tell(pid: int) -> None:
        one(pid)
        if other is not None:
            other(pid)

    return tell


def _surroundings(argv: Sequence[str], cwd: Path, started: datetime) -> dict[str, str]:
    """What was asked, when and where."""
    meta = {"command": without_secrets(shlex.join(argv)), "folder": str(cwd), "interval": str(1 / RATE)}
    meta["started"] = started.isoformat(timespec="seconds")
    return meta | {f"environment {name}": value for name, value in (environment() | told(cwd)).items() if value}


def observe(
    argv: Sequence[str],
    *,
    cwd: Path,
    folder: Path,
    watches: Sequence[Watch],
    captures: Sequence[Capture] = (),
    output: Path | None = None,
    timeout: float | None = None,
    load: Load | None = None,
) -> Observations:
    """Run ``argv`` with probes at ``watches`` and keep real calls of the functions ``captures``.

    Modules are instrumented as they are imported; no file of the user's is changed and no bytecode is written.
    Captured calls are in ``folder/calls`` and belong to the caller, who deletes them.
    """
    journals = prepare(folder)
    calls = folder / "calls" if captures else None
    if calls is not None:
        shutil.rmtree(calls, ignore_errors=True)
        calls.mkdir(mode=0o700)
    plan = journals / "plan.json"
    _write_private(plan, json.dumps(_plan(watches, captures, calls)))
    with ExitStack() as stack:
        on_start = stack.enter_context(load).start if load else None
        env = environment_of(journals, PERFPROF_PLAN=str(plan))
        ran = _run(argv, cwd, env, output, timeout, started=on_start)
    found = [line for journal in read_journals(journals) for line in _last(journal)]
    seen, missed = add_up(watches, found)
    if calls is not None:
        write_summary(calls, captures, found)
    shutil.rmtree(journals, ignore_errors=True)
    return Observations(
        seen, calls, ran.exit_code, ran.seconds, ran.cpu_seconds, missed, ran.interrupted, ran.timed_out
    )


def prepare(folder: Path) -> Path:
    """A fresh private folder for the journals of this run."""
    journals = folder / "journals"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(journals, ignore_errors=True)
        journals.mkdir(mode=0o700)
    except OSError as error:
        raise UsageError(f"nothing can be written here: {error.strerror}", where=str(folder)) from None
    return journals.resolve()


def environment_of(journals: Path, **asked: str) -> dict[str, str]:
    """Our environment with the recorders in it, and nothing left of a run around us."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("PERFPROF_")}
    others = [entry for entry in env.get("PYTHONPATH", "").split(os.pathsep) if entry and entry != str(START)]
    env["PYTHONPATH"] = os.pathsep.join([str(START), *others])
    env["PERFPROF_FOLDER"] = str(journals)
    return env | asked


def _run(
    argv: Sequence[str],
    cwd: Path,
    env: Mapping[str, str],
    output: Path | None,
    timeout: float | None,
    *,
    started: Callable[[int], None] | None = None,
) -> Ran:
    with _opened(output) as file:
        if file is None:
            return run(argv, cwd=cwd, env=env, timeout=timeout, started=started)
        return run(
            argv,
            cwd=cwd,
            env=env,
            timeout=timeout,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            started=started,
        )


@contextmanager
def _opened(output: Path | None) -> Iterator[IO[bytes] | None]:
    if output is None:
        yield None
        return
    with open(output, "wb", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
        yield file


def _write_private(path: Path, text: str) -> None:
    with open(path, "w", encoding="utf-8", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(text)


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


def _described(ran: Ran, waited: float, found: Sequence[Journal]) -> dict[str, str]:
    """How the run went, as text; what starts waited for py-spy is not the program's time."""
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


def _plan(watches: Sequence[Watch], captures: Sequence[Capture], calls: Path | None) -> dict[str, object]:
    """What `inside/probed.py` reads; cloudpickle goes along by path, for the target may not have it."""
    plan: dict[str, object] = {
        "watches": [asdict(watch) | {"path": os.path.realpath(watch.path)} for watch in watches],
        "captures": [
            asdict(capture) | {"path": os.path.realpath(capture.path), "id": key_of(capture)}
            for capture in captures
        ],
    }
    if calls is not None:
        import cloudpickle

        plan |= {
            "calls": str(calls.resolve()),
            "cloudpickle": os.path.dirname(os.path.abspath(cloudpickle.__file__)),
        }
    return plan


def _last(journal: Journal) -> list[list[object]]:
    """The last line that a process wrote about each watch and capture: they hold totals."""
    kinds = ("watch", "missed", "capture")
    return list({(line[0], line[1]): line for line in journal.lines if line[0] in kinds}.values())
