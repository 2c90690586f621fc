"""The two sides of a comparison: a recording that is there, or a revision whose workload is run here and now."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from perfprof.errors import BaselineError, UsageError
from perfprof.optimizer.judge.copying import content_of
from perfprof.optimizer.judge.processes import Processes, Ran
from perfprof.optimizer.judge.trees import Tree
from perfprof.optimizer.judge.verdict import Comparison
from perfprof.optimizer.judge.whole import Side, workload_benchmark
from perfprof.optimizer.judge.workplace import Workplace
from perfprof.optimizer.project import Command

WORKING_TREE = "."
FOREVER = 7 * 24 * 3600.0


def revision(name: str, root: Path) -> str:
    """The commit that ``name`` means, WORKING_TREE for itself; empty if it is no revision of this project."""
    if name == WORKING_TREE:
        return name
    asked = ["git", "-C", str(root), "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"]
    try:
        found = subprocess.run(asked, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return found.stdout.strip()


@dataclass(frozen=True, slots=True)
class Timed:
    """Both sides by turns: one recording each, and what the runs without a recorder took, by figure."""

    before: Path
    after: Path
    paired: Mapping[str, Comparison]


class Revisions:
    """Two revisions of one project, laid out side by side; a context manager that removes all it made."""

    def __init__(self, root: Path, before: str, after: str) -> None:
        self._root = root
        self._processes = Processes()
        self._place = Workplace(root)
        try:
            self._trees: dict[Side, Tree] = {"old": self._plant("old", before), "new": self._plant("new", after)}
        except BaseException:
            self._place.close()
            raise

    def __enter__(self) -> Revisions:
        return self

    def __exit__(self, *_: object) -> None:
        self._processes.close()
        self._place.close()

    def measure(self, workload: Command, seconds: float) -> Timed:
        """Record the workload once on each side, then run both by turns until the answer stands.

        seconds: wall clock for the runs by turns. BaselineError if the workload fails on a side.
        """
        recordings = {side: self._record(side, workload) for side in self._trees}
        times = workload_benchmark(
            lambda side, seed: self._run(side, workload.argv, workload.folder, seed), promise=1.0, seconds=seconds
        )
        if times.failed:
            raise BaselineError(times.failed)
        found = {"cpu": times.cpu, "wall": times.wall, "memory": times.memory}
        paired = {name: one for name, one in found.items() if one is not None}
        return Timed(recordings["old"], recordings["new"], paired)

    def root(self, side: Side) -> Path:
        """Where the files of a side are: paths in its recording begin with it."""
        return self._trees[side].path.resolve()

    def _plant(self, side: Side, commit: str) -> Tree:
        source = self._root
        if commit != WORKING_TREE:
            source = self._place.path / f"{side}-source"
            source.mkdir()
            _extract(self._root, commit, source)
            for name in content_of(self._root).linked:  # environments are not in git
                if not (source / name).exists():
                    (source / name).parent.mkdir(parents=True, exist_ok=True)
                    (source / name).symlink_to(self._root / name)
        return Tree.plant(source, self._place.path / side, content_of(source), (self._root,))

    def _record(self, side: Side, workload: Command) -> Path:
        """A recording made by a perfprof of its own, so that nothing of this process reaches the program."""
        file = self._place.path / f"{side}.sqlite"
        argv = [sys.executable, "-m", "perfprof", "record", "--quiet", "-o", str(file), "--", *workload.argv]
        ran = self._run(side, argv, workload.folder, 0)
        if not ran.well or not file.exists():
            raise BaselineError(f"the workload fails on the {side} code\n{ran.last_lines(5)}", where=str(workload))
        return file

    def _run(self, side: Side, argv: list[str] | tuple[str, ...], folder: str, seed: int) -> Ran:
        tree = self._trees[side]
        tree.reset()
        env = tree.env()
        env.setdefault("PYTHONHASHSEED", str(seed))
        return self._processes.run(tree.command(argv, env), cwd=tree.path / folder, env=env, timeout=FOREVER)


def _extract(root: Path, commit: str, target: Path) -> None:
    """The files of a commit, as git would check them out."""
    archive = target.with_suffix(".tar")
    made = subprocess.run(
        ["git", "-C", str(root), "archive", "--format=tar", "-o", str(archive), commit],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        raise UsageError(f"git cannot give this revision: {made.stderr.strip()}", where=commit)
    with tarfile.open(archive) as files:
        asked = {"filter": "tar"} if hasattr(tarfile, "tar_filter") else {}  # newer patch releases of 3.10 and 3.11
        files.extractall(target, **asked)  # type: ignore[arg-type]  # noqa: S202 (the user's own files)
    archive.unlink()
