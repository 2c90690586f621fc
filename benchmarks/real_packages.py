"""perfprof on real packages with their own tests: what is found, what is changed, and whether the tests stay green.

    python benchmarks/real_packages.py [NAME...] [--fix | --only-fix] [--min-share S] [--keep FOLDER]

Downloads the source archive of each package, and the package with what it needs into one virtual environment. Then:

1. the package's own tests; 2. `perfprof check`; 3. without the judge, every patch that the rules write for findings
without an open obligation, however small or cold, and all of them at once: the tests must end as before; 4. with
``--fix`` on a fresh copy, `perfprof fix --apply --min-share S` (0, all there is, unless told) with the package's file
below examples/ as the workload (without one, its tests) and its tests as the tests, and the tests again.
``--only-fix`` leaves 2 and 3 out.

Prints one line a package, and every test that ends otherwise than before.
"""

from __future__ import annotations

import argparse
import json
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import venv
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from packages import PACKAGES, Package, Suite, outcomes

from perfprof.errors import PerfprofError
from perfprof.optimizer.argue import prove
from perfprof.optimizer.checking import is_test
from perfprof.optimizer.options import FixOptions
from perfprof.optimizer.patches import Patch
from perfprof.optimizer.plan import plan
from perfprof.optimizer.project import Command
from perfprof.optimizer.rewriting import rewrite
from perfprof.optimizer.sources import Sources
from perfprof.optimizer.suspects import Accused, Suspects
from perfprof.optimizer.workload import observe
from perfprof.optimizer.writing.merging import conflict, merged
from perfprof.rules import registry
from perfprof.rules.reading.program import Program
from perfprof.rules.rule import Case, Evidence, Rule, Suspect

TIMEOUT = 600.0  # seconds for one run of a suite
EXAMPLES = Path(__file__).parent / "examples"
LEFT_OUT = {"tests", "test", "docs", "doc", "examples", "build", "benchmarks", "integration_tests"}


class BenchError(Exception):
    """A package that cannot be tried, and why."""


@dataclass(frozen=True)
class Bench:
    """A folder with archives, one environment, and a copy of each package for each purpose."""

    folder: Path

    @property
    def python(self) -> str:
        """The interpreter of the environment."""
        return str(self.folder / "env" / "bin" / "python")

    def prepare(self, packages: tuple[Package, ...]) -> None:
        """The environment with every package, so that its metadata and dependencies are there."""
        if not (self.folder / "env").is_dir():
            venv.create(self.folder / "env", with_pip=True)
        wanted = [f"{one.name}=={one.version}" for one in packages]
        needs = sorted({need for one in packages for need in one.needs})
        argv = [self.python, "-m", "pip", "install", "-q", "pytest", *wanted, *needs]
        subprocess.run(argv, check=True, stderr=subprocess.DEVNULL)

    def copy(self, package: Package, purpose: str) -> Path:
        """A fresh tree of a package."""
        archives = self.folder / "archives"
        label = f"{package.name}-{package.version}"
        if not list(archives.glob(f"{label}.tar.gz")):
            argv = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:"]
            subprocess.run(
                [*argv, f"{package.name}=={package.version}", "-d", str(archives)],
                check=True,
                stderr=subprocess.DEVNULL,
            )
        target = self.folder / purpose
        shutil.rmtree(target / label, ignore_errors=True)
        with tarfile.open(next(archives.glob(f"{label}.tar.gz"))) as opened:
            opened.extractall(target, filter="data")
        return target / label

    def command(self, package: Package) -> list[str]:
        """The test command: the tree's own code, by a path relative to it, so that it holds in copies."""
        options = [
            "-q",
            "-p",
            "no:cacheprovider",
            "-o",
            "addopts=",
            "-o",
            "filterwarnings=",
            "-o",
            f"pythonpath={package.source}",
        ]
        return [self.python, "-m", "pytest", *options, *package.tests]

    def suite(self, package: Package, tree: Path) -> Suite:
        """Run the tests, if it has any."""
        if not package.tests:
            return Suite({})
        report = tree.parent / f"{package.name}.xml"
        report.unlink(missing_ok=True)
        argv = [*self.command(package), "-rfE", f"--junitxml={report}", "-o", "junit_family=xunit1"]
        argv += ["--continue-on-collection-errors"]
        begun = time.perf_counter()
        ran = subprocess.run(
            argv, cwd=tree, capture_output=True, text=True, timeout=TIMEOUT, check=False, stdin=subprocess.DEVNULL
        )
        if not report.exists():
            raise BenchError(f"{package.name}: the tests cannot run\n{ran.stdout[-500:]}{ran.stderr[-300:]}")
        red = re.findall(r"^(?:FAILED|ERROR) (\S+?(?:::.*?)?)(?: - .*)?$", ran.stdout, re.MULTILINE)
        return Suite(
            dict(outcomes(ElementTree.parse(report).getroot())),
            tuple(dict.fromkeys(red)),
            time.perf_counter() - begun,
        )


def checked(tree: Path) -> list[dict[str, Any]]:
    """What `perfprof check` says of a tree."""
    argv = [sys.executable, "-m", "perfprof", "check", "--no-cache", "--json", "-", "."]
    ran = subprocess.run(argv, cwd=tree, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    if ran.returncode > 1:
        raise BenchError(f"{tree.name}: check failed\n{ran.stderr}")
    found: list[dict[str, Any]] = json.loads(ran.stdout)["findings"]
    return found


@dataclass(frozen=True)
class Stressed:
    """Every patch that the rules stand by. never: patches to code that the tests do not reach."""

    suspects: int
    patches: tuple[Patch, ...]
    held: int


def stress(bench: Bench, package: Package, tree: Path, tests: list[str], seconds: float) -> Stressed:
    """Apply every patch whose obligations are not open, whatever it gains."""
    sources = Sources(tree)
    program = Program(tree, sources.text)
    accused = tuple(Accused(rule, suspect) for rule in eager_rules() for suspect in suspects(rule, tree, program))
    options = FixOptions(tree, workload=Command(tuple(tests)), timeout=TIMEOUT)
    folder = tree.parent / f"{package.name}-run"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    found = Suspects(accused, 0, 0)
    planned = plan(prove(found, program, observe(options, folder, found, seconds).seen, ()).proven)
    written = rewrite(planned, sources, tree)
    chosen: list[Patch] = []
    for _, patch in written.patches:
        if not conflict(patch, chosen):
            chosen.append(patch)
    for change in merged(chosen):
        (tree / change.path).write_bytes(change.after.encode())
    held = len(planned.held_back) + len(written.refused) + len(written.patches) - len(chosen)
    return Stressed(len(accused), tuple(chosen), held)


def eager_rules() -> list[Rule]:
    """The rules on Python code, content with any size."""
    rules = [rule for rule in registry().values() if rule.in_function and Path(rule.origin).parent.name == "python"]
    return [replace(rule, worth=always) for rule in rules]


def always(case: Case) -> Evidence:
    """Any size will do."""
    return Evidence(True, "not asked for")


def suspects(rule: Rule, tree: Path, program: Program) -> list[Suspect]:
    """What a rule says of all code of a tree, tests aside."""
    assert rule.in_function is not None
    found = []
    for path in sorted(tree.rglob("*.py")):
        module = (
            None if LEFT_OUT & set(path.relative_to(tree).parts) or is_test(path, tree) else program.module(path)
        )
        for function in module.functions if module is not None else ():
            found += list(rule.in_function(function, program))
    return found


def fixed(package: Package, tree: Path, tests: list[str], python: str, min_share: float) -> dict[str, int]:
    """How many findings of `perfprof fix` ended how."""
    report = tree.parent / f"{tree.name}.json"
    argv = [sys.executable, "-m", "perfprof", "fix", "--apply", "-q", "--min-share", str(min_share)]
    argv += ["--timeout", str(TIMEOUT), "--json", str(report)]
    argv += ["--tests", shlex.join(tests), "--"] if package.tests else ["--"]
    argv += example(package, tree, python) or tests
    report.unlink(missing_ok=True)
    (tree / "pyproject.toml").touch()  # where the project begins
    ran = subprocess.run(argv, cwd=tree, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if not report.exists():
        return {f"exit {ran.returncode}: {ran.stderr.strip()[:300]}": 1}
    return dict(Counter(one["status"] for one in json.loads(report.read_text("utf-8"))["findings"]))


def example(package: Package, tree: Path, python: str) -> list[str]:
    """The command that uses the package on much data, from a file put into the tree; empty if there is none."""
    file = EXAMPLES / f"uses_{package.name.replace('-', '_')}.py"
    if not file.exists():
        return []
    source = f"import sys; sys.path.insert(0, {package.source!r})\n"
    (tree / file.name).write_text(source + file.read_text("utf-8"), "utf-8")
    return [python, file.name]


def told_of_fix(bench: Bench, package: Package, min_share: float) -> None:
    """How `perfprof fix --apply` ends, and the tests before and after."""
    tree = bench.copy(package, "fix")
    before = bench.suite(package, tree)
    begun = time.perf_counter()
    said = fixed(package, tree, [*bench.command(package), *before.without_red], bench.python, min_share)
    seconds = time.perf_counter() - begun
    after = bench.suite(package, tree)
    ends = ", ".join(f"{number} {status}" for status, number in sorted(said.items()))
    print(
        f"{package.name:14} fix: {ends or 'nothing found'}; tests {before} -> {after} ({seconds:.0f} s)", flush=True
    )
    for line in before.changed(after):
        print(f"    {line}", flush=True)


def told(bench: Bench, package: Package) -> None:
    """One package's line."""
    tree = bench.copy(package, "stress")
    before = bench.suite(package, tree)
    count = len(checked(tree))
    tests = [*bench.command(package), *before.without_red]
    stressed = stress(bench, package, tree, tests, before.seconds)
    after = bench.suite(package, tree)
    rules = ", ".join(f"{name} {number}" for name, number in Counter(one.rule for one in stressed.patches).items())
    print(
        f"{package.name:14} {before!s:26} {count:5} {stressed.suspects:8} {len(stressed.patches):8} "
        f"{stressed.held:5}  {after!s:26} {rules}",
        flush=True,
    )
    for line in before.changed(after):
        print(f"    {line}", flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="packages; all if none is given")
    parser.add_argument("--fix", action="store_true", help="also `perfprof fix --apply`")
    parser.add_argument("--only-fix", action="store_true", help="only that")
    parser.add_argument(
        "--min-share", type=float, default=0.0, help="fix: the least share of the cost that is shown"
    )
    parser.add_argument("--keep", type=Path, help="a folder for archives, environment and trees")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        bench = Bench((given.keep or Path(temporary)).absolute())
        chosen = tuple(one for one in PACKAGES if not given.names or one.name in given.names)
        bench.prepare(chosen)
        print(
            f"{'package':14} {'tests':26} {'check':>5} {'suspects':>8} {'patched':>8} {'held':>5}  tests, all patched"
        )
        for package in chosen:
            try:
                if not given.only_fix:
                    told(bench, package)
                if given.fix or given.only_fix:
                    told_of_fix(bench, package, given.min_share)
            except (BenchError, PerfprofError, subprocess.SubprocessError) as problem:
                print(f"{package.name:14} {problem}", flush=True)


if __name__ == "__main__":
    main()
