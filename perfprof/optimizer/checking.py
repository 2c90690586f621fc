"""Check: read files without running anything, fast enough for a commit hook.

Imports nothing heavy. What was read is remembered by content, with the files it depended on.
"""

from __future__ import annotations

import gc
import re
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from perfprof.optimizer.sources import Sources, python_files, syntax_reason
from perfprof.rules import registry
from perfprof.rules.reading.program import Module, Program
from perfprof.rules.rule import Case, Finding, Level, Proof, weigh

if TYPE_CHECKING:
    from perfprof.optimizer.options import CheckOptions
    from perfprof.optimizer.run import Run

CHUNK = 25  # files a task: about 60 ms of work, so that any executor's overhead is small
SERIAL = 50  # below that many files, starting processes costs more than it saves
_IGNORE = re.compile(r"#\s*perfprof:\s*ignore(?:\[([\w\s,-]+)\])?")


@dataclass(frozen=True, slots=True)
class Found:
    """A finding that reading alone leaves without an open obligation."""

    finding: Finding
    title: str
    level: Level
    proofs: tuple[Proof, ...]


@dataclass(frozen=True, slots=True)
class Read:
    """What came of one file. needs: files of the project that the answer depends on, relative."""

    path: str
    found: tuple[Found, ...] = ()
    needs: tuple[str, ...] = ()
    skipped: str = ""
    ignored: int = 0


@dataclass
class Reader:
    """Reads files of one project one after the other; parsed modules are shared."""

    root: Path
    only: tuple[str, ...] = ()
    sources: Sources = field(init=False)
    program: Program = field(init=False)

    def __post_init__(self) -> None:
        self.sources = Sources(self.root)
        self.program = Program(self.root, self.sources.text, alone=True, refuse=self._refuse)

    def _refuse(self, path: Path, error: Exception) -> None:
        self.sources.skip(path, syntax_reason(error))

    def read(self, path: Path) -> Read:
        """Let every rule look at every function of a file."""
        module = self.program.module(path)
        relative = path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else str(path)
        if module is None:
            return Read(relative, skipped=self.sources.skipped.get(relative, "cannot be read"))
        found = list(self._found(module))
        kept = tuple(one for one in found if not ignored(one.finding, module))
        needs = (other.relative for other in self.program.modules.values() if other is not None)
        return Read(
            relative, kept, tuple(sorted(set(needs) - {relative})) if found else (), "", len(found) - len(kept)
        )

    def _found(self, module: Module) -> Iterable[Found]:
        rules = [
            rule for name, rule in registry().items() if rule.in_function and (not self.only or name in self.only)
        ]
        for function in module.functions:
            for rule in rules if function.loops else ():
                assert rule.in_function is not None
                for suspect in rule.in_function(function, self.program):
                    proofs, level = weigh(rule, Case(suspect, self.program))
                    if level is not Level.OPEN:
                        yield Found(suspect.finding, rule.title, level, proofs)


def ignored(finding: Finding, module: Module) -> bool:
    """Whether the finding's line or the one above says ``# perfprof: ignore[rule] reason``."""
    lines = module.raw_lines
    for number in (finding.line, finding.line - 1):
        line = lines[number - 1].decode(errors="replace") if 0 < number <= len(lines) else ""
        match = _IGNORE.search(line)
        if match is None or (number != finding.line and not line.lstrip().startswith("#")):
            continue
        names = match.group(1)
        if names is None or finding.rule in [name.strip() for name in names.split(",")]:
            return True
    return False


def read_files(root: Path, paths: Sequence[Path], only: tuple[str, ...]) -> list[Read]:
    """One task of an executor: small values in, small values out.

    Syntax trees are many small objects that all live until the end; collecting garbage among them costs more than
    reading them, so it waits until they are gone.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        reader = Reader(root, only)
        return [reader.read(path) for path in paths]
    finally:
        if collects:
            gc.enable()


def check(options: CheckOptions) -> Run:
    """Read what the options name; the run has one outcome a finding."""
    from perfprof.optimizer import memory
    from perfprof.optimizer.run import Outcome, Run

    project = options.project
    files = python_files(project.paths, options.root)
    changed = changed_lines(options.root, options.diff) if options.diff else None
    if changed is not None:
        files = [path for path in files if path in changed]
    remembered = memory.Memory(project.home, options.only) if options.cache else None
    reads = _read_all(options, files, remembered)
    found = [one for read in reads for one in read.found if _touched(one.finding, options.root, changed)]
    found, hidden = rank(found, options)
    return Run(
        id="check",
        verb="check",
        folder="",
        root=str(options.root),
        command="",
        applied=False,
        environment={},
        outcomes=tuple(
            Outcome(one.finding, "found", reason_of(one), one.title, one.level, one.proofs) for one in found
        ),
        skipped={read.path: read.skipped for read in reads if read.skipped},
        hidden=hidden,
    )


def reason_of(one: Found) -> str:
    """What is left to show before a patch can be applied."""
    left = [proof.obligation for proof in one.proofs if proof.level is Level.OBSERVED]
    return f"to be observed: {', '.join(left)}" if left else f"{one.level.word} by reading"


def _read_all(options: CheckOptions, files: Sequence[Path], remembered: object | None) -> list[Read]:
    from perfprof.optimizer.memory import Memory

    known: dict[Path, Read] = {}
    if isinstance(remembered, Memory):
        known = remembered.known(options.root, files)
    rest = [path for path in files if path not in known]
    jobs = options.jobs or _cores()
    chunks = [rest[start : start + CHUNK] for start in range(0, len(rest), CHUNK)]
    if (len(rest) < SERIAL and not options.executor) or jobs == 1:
        fresh = read_files(options.root, rest, options.only)
    else:
        fresh = _in_parallel(options, chunks, jobs)
    if isinstance(remembered, Memory):
        remembered.keep(options.root, [*known.values(), *fresh])
    return sorted([*known.values(), *fresh], key=lambda read: read.path)


def _in_parallel(options: CheckOptions, chunks: Sequence[Sequence[Path]], jobs: int) -> list[Read]:
    from concurrent.futures.process import BrokenProcessPool

    from perfprof.optimizer.executors import executor

    reads: list[Read] = []
    left = list(chunks)
    while left:
        try:
            with executor(options.executor, jobs) as pool:
                reads += _submitted(pool, options, left)
                left = []
        except BrokenProcessPool:  # one file killed its worker: read on in smaller pieces until it is named
            done = {read.path for read in reads}
            rest = [[path for path in chunk if _relative(path, options.root) not in done] for chunk in left]
            left = [part for chunk in rest for part in (chunk[: len(chunk) // 2], chunk[len(chunk) // 2 :]) if part]
            if all(len(chunk) == 1 for chunk in left):
                reads += [Read(_relative(chunk[0], options.root), skipped="kills the reader") for chunk in left[:1]]
                left = left[1:]
    return reads


def _submitted(pool: Executor, options: CheckOptions, chunks: Sequence[Sequence[Path]]) -> list[Read]:
    futures = [pool.submit(read_files, options.root, list(chunk), options.only) for chunk in chunks]
    return [read for future in futures for read in future.result()]


def _relative(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def _cores() -> int:
    import os

    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def rank(found: Sequence[Found], options: CheckOptions) -> tuple[list[Found], int]:
    """With a recording: costliest first, and without what is cold in it; else by place."""
    from perfprof.optimizer import runs

    run = runs.latest(options.project.home)
    if run is None or not found:
        return list(found), 0
    from perfprof.profilers.recording import Recording

    shown: list[Found] = []
    file = run / "recording.sqlite"
    with Recording.open(file) as recording:
        for one in found:
            path = options.root / one.finding.path
            if not recording.total or path.stat().st_mtime > file.stat().st_mtime:
                shown.append(one)  # nothing recorded of this text
                continue
            share = recording.share(str(path), one.finding.line, one.finding.end_line)
            if share >= options.min_share:
                shown.append(replace(one, finding=replace(one.finding, share=share)))
    shown.sort(key=lambda one: (-(one.finding.share or 0.0), one.finding.path, one.finding.line))
    return shown, len(found) - len(shown)


Lines = Mapping[Path, Sequence[tuple[int, int]]]


def _touched(finding: Finding, root: Path, changed: Lines | None) -> bool:
    if changed is None:
        return True
    return any(
        first <= finding.end_line and finding.line <= last for first, last in changed.get(root / finding.path, ())
    )


def changed_lines(root: Path, revision: str) -> Lines:
    """Line ranges (first, last) of each file that differ from a git revision. Raises UsageError if git cannot tell."""
    import subprocess

    from perfprof.errors import UsageError

    argv = ["git", "-C", str(root), "diff", "-U0", "--no-color", "--no-ext-diff", "--relative", revision, "--"]
    try:
        done = subprocess.run(argv, capture_output=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError) as problem:
        said = getattr(problem, "stderr", b"") or b""
        reason = said.decode(errors="replace").strip().splitlines()
        raise UsageError(f"git cannot compare with {revision!r}: {reason[0] if reason else problem}") from problem
    changed: dict[Path, list[tuple[int, int]]] = {}
    path: Path | None = None
    for line in done.stdout.decode(errors="replace").splitlines():
        if line.startswith("+++ "):
            path = root / line[6:] if line.startswith("+++ b/") else None
        elif line.startswith("@@") and path is not None:
            match = re.search(r"\+(\d+)(?:,(\d+))?", line)
            if match:
                first, count = int(match.group(1)), int(match.group(2) or 1)
                changed.setdefault(path, []).append((first, first + max(count, 1) - 1))
    return changed
