"""What the user asked for: the command line over ``[tool.perfprof]`` over these defaults."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from perfprof.optimizer.project import Command, Project

Sampler = Literal["auto", "py-spy", "loops", "off"]  # as perfprof.profilers.workload.record takes them


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """For reading without a run.

    root, paths: absolute. only: names of rules, empty for all. min_share: findings below this share of the cost are
    counted, not shown. diff: only code changed since this git revision. jobs: processes, 0 for one a core.
    executor: ``module:callable`` that returns a concurrent.futures.Executor, empty for our own. unmeasured: also findings
    of which only a run can tell whether their n is large.
    """

    root: Path
    paths: tuple[Path, ...] = ()
    only: tuple[str, ...] = ()
    min_share: float = 0.01
    cache: bool = True
    diff: str = ""
    jobs: int = 0
    executor: str = ""
    unmeasured: bool = False
    debug: bool = False

    @property
    def project(self) -> Project:
        """Where the code is; the whole root if no path was named."""
        return Project(self.root, self.paths or (self.root,))


@dataclass(frozen=True, slots=True)
class FixOptions:
    """For the main job; what it shares with CheckOptions means the same.

    database: URL of a database whose catalog and statistics may be read, never written. timeout: seconds for one run
    of the workload or of the tests, 0 for none. keep: captured calls stay in the run's folder. keep_literals: values
    in statements are not hashed. tolerance: by how much of its value a float of a result may be another one, 0 for not at all;
    docs/decisions/0030 says what that means.
    """

    root: Path
    paths: tuple[Path, ...] = ()
    workload: Command | None = None
    tests: Command | None = None
    database: str = ""
    apply: bool = False
    only: tuple[str, ...] = ()
    min_share: float = 0.01
    sampler: Sampler = "auto"
    timeout: float = 0.0
    keep: bool = False
    keep_literals: bool = False
    tolerance: float = 0.0
    jobs: int = 0
    executor: str = ""
    debug: bool = False

    @property
    def project(self) -> Project:
        """Where the code is and the commands to run in it."""
        return Project(self.root, self.paths or (self.root,), self.workload, self.tests)
