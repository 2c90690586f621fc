"""One run of the pipeline as a value: what every report is rendered from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from perfprof.optimizer.judge.verdict import Comparison, Status, Verdict
    from perfprof.optimizer.patches import Patch
    from perfprof.optimizer.reports.contract import Recorded
    from perfprof.rules.rule import Finding, Level, Proof


@dataclass(frozen=True, slots=True)
class Step:
    """One verb of the pipeline: what it took (wall seconds) and what came of it, in one line.

    cost: what it cost the user's program, e.g. ``x1.02 CPU``.
    """

    name: str
    seconds: float
    summary: str
    cost: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one finding, and why. expected: the ratio that the sizes let one hope for.

    counted: whether something else than CPU time decides, such as a number of queries.
    """

    finding: Finding
    status: Status
    reason: str
    title: str
    level: Level
    proofs: tuple[Proof, ...] = ()
    patch: Patch | None = None
    patch_file: str = ""  # relative to the run's folder
    verdict: Verdict | None = None
    expected: float = 1.0
    priority: float = 0.0
    counted: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """Everything of one run. folder: absolute path as text. stacks: collapsed stack -> samples, for the flame graph:
    as `Recording.collapsed` gives them.

    skipped: files that were not read, with the reason. whole: the workload before and after all accepted patches.
    tests: a sentence. hidden: findings below the least share, counted and not shown; unmeasured: findings of which only a
    run can tell whether they matter, likewise. asked: the command line of perfprof
    as it was typed, without passwords. refused: why the accepted changes could not be written.
    recorded: sections on requests, network, files, memory and the like, when it was a recording alone.
    """

    id: str
    verb: Literal["fix", "check", "verify", "advise", "record"]
    folder: str
    root: str
    command: str
    applied: bool
    environment: Mapping[str, str]
    steps: tuple[Step, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    skipped: Mapping[str, str] = field(default_factory=dict)
    whole: Comparison | None = None
    tests: str = ""
    files_changed: tuple[str, ...] = ()
    migrations: tuple[str, ...] = ()
    hidden: int = 0
    unmeasured: int = 0
    stacks: Mapping[str, int] = field(default_factory=dict)
    asked: str = ""
    refused: str = ""
    recorded: tuple[Recorded, ...] = ()
