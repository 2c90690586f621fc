"""The shape of report.json, version 1; docs/report.schema.json says the same to machines.

Within a version entries are only added. Paths are relative to the project. Numbers that JSON cannot hold (a ratio
whose new count is zero) are null.
"""

from __future__ import annotations

from typing import Literal, TypedDict

from perfprof.optimizer.judge.verdict import Decision, Status

FORMAT = "perfprof-report"
VERSION = 1

Scalar = int | float | str | bool | None
Level = Literal["open", "observed", "guarded", "proved", "verified within tolerance"]
Outcome = Literal["passed", "failed", "skipped", "cannot tell"]
TOTALS = {  # status of a finding -> its name among the totals, where "found" is the sum of all
    "applied": "applied",
    "accepted": "accepted",
    "rejected": "rejected",
    "cannot tell": "cannot tell",
    "held back": "held back",
    "open": "open",
    "cold": "cold",
    "found": "not judged",
}


class Obligation(TypedDict):
    """A condition under which the new code means the same. level: proved, guarded, observed or open."""

    name: str
    level: Level
    reason: str
    where: str


class Counted(TypedDict, total=False):
    """counted: whether something else than CPU time decides, such as a number of queries."""

    counted: bool


class Finding(Counted):
    """A place that is slow, and what became of it. share: of the cost, 0 to 1, null if it was not recorded.

    expected: ratio hoped for from the sizes. patch: digest of the patch that answers it, null if there is none.
    counted: whether something else than CPU time decides, such as a number of queries.
    """

    id: str
    rule: str
    title: str
    path: str
    line: int
    end_line: int
    function: str
    subject: str
    message: str
    share: float | None
    level: Level
    status: Status
    reason: str
    expected: float | None
    priority: float | None
    evidence: dict[str, Scalar]
    obligations: list[Obligation]
    patch: str | None


class Patch(TypedDict):
    """What answers a finding. file: relative to the run's folder. diff: unified, in git's format.

    tolerance: how far floats of answers may differ, relative to the larger, null for not at all.
    """

    finding: str
    rule: str
    title: str
    digest: str
    files: list[str]
    diff: str
    status: Status
    reason: str
    level: Level
    file: str
    why: str
    memory: str
    tolerance: float | None


class Migration(TypedDict):
    """A change of the schema. size: bytes on disk, null if it was not estimated."""

    finding: str
    patch: str
    name: str
    dialect: str
    database: str
    table: str
    columns: list[str]
    up: str
    down: str
    estimated_gain: float | None
    measured_gain: float | None
    size: float | None
    status: Status


class Samples(TypedDict):
    """Paired measurements, in the unit of the metric."""

    before: list[float]
    after: list[float]


class Comparison(TypedDict):
    """Old against new. metric: "cpu" or "wall" (seconds) or the name of a counter. ratio: old/new, above 1 is faster.

    interval: 99 %, low and high. resolution: the smallest effect this machine could show, 0.03 for 3 %.
    """

    metric: str
    samples: Samples
    ratio: float | None
    interval: list[float | None]
    resolution: float


class Layer(TypedDict):
    """One question of the judge. outcome: passed, failed, skipped or cannot tell."""

    name: str
    outcome: Outcome
    reason: str
    seconds: float


class FileDigest(TypedDict):
    """A file and the sha256 of the text that was judged."""

    path: str
    sha256: str


class Verdict(TypedDict):
    """What the judge said of a patch. tests, replay, differential: the outcome of that layer, null if not asked.

    tolerance: as of its patch. largest_difference: of floats that were compared within it, null without one.
    """

    finding: str
    patch: str
    files: list[FileDigest]
    decision: Decision
    reason: str
    tests: Outcome | None
    replay: Outcome | None
    differential: Outcome | None
    layers: list[Layer]
    metric: str | None
    samples: Samples | None
    ratio: float | None
    interval: list[float | None] | None
    resolution: float | None
    memory: Comparison | None
    tolerance: float | None
    largest_difference: float | None


class Step(TypedDict):
    """One verb: wall seconds, what it cost the program, what came of it."""

    name: str
    seconds: float
    cost: str
    summary: str


class RunHead(TypedDict):
    """Which run this is. folder: relative to the project; project: its folder's name. asked: what was typed."""

    id: str
    verb: Literal["fix", "check", "verify", "advise", "record"]
    asked: str
    command: str
    project: str
    folder: str
    applied: bool
    tests: str


class Skipped(TypedDict):
    """A file that was not read, and why."""

    path: str
    reason: str


class Frame(TypedDict):
    """One box of the flame graph. parent: index of the caller in the list, -1 for a root. value: samples in and below.

    path: empty for a library, which is one frame named after its package.
    """

    parent: int
    function: str
    path: str
    value: int


class Flame(TypedDict):
    """Where the time went, at most 2,000 frames, callers before callees. other: samples in frames left out."""

    unit: str
    total: int
    frames: list[Frame]
    other: int


class Series(TypedDict):
    """A figure over time. points: seconds since the run began, and the figure. most: the largest as text."""

    name: str
    most: str
    points: list[list[float]]


class RecordedTable(TypedDict):
    """What was recorded of one subject, as a table whose cells are text. says: one sentence; brief: a few lines for a
    terminal. numbers: the heads of columns of figures.
    """

    subject: str
    title: str
    says: str
    brief: list[str]
    heads: list[str]
    numbers: list[str]
    rows: list[list[str]]


class Recorded(RecordedTable, total=False):
    """A table, and what has a course in time."""

    series: list[Series]


class Document(TypedDict):
    """The whole report. totals: findings by status, which add up to ``found``; ``hidden`` and
    ``unmeasured`` ones are not among them.
    """

    format: str
    version: int
    perfprof: str
    run: RunHead
    environment: dict[str, str]
    steps: list[Step]
    whole: Comparison | None
    totals: dict[str, int]
    findings: list[Finding]
    patches: list[Patch]
    migrations: list[Migration]
    verdicts: list[Verdict]
    files_changed: list[str]
    migration_files: list[str]
    skipped: list[Skipped]
    flame: Flame
    recorded: list[Recorded]
