"""How dear is `perfprof check`? CPU time as a ratio to `ast.parse` of the same files, in one process, by turns.

    python benchmarks/check.py [FOLDER...]             by default the standard library of this interpreter, without tests
    python benchmarks/check.py --beside [FOLDER...]    with ruff, perflint and refurb on the same files, where installed

Also: ten clean files in a cold process, and the same folder a second time with the memory of the first.
"""

from __future__ import annotations

import ast
import os
import resource
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median

from perfprof.optimizer.checking import CHUNK
from perfprof.optimizer.checking.reader import read_in_turn
from perfprof.optimizer.sources import Source, read_source
from perfprof.rules import registry

ROUNDS = 5
PATIENCE = 600  # seconds that a neighbour may take
LEFT_OUT = {"test", "tests", "site-packages", "idle_test", "idlelib"}


def cpu(work: Callable[[], object]) -> float:
    """CPU seconds of one call."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def reading(root: Path, files: Sequence[Path], sources: Sequence[str]) -> None:
    """The ratio of check to ast.parse over a folder."""

    def parse() -> None:
        for source in sources:
            ast.parse(source)

    def check() -> None:
        read_in_turn(root, [files[start : start + CHUNK] for start in range(0, len(files), CHUNK)], ())

    registry()  # importing the rules is told by the cold process below
    pairs = [(cpu(parse), cpu(check)) for _ in range(ROUNDS)]
    ratios = sorted(own / plain for plain, own in pairs)
    lines = sum(source.count("\n") for source in sources)
    print(
        f"{root.name}: {len(files)} files, {lines:,} lines: ast.parse {median(one for one, _ in pairs):.2f} s,",
        end=" ",
    )
    print(
        f"check {median(one for _, one in pairs):.2f} s CPU, x{median(ratios):.2f} ({ratios[0]:.2f} - {ratios[-1]:.2f})"
    )


# Each as a whole process over one copy of the files; without a cache, and perfprof with two jobs as by default.
PEERS: dict[str, tuple[str, ...]] = {
    "ast.parse": (
        sys.executable,
        "-c",
        "import ast, pathlib; [ast.parse(p.read_bytes()) for p in pathlib.Path().rglob('*.py')]",
    ),
    "perfprof check": (sys.executable, "-m", "perfprof", "check", "--no-cache", "."),
    "ruff PERF": ("ruff", "check", "--no-cache", "--isolated", "--select", "PERF", "."),
    "ruff ALL": ("ruff", "check", "--no-cache", "--isolated", "--select", "ALL", "."),
    "perflint": ("perflint", "--recursive=y", "."),
    "refurb": ("refurb", "--enable-all", "."),
}


def beside(root: Path, sources: Mapping[Path, Source]) -> None:
    """The CPU and the wall clock of perfprof and its neighbours, one run each over the same files, one after the other."""
    with tempfile.TemporaryDirectory() as folder:
        for path, source in sources.items():
            copy = Path(folder, root.name, path.relative_to(root))
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(source.text.encode())
        for peer, argv in PEERS.items():
            if shutil.which(argv[0]) is None:
                print(f"  {root.name} {peer:16} not installed")
                continue
            before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
            try:
                done = subprocess.run(argv, cwd=folder, capture_output=True, check=False, timeout=PATIENCE)
                said = f"{done.stdout.count(bytes([10])):>8,} lines said, exit {done.returncode}"
            except subprocess.TimeoutExpired:
                said = f"         stopped after {PATIENCE} s"
            after, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - begun
            spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            print(f"  {root.name} {peer:16} {spent:8.2f} s CPU {wall:8.2f} s wall {said}", flush=True)


def cold(argv: Sequence[str], cwd: Path) -> float:
    """Median CPU seconds of a whole process, with bytecode as an installation leaves it."""
    spent = []
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = str(cwd / ".bytecode")
    subprocess.run(
        [sys.executable, "-m", "perfprof", "check", *argv],
        cwd=cwd,
        capture_output=True,
        check=False,
        env=environment,
    )
    for _ in range(ROUNDS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            [sys.executable, "-m", "perfprof", "check", *argv],
            cwd=cwd,
            capture_output=True,
            check=False,
            env=environment,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return median(spent)


def readable_files(root: Path) -> dict[Path, Source]:
    """The Python files of a folder that can be read, tests left out."""
    found = [path for path in sorted(root.rglob("*.py")) if not LEFT_OUT & set(path.relative_to(root).parts)]
    return {path: one for path in found if isinstance(one := read_source(path, root), Source)}


def main() -> None:
    """Print the figures."""
    named = [one for one in sys.argv[1:] if one != "--beside"]
    roots = [Path(one).resolve() for one in named or [sysconfig.get_path("stdlib")]]
    for root in roots:
        readable = readable_files(root)
        reading(root, list(readable), [one.code for one in readable.values()])
        if "--beside" in sys.argv:
            beside(root, readable)
    processes(readable)


def processes(readable: Mapping[Path, Source]) -> None:
    """Ten clean files, and a folder with the memory of a run before."""
    with tempfile.TemporaryDirectory() as folder:
        clean = Path(folder)
        for number in range(10):
            (clean / f"m{number}.py").write_text("def f(xs):\n    return {x: len(x) for x in xs}\n" * 20)
        print(f"ten clean files, cold process: {cold(['--no-cache', '.'], clean):.3f} s CPU")
    with tempfile.TemporaryDirectory() as folder:
        copies = Path(folder)
        for number, one in enumerate(list(readable.values())[:300]):
            (copies / f"m{number}.py").write_text(one.text)
        first = cold(["--no-cache", "."], copies)
        cold(["."], copies)
        print(f"300 files: {first:.2f} s CPU, again with memory: {cold(['.'], copies):.2f} s")


if __name__ == "__main__":
    main()
