"""A rule is an argument: claim, evidence, obligations, rewrite and examples in one value.

The engine knows nothing of lists or indexes. It weighs: no evidence, no finding; no proof, no patch; no gain, no apply.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from perfprof.profilers.observations import Seen, Watch
    from perfprof.profilers.parts.loads import Load
    from perfprof.profilers.recording import Execution, Recording
    from perfprof.rules.catalog import Catalog, Copy, Definitions
    from perfprof.rules.reading.extents import Extent
    from perfprof.rules.reading.program import Function, Program


class Level(enum.IntEnum):
    """How well an obligation is shown; a patch is as safe as its weakest proof."""

    OPEN = 0
    OBSERVED = 1
    GUARDED = 2
    PROVED = 3

    @property
    def word(self) -> str:
        """The level as users read it."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Proof:
    """One obligation, how well it is shown, why, and where the reason stands (path:line)."""

    obligation: str
    level: Level
    why: str
    where: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """A place that is slow for a reason a rule knows.

    id: hash of rule, qualified function name and normalised source; stable when lines shift.
    path: relative to the project, with slashes. share: of the cost of the recorded run, 0 to 1; None if not recorded.
    evidence: counts and sizes that were observed, by name.
    """

    id: str
    rule: str
    path: str
    line: int
    end_line: int
    function: str
    subject: str
    message: str
    share: float | None = None
    evidence: Mapping[str, int | float | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Edit:
    """A change at a place that `ast` named (lines from 1, columns in UTF-8 bytes from 0).

    kind "replace": the expression that spans the place becomes ``source`` (an expression).
    kind "before" / "after": ``source`` (statements, not indented) goes before / after the statement that spans the place.
    kind "statement": the statement that spans the place becomes ``source`` (statements, not indented; empty to take it away).
    kind "import": ``source`` (one import statement) is added unless the module has it; the place is not used.
    kind "text": the bytes of the place, inside a literal or in a file of another language, become ``source``.
    path: empty for the finding's own file, else another file of the project, relative to its root.
    """

    kind: str
    source: str
    line: int = 0
    column: int = 0
    end_line: int = 0
    end_column: int = 0
    path: str = ""


@dataclass(frozen=True, slots=True)
class Migration:
    """A change of the schema with its way back. up and down are SQL, each statement ended by ``;`` and a line end.

    schema: "" if the table is found without one.
    """

    name: str
    dialect: str
    database: str
    table: str
    columns: tuple[str, ...]
    up: str
    down: str
    schema: str = ""


@dataclass(frozen=True, slots=True)
class Measured:
    """What one execution of a statement cost before and after, in ``metric``, on a copy of its database."""

    metric: str
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Rewrite:
    """The new code or the migration; ``why`` and ``memory`` go into the patch message.

    watched: ``path::qualified.name`` of functions beyond the changed ones whose answers tell whether it is right.
    reshapes: objects of the new code hold a deque where they held a list, or an index beside it, so those of a recorded
    run do not fit it; or what one call keeps is for the next, so that calls by themselves do not tell the gain.
    measured: the gain, where it is a database's and not the program's own.
    tolerance: by how much of its value a float of an answer may be another one; only what the user set.
    """

    edits: tuple[Edit, ...] = ()
    migration: Migration | None = None
    why: str = ""
    memory: str = ""
    watched: tuple[str, ...] = ()
    reshapes: bool = False
    measured: Measured | None = None
    tolerance: float = 0.0


@dataclass(frozen=True, slots=True)
class Suspect:
    """A finding before it is proved, with what the rule understood of the code (its own, opaque to the engine)."""

    finding: Finding
    reading: Any
    watches: tuple[Watch, ...] = ()
    function: Function | None = None


def nowhere(database: str) -> tuple[str, ...] | None:
    """The `Definitions` where no database can be asked."""
    return None


@dataclass(frozen=True, slots=True)
class Case:
    """All that a rule may look at when it argues: one object, never a growing list of parameters.

    tolerance: how far floats may differ, relative to the larger, as the user set it; 0 for not at all.
    """

    suspect: Suspect
    program: Program
    seen: Mapping[str, Seen] = field(default_factory=dict)
    executions: tuple[Execution, ...] = ()
    catalog: Catalog | None = None
    copy: Copy | None = None
    proofs: tuple[Proof, ...] = ()
    taken: frozenset[str] = frozenset()
    definitions: Definitions = nowhere
    tolerance: float = 0.0

    def level(self, obligation: str) -> Level:
        """The level at which a proof of this name stands; open if there is none."""
        return next((proof.level for proof in self.proofs if proof.obligation == obligation), Level.OPEN)

    def watched(self, name: str) -> Seen | None:
        """What the watch ``name`` of this suspect saw."""
        return self.seen.get(f"{self.suspect.finding.id}:{name}")


@dataclass(frozen=True, slots=True)
class Obligation:
    """A named condition under which the new code means the same; ``says`` reads on after "safe if"."""

    name: str
    says: str
    check: Callable[[Case], Proof]


@dataclass(frozen=True, slots=True)
class Bound:
    """What a scan itself can take of the run at most, from what was counted; see `rules.bounds`.

    seconds: of the interpreter's own work. beside: names of functions of the program that this work calls (``__eq__``);
    what was recorded in them comes on top.
    """

    seconds: float
    beside: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Evidence:
    """Whether the observed sizes make the change worth a diff, and the reason in numbers.

    Not enough and no reason: at second sight it is nothing for the rule, and nothing is said of it. bound: None where
    all that its lines take, calls and all, may be saved.
    """

    enough: bool
    reason: str
    numbers: Mapping[str, int | float | str] = field(default_factory=dict)
    gain: float = 1.0  # expected ratio old/new of this scan, from sizes and measured cost per step
    bound: Bound | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One argument. ``name``, ``page`` (the docstring) and ``origin`` come from the file that holds it.

    in_function looks at one function's reading; in_statements looks at what was executed and at the catalog;
    in_loads looks at what a mapper loaded for objects one by one; in_runs at all statements that ran, and those loads;
    in_settings looks at what the recording says of pools and connections, knowing for how many more the server given
    with ``--database`` has room (-1 if that is not known).
    promises: the ratio below which a measured gain is not worth the change. counter: the exact count that the change
    must lower ("queries", "pool-waits", "connections", "vm-steps"), empty if only time tells.
    grows: whether the gain grows with the data; a constant factor is worth a word only where a run showed it hot.
    together: of its suspects side by side, why some are left to another one, by the finding's id.
    scale: what the code says of the size of its n; without it, or where that is not MANY, only a run can bring it up.
    """

    title: str
    worth: Callable[[Case], Evidence]
    safe_if: tuple[Obligation, ...]
    rewrite: Callable[[Case], Rewrite]
    promises: float
    in_function: Callable[[Function, Program], Iterator[Suspect]] | None = None
    in_statements: Callable[[tuple[Execution, ...], Catalog], Iterator[Suspect]] | None = None
    in_loads: Callable[[Sequence[Load], Program], Iterator[Suspect]] | None = None
    in_runs: Callable[[Sequence[Execution], Sequence[Load], Program], Iterator[Suspect]] | None = None
    in_settings: Callable[[Recording, Program, int], Iterator[Suspect]] | None = None
    counter: str = ""
    grows: bool = True
    scale: Callable[[Suspect], Extent] | None = None
    together: Callable[[Sequence[Case]], Mapping[str, str]] | None = None
    name: str = ""
    page: str = ""
    origin: str = ""


def never_written(case: Case) -> Rewrite:
    """The rewrite of a rule that only suggests: one of its obligations stays open."""
    raise AssertionError("a suggestion is never written")


def weigh(rule: Rule, case: Case) -> tuple[tuple[Proof, ...], Level]:
    """Check each obligation; the level is that of the weakest."""
    proofs = tuple(obligation.check(case) for obligation in rule.safe_if)
    return proofs, min((proof.level for proof in proofs), default=Level.PROVED)
