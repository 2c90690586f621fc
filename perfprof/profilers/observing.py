"""The user's command under probes: `observe` asks the suspects, and keeps real calls."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path

from perfprof.profilers.arming import environment_of, prepare, run_armed
from perfprof.profilers.calls import key_of, write_summary
from perfprof.profilers.journals import Journal, read_journals
from perfprof.profilers.load import Load
from perfprof.profilers.observations import Capture, Seen, Watch, add_up


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
        ran = run_armed(argv, cwd, env, output, timeout, started=on_start)
    found = [line for journal in read_journals(journals) for line in _last(journal)]
    seen, missed = add_up(watches, found)
    if calls is not None:
        write_summary(calls, captures, found)
    shutil.rmtree(journals, ignore_errors=True)
    return Observations(
        seen, calls, ran.exit_code, ran.seconds, ran.cpu_seconds, missed, ran.interrupted, ran.timed_out
    )


def _write_private(path: Path, text: str) -> None:
    with open(path, "w", encoding="utf-8", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(text)


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
