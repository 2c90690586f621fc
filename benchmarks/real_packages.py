"""perfprof on real packages with their own tests: what is found, what is changed, and whether the tests stay green.

    python benchmarks/real_packages.py [NAME...] [--fix] [--keep FOLDER]

Downloads the source archive of each package, and the package with what it needs into one virtual environment. Then:

1. the package's own tests; 2. `perfprof check`; 3. without the judge, every patch that the rules write for findings
without an open obligation, however small or cold, and all of them at once: the tests must end as before; 4. with
``--fix`` on a fresh copy, `perfprof fix --apply --min-share 0` with the tests as the workload, and the tests again.

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

from perfprof.errors import PerfprofError
from perfprof.optimizer.argue import Accused, Suspects, prove
from perfprof.optimizer.checking import is_test
from perfprof.optimizer.options import FixOptions
from perfprof.optimizer.patches import Patch
from perfprof.optimizer.plan import plan
from perfprof.optimizer.project import Command
from perfprof.optimizer.rewriting import rewrite
from perfprof.optimizer.sources import Sources
from perfprof.optimizer.workload import observe
from perfprof.optimizer.writing.merging import conflict, merged
from perfprof.rules import registry
from perfprof.rules.reading.program import Program
from perfprof.rules.rule import Case, Evidence, Rule, Suspect

TIMEOUT = 600.0  # seconds for one run of a suite
LEFT_OUT = {"tests", "test", "docs", "doc", "examples", "build", "benchmarks", "integration_tests"}


class BenchError(Exception):
    """A package that cannot be tried, and why."""


@dataclass(frozen=True)
class Package:
    """A package of the index. tests: arguments of pytest, from the root of the archive.

    needs: what the tests import beside pytest and the package's own dependencies. source: where the import begins.
    """

    name: str
    version: str
    tests: tuple[str, ...] = ("tests",)
    needs: tuple[str, ...] = ()
    source: str = "."


PACKAGES = (
    Package("anytree", "2.13.0", source="src"),
    Package("boltons", "26.2.0"),
    Package("chess", "1.11.2", ("test.py", "-k", "not Engine and not PerftTest")),
    Package("csvkit", "2.2.0"),
    Package("deepdiff", "9.1.0", needs=("numpy", "pandas", "pydantic", "jsonpickle", "pytz", "python-dateutil")),
    Package("glom", "25.12.0", ("glom/test",), ("pyyaml",)),
    Package("jsonpath_ng", "1.16.0", needs=("hypothesis",), source="src"),
    Package("lark", "1.3.1", ("tests/test_parser.py", "tests/test_trees.py", "tests/test_tools.py")),
    Package("mako", "1.4.3", ("test",)),
    Package("markdown", "3.11.3"),
    Package("mido", "1.3.3"),
    Package("mistune", "3.4.0", source="src"),
    Package("more_itertools", "11.2.1"),
    Package(
        "networkx", "3.6.1", tuple(f"networkx/algorithms/{part}" for part in ("coloring", "traversal", "tree"))
    ),
    Package("parso", "0.8.7", ("test",)),
    Package("petl", "1.7.30", ("petl/test/transform", "petl/test/util")),
    Package("prettytable", "3.18.0", needs=("pytest-lazy-fixtures",), source="src"),
    Package("pyparsing", "3.3.3", ("tests/test_simple_unit.py", "tests/test_util.py")),
    Package("sgfmill", "1.1.1", ("sgfmill_tests",)),
    Package("sqlparse", "0.6.1"),
    Package("tabulate", "0.10.0", ("test",)),
    Package("textdistance", "4.6.3", ("tests",), ("hypothesis", "numpy")),
    Package("toolz", "1.0.0", ("toolz/tests",)),
    Package("transitions", "0.9.3", ("tests/test_core.py", "tests/test_nesting.py", "tests/test_states.py")),
)


@dataclass(frozen=True)
class Suite:
    """How the tests of a package ended: the outcome of each by its name. red: pytest's ids of what did not pass."""

    outcomes: dict[str, str]
    red: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def without_red(self) -> list[str]:
        """Arguments of pytest that leave out what does not pass here before anything is changed."""
        return [f"--{'deselect' if '::' in one else 'ignore'}={one}" for one in self.red]

    def __str__(self) -> str:
        counts = Counter(self.outcomes.values())
        return f"{counts['passed']} passed" + (f", {counts['failed']} failed" if counts["failed"] else "")

    def changed(self, other: Suite) -> list[str]:
        """Names of the tests that ended otherwise, with both outcomes."""
        names = sorted({*self.outcomes, *other.outcomes})
        pairs = [(name, self.outcomes.get(name, "missing"), other.outcomes.get(name, "missing")) for name in names]
        return [f"{name}: {before} -> {after}" for name, before, after in pairs if before != after]


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
        """Run the tests."""
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
            dict(_outcomes(ElementTree.parse(report).getroot())),
            tuple(dict.fromkeys(red)),
            time.perf_counter() - begun,
        )


def _outcomes(root: ElementTree.Element) -> list[tuple[str, str]]:
    found = []
    for case in root.iter("testcase"):
        kinds = {child.tag for child in case}
        outcome = "failed" if kinds & {"failure", "error"} else "skipped" if "skipped" in kinds else "passed"
        found.append((f"{case.get('classname')}.{case.get('name')}", outcome))
    return found


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


def fixed(tree: Path, tests: list[str]) -> dict[str, int]:
    """How many findings of `perfprof fix` ended how."""
    report = tree.parent / f"{tree.name}.json"
    command = shlex.join(tests)
    argv = [sys.executable, "-m", "perfprof", "fix", "--apply", "-q", "--min-share", "0"]
    argv += ["--timeout", str(TIMEOUT), "--tests", command, "--json", str(report), "--", *tests]
    report.unlink(missing_ok=True)
    (tree / "pyproject.toml").touch()  # where the project begins
    ran = subprocess.run(argv, cwd=tree, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if not report.exists():
        return {f"exit {ran.returncode}: {ran.stderr.strip()[:300]}": 1}
    return dict(Counter(one["status"] for one in json.loads(report.read_text("utf-8"))["findings"]))


def told(bench: Bench, package: Package, *, fix: bool) -> None:
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
    if fix:
        tree = bench.copy(package, "fix")
        said = fixed(tree, tests)
        last = bench.suite(package, tree)
        print(f"    fix: {said}, tests {last}", *before.changed(last), flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="packages; all if none is given")
    parser.add_argument("--fix", action="store_true", help="also `perfprof fix --apply`")
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
                told(bench, package, fix=given.fix)
            except (BenchError, PerfprofError, subprocess.SubprocessError) as problem:
                print(f"{package.name:14} {problem}", flush=True)


if __name__ == "__main__":
    main()
