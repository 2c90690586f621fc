"""Where the judge runs things: two trees, the user's two commands, the interpreter behind them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import perfprof.profilers.inside
from perfprof.optimizer.judge.copying import content_of
from perfprof.optimizer.judge.interpreters import interpreter_of, script_of
from perfprof.optimizer.judge.processes import Processes, Ran
from perfprof.optimizer.judge.replay import Stage
from perfprof.optimizer.judge.suites import Suite, read
from perfprof.optimizer.judge.trees import Tree
from perfprof.optimizer.judge.workplace import Workplace
from perfprof.optimizer.patches import FileChange
from perfprof.optimizer.project import Command, Project

_WITNESS = Path(perfprof.profilers.inside.__file__).parent / "witness.py"
FOREVER = 7 * 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Executed:
    """Files of the project that a run executed, relative: from its copy, and from the user's folder after all."""

    inside: frozenset[str]
    outside: frozenset[str]


class Workbench:
    """Use as a context manager; everything is ended and removed at the end."""

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

    def close(self) -> None:
        """End all processes, remove all copies."""
        self.processes.close()
        self.place.close()

    def run_workload(self, tree: Tree, *, timeout: float = FOREVER, seed: int | None = None) -> Ran:
        """The workload in a tree, from its first state. seed: PYTHONHASHSEED unless the user fixed it."""
        assert self.project.workload is not None
        tree.reset()
        env = tree.env()
        if seed is not None:
            env.setdefault("PYTHONHASHSEED", str(seed))
        return self._run(self.project.workload, tree, env, timeout)

    def run_tests(self, tree: Tree, *, timeout: float = FOREVER) -> tuple[Suite, Executed]:
        """The tests in a tree, and the files they executed."""
        assert self.project.tests is not None
        ran, executed = self.watched(self.project.tests, tree, timeout)
        return read(ran), executed

    def watched(self, command: Command, tree: Tree, timeout: float = FOREVER) -> tuple[Ran, Executed]:
        """Run a command with a witness of the files that it executes."""
        tree.reset()
        notes = self.place.path / "witness.notes"
        notes.unlink(missing_ok=True)
        env = tree.env(first=[self.place.path / "witness"])
        env["PERFPROF_WITNESS"] = str(notes)
        env["PERFPROF_WITNESS_ROOTS"] = os.pathsep.join(
            dict.fromkeys(map(str, (tree.path, self.root, self.project.root)))
        )
        ran = self._run(command, tree, env, timeout)
        lines = notes.read_bytes().splitlines() if notes.exists() else []
        return ran, self._executed(tree, {Path(os.fsdecode(line)) for line in lines})

    def stage(self, main: str = "") -> Stage:
        """For replay: the old tree and the workload's interpreter. main: the main script, if a recording knows it."""
        command = self.project.workload or self.project.tests
        argv = command.argv if command is not None else ()
        script = main or (script_of(argv, self.root) if self.project.workload else "")
        folders = [self.old.path / Path(script).parent if script else self.old.path, *self.old.import_folders()]
        return Stage(
            self.processes,
            interpreter_of(argv, self.root),
            self.old,
            self.place.path,
            script,
            tuple(dict.fromkeys(map(str, folders))),
        )

    def _run(self, command: Command, tree: Tree, env: dict[str, str], timeout: float) -> Ran:
        return self.processes.run(tree.command(command.argv, env), cwd=tree.path, env=env, timeout=timeout)

    def _executed(self, tree: Tree, paths: set[Path]) -> Executed:
        roots = (self.root, self.project.root)
        linked = [self.root / name for name in tree.content.linked]
        inside = {str(path.relative_to(tree.path)) for path in paths if tree.path in path.parents}
        outside = {
            str(path.relative_to(root))
            for root in roots
            for path in paths
            if root in path.parents and not any(link in path.parents for link in linked)
        }
        return Executed(frozenset(inside), frozenset(outside - inside))
