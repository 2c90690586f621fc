"""Run the user's workload: once recorded, once with probes at the suspects."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from perfprof.errors import BaselineError
from perfprof.optimizer.options import FixOptions
from perfprof.optimizer.suspects import Suspects
from perfprof.profilers import workload
from perfprof.profilers.recording import Execution, Recording
from perfprof.profilers.workload import Observations

LAST_LINES = 8
OBSERVED = "observe.out"
PATIENCE, SLOWER = 60.0, 10.0  # seconds, and times the run before: then a probed run is taken to hang


@dataclass(frozen=True)
class Recorded:
    """The recording of the workload."""

    recording: Recording

    @cached_property
    def executions(self) -> tuple[Execution, ...]:
        """What it asked of databases."""
        return self.recording.executions()

    @property
    def seconds(self) -> float:
        """Wall seconds of the recorded run."""
        return float(self.recording.meta.get("seconds", "0"))

    @property
    def notes(self) -> list[str]:
        """What the recorders could not do."""
        return [line for line in self.recording.meta.get("notes", "").splitlines() if line]

    @property
    def summary(self) -> str:
        """``2,143 samples · 3 processes · 48,211 statements``."""
        asked = sum(one.count for one in self.executions)
        counts = [
            (self.recording.total, "sample", "samples"),
            (len(self.recording.processes()), "process", "processes"),
            (asked, "statement", "statements"),
        ]
        return " · ".join(f"{number:,} {one if number == 1 else more}" for number, one, more in counts)


def record(options: FixOptions, folder: Path) -> Recorded:
    """Record the whole program at low cost. Raises BaselineError if it does not end well."""
    assert options.workload is not None
    output = folder / "record.out"
    recording = workload.record(
        options.workload.argv,
        cwd=options.root / options.workload.folder,
        folder=folder,
        sampler=options.sampler,
        output=output,
        timeout=options.timeout or None,
    )
    _must_end_well(int(recording.meta.get("exit_code", "0")), "recorded", output)
    return Recorded(recording)


def observe(options: FixOptions, folder: Path, suspects: Suspects, seconds: float = 0.0) -> Observations:
    """Probe the suspects and keep real calls of their functions. Raises BaselineError if it does not end well.

    seconds: of the run before, if known. To keep a call is to pickle what it was given, which is code of others: an
    extension was seen to wait for a lock that it held itself. So a run that hangs or fails is tried without.
    """
    if not suspects.watches:
        return Observations({}, None, 0, 0.0, 0.0)
    patience = max(PATIENCE, SLOWER * seconds) if seconds else 0.0
    observed = _probed(options, folder, suspects, min(filter(None, (options.timeout, patience)), default=0.0))
    if suspects.captures and (observed.timed_out or observed.exit_code) and not observed.interrupted:
        observed = _probed(options, folder, suspects, options.timeout, keep=False)
    _must_end_well(observed.exit_code, "probed", folder / OBSERVED)
    return observed


def _probed(
    options: FixOptions, folder: Path, suspects: Suspects, timeout: float, *, keep: bool = True
) -> Observations:
    """One run with probes; keep: calls of the suspects' functions too."""
    assert options.workload is not None
    return workload.observe(
        options.workload.argv,
        cwd=options.root / options.workload.folder,
        folder=folder,
        watches=suspects.watches,
        captures=suspects.captures if keep else (),
        output=folder / OBSERVED,
        timeout=timeout or None,
    )


def _must_end_well(exit_code: int, how: str, output: Path) -> None:
    if exit_code == 0:
        return
    said = output.read_text("utf-8", errors="replace").splitlines()[-LAST_LINES:] if output.exists() else []
    raise BaselineError(
        f"the workload ended with exit code {exit_code} while it was {how}",
        todo="\n  ".join(said) or "It said nothing.",
    )
