"""Where the judge runs things: two trees, the user's two commands, the interpreter behind them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import perfprof.profilers.inside
from perfprof.optimizer.judge.copying import content_of
from perfprof.optimizer.judge.interpreters import interpreter_of, script_of
from perfprof.optimizer.judge.processes import Processes, Ran
from perfprof.optimizer.judge.replay import Stage
from perfprof.optimizer.judge.suites import Suite, read
from perfprof.optimizer.judge.trees import Tree
from perfprof.optimizer.judge.workplace import DiskWatch, Workplace
from perfprof.optimizer.patches import FileChange
from perfprof.optimizer.project import Command, Project

_WITNESS = Path(perfprof.profilers.inside.__file__).parent / "witness.py"
FOREVER = 7 * 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Executed:
    """Files of the project that a run executed, relative: from its copy, and from the user's folder after all.

    interpreter: what executed them. folders: of the project on its ``sys.path``, relative.
    """

    inside: frozenset[str] = frozenset()
    outside: frozenset[str] = frozenset()
    interpreter: str = ""
    folders: tuple[str, ...] = ()


class Workbench:
    """Use as a context manager; everything is ended and removed at the end."""

    @DiskWatch()
    def __init__(self, project: Project, base: Sequence[FileChange] = ()) -> None:
        self.project = project
        self.root = project.root.resolve()
        self.processes = Processes()
        self.place = Workplace(self.root)
        try:
            content = content_of(self.root)
            self.old, self.new = (
                Tree.plant(self.root, self.place.path / name, content, (project.root,), base)
                for name in ("old", "new")
            )
            (self.place.path / "witness").mkdir()
            shutil.copyfile(_WITNESS, self.place.path / "witness" / "sitecustomize.py")
        except BaseException:
            self.place.close()
            raise
        self.left_out = content.left_out

    def follow(self) -> None:
        """Let both copies begin with the data that the project has now, after it was recorded."""
        for tree in (self.old, self.new):
            tree.follow()

    def close(self) -> None:
        """End all processes, remove all copies."""
        self.processes.close()
        self.place.close()

    def run_workload(
        self,
        tree: Tree,
        *,
        timeout: float = FOREVER,
        seed: int | None = None,
        more: Mapping[str, str] | None = None,
    ) -> Ran:
        """The workload in a tree, from its first state. seed: PYTHONHASHSEED unless the user fixed it. more: variables."""
        assert self.project.workload is not None
        tree.reset()
        env = tree.env()
        if seed is not None:
            env.setdefault("PYTHONHASHSEED", str(seed))
        env |= more or {}
        return self._run(self.project.workload, tree, env, timeout)

    def run_tests(
        self, tree: Tree, *, timeout: float = FOREVER, more: Mapping[str, str] | None = None
    ) -> tuple[Suite, Executed]:
        """The tests in a tree, and the files they executed. more: variables for their environment."""
        assert self.project.tests is not None
        ran, executed = self.watched(self.project.tests, tree, timeout, more)
        return read(ran), executed

    def watched(
        self, command: Command, tree: Tree, timeout: float = FOREVER, more: Mapping[str, str] | None = None
    ) -> tuple[Ran, Executed]:
        """Run a command with a witness of the files that it executes."""
        tree.reset()
        notes = self.place.path / "witness.notes"
        notes.unlink(missing_ok=True)
        env = tree.env(first=[self.place.path / "witness"])
        env["PERFPROF_WITNESS"] = str(notes)
        env["PERFPROF_WITNESS_ROOTS"] = os.pathsep.join(
            dict.fromkeys(map(str, (tree.path, self.root, self.project.root)))
        )
        env |= more or {}
        if more:  # a watch in each process, pytest's by its own variable
            env["PYTEST_PLUGINS"] = ",".join(filter(None, (env.get("PYTEST_PLUGINS"), "_perfprof_reach_pytest")))
            env["PYTHONPATH"] += os.pathsep + more["PERFPROF_REACH_IMPORT"]
        ran = self._run(command, tree, env, timeout)
        lines = notes.read_bytes().splitlines() if notes.exists() else []
        return ran, self._executed(tree, [os.fsdecode(line).split("\t") for line in lines])

    def stage(self, main: str = "", seen: Executed | None = None) -> Stage:
        """For replay: the old tree and the workload's interpreter.

        main: the main script, if a recording knows it. seen: what a run of the workload told.
        """
        command = self.project.workload or self.project.tests
        argv = command.argv if command is not None else ()
        script = main or (script_of(argv, self.root) if self.project.workload else "")
        known = [self.old.path / folder for folder in (seen.folders if seen is not None else ())]
        folders = [self.old.path / Path(script).parent, *known, *self.old.import_folders()]
        interpreter = (seen.interpreter if seen is not None else "") or interpreter_of(argv, self.root)
        return Stage(
            self.processes, interpreter, self.old, self.place.path, script, tuple(dict.fromkeys(map(str, folders)))
        )

    def _run(self, command: Command, tree: Tree, env: dict[str, str], timeout: float) -> Ran:
        return self.processes.run(tree.command(command.argv, env), cwd=tree.path, env=env, timeout=timeout)

    def _executed(self, tree: Tree, lines: list[list[str]]) -> Executed:
        """What the witness noted: lines of path, interpreter and folders."""
        inside = [line for line in lines if _below(Path(line[0]), tree.path)]
        folders = dict.fromkeys(_below(Path(folder), tree.path) for line in lines for folder in line[2:])
        return Executed(
            frozenset(_below(Path(line[0]), tree.path) for line in inside),
            self._outside(tree, {Path(line[0]) for line in lines}),
            next((line[1] for line in inside), ""),
            tuple(filter(None, folders)),
        )

    def _outside(self, tree: Tree, paths: set[Path]) -> frozenset[str]:
        """Files of the user's folder, environments in it aside."""
        linked = [self.root / name for name in tree.content.linked]
        ours = {path for path in paths if not any(_below(path, link) for link in linked)}
        return frozenset(_below(path, root) for root in (self.root, self.project.root) for path in ours) - {""}


def _below(path: Path, root: Path) -> str:
    """The path relative to the root ("." for the root itself), empty if it lies elsewhere."""
    return os.path.relpath(path, root) if root in (path, *path.parents) else ""
