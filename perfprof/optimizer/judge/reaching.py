"""Which tests reach a changed function: one run of the suite on the old code, with a note at each such function."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from perfprof.optimizer.judge.suites import Suite
from perfprof.optimizer.judge.trees import Tree, read_text
from perfprof.optimizer.judge.watching import INSIDE, watched
from perfprof.optimizer.judge.workbench import Executed, Workbench
from perfprof.optimizer.patches import FileChange

_UNITTEST = re.compile(r"(\w+) \(([\w.]+)\)$")
Found = dict[str, frozenset[str]]  # function -> tests; "" among them: reached outside any single test


class Reach:
    """For all patches and all judges of a project: what is announced is watched in one run."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._functions: frozenset[str] = frozenset()
        self._found: Found | None = None
        self.patches = 0

    def announce(self, functions: Iterable[str], patches: int) -> None:
        """So many patches of these functions will come."""
        self._functions |= frozenset(functions)
        self.patches += patches

    def tests(self, functions: Iterable[str], run: Callable[[frozenset[str]], Found]) -> frozenset[str] | None:
        """The tests that reach one of the functions; None if that is not known, or if all may."""
        wanted = frozenset(functions)
        with self._lock:
            if self._found is None:
                self._found = run(self._functions | wanted)
        if not wanted or not wanted <= self._found.keys():
            return None
        tests = frozenset().union(*(self._found[function] for function in wanted))
        return None if "" in tests else tests


def reached(bench: Workbench, functions: Iterable[str], timeout: float) -> Found:
    """Run the tests on the old tree and see who calls the functions. Functions that cannot be watched are missing."""
    folder = _folder(bench)
    tree = bench.old
    by_path: dict[str, list[str]] = {}
    for function in functions:
        path, _, name = function.partition("::")
        by_path.setdefault(path, []).append(name)
    tree.write(())
    changes = []
    for path, names in by_path.items():
        text = read_text(tree.path / path)
        changes.append(FileChange(path, text, watched(path, text, names, folder / "import", "_perfprof_reach")))
    try:
        tree.write(changes)
        suite, _ = bench.run_tests(
            tree, timeout=timeout, more=_environment(folder, "PERFPROF_REACH", folder / "notes")
        )
    finally:
        tree.write(())
    return _read(folder / "notes") if suite.green else {}


def run_some(bench: Workbench, tree: Tree, tests: Iterable[str], timeout: float) -> tuple[Suite, Executed]:
    """Only these tests, where the runner is one that can be told so; else all."""
    folder = _folder(bench)
    names = folder / "tests"
    names.write_text("\n".join(map(identity, tests)), encoding="utf-8")
    return bench.run_tests(tree, timeout=timeout, more=_environment(folder, "PERFPROF_TESTS", names))


def identity(test: str) -> str:
    """What a runner prints of a failed test -> what it calls the test itself."""
    found = _UNITTEST.fullmatch(test)
    if found is None:
        return test
    method, where = found.groups()
    return where if where.endswith(f".{method}") else f"{where}.{method}"


def _folder(bench: Workbench) -> Path:
    folder = bench.place.path / "reach"
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("import", "notes"):
        (folder / name).mkdir(parents=True)
    for name in ("reach", "reach_pytest"):
        shutil.copyfile(INSIDE / "replaying" / f"{name}.py", folder / "import" / f"_perfprof_{name}.py")
    return folder


def _environment(folder: Path, name: str, value: Path) -> dict[str, str]:
    return {name: str(value), "PERFPROF_REACH_IMPORT": str(folder / "import")}


def _read(folder: Path) -> Found:
    found: dict[str, set[str]] = {}
    for file in folder.iterdir():
        for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
            what, _, function = line.partition("\t")
            tests = found.setdefault(function, set())
            if what != "watched":
                tests.add(what.removeprefix("by "))
    return {function: frozenset(tests) for function, tests in found.items()}
