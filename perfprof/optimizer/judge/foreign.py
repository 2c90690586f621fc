"""Anybody's patch by the same gate: from a patch file, a diff or a git range to a patch that the judge can judge."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from perfprof.errors import UsageError
from perfprof.optimizer.judge.diffs import FileDiff, apply, parse
from perfprof.optimizer.judge.judge import Judge
from perfprof.optimizer.judge.settings import Settings
from perfprof.optimizer.judge.trees import read_text
from perfprof.optimizer.judge.verdict import Verdict
from perfprof.optimizer.patches import FileChange, Patch
from perfprof.optimizer.project import Project
from perfprof.optimizer.run import Outcome, Run
from perfprof.profilers.inside.replaying.differences import difference
from perfprof.rules.rule import Finding, Level

if TYPE_CHECKING:
    from perfprof.optimizer.options import FixOptions
    from perfprof.optimizer.progress import Progress


@dataclass(frozen=True, slots=True)
class Foreign:
    """A patch, and what must be taken out of the project first because it already holds the patch."""

    patch: Patch
    base: tuple[FileChange, ...] = ()


def from_diff(text: str, project: Project) -> Patch:
    """The patch that a diff, a patch file's name or a git range describes. Raises UsageError if it does not fit."""
    return understood(text, project).patch


def understood(text: str, project: Project) -> Foreign:
    """As ``from_diff``; also for a change that is in the working tree already, such as ``main..HEAD``."""
    diff, where = _diff(text, project.root)
    title, files = _title(diff, where), parse(diff, where)
    forward, misfit = _applied(project.root, files, reverse=False)
    if not misfit:
        return Foreign(_patch(title, forward))
    base, other = _applied(project.root, files, reverse=True)
    if other:
        raise UsageError(
            f"the patch does not fit {misfit} as it is in the working tree",
            where=where,
            todo="Check out the state that it was made for.",
        )
    changes = [FileChange(change.path, change.after, change.before) for change in base]
    return Foreign(_patch(title, changes), tuple(base))


def _applied(root: Path, files: Sequence[FileDiff], *, reverse: bool) -> tuple[list[FileChange], str]:
    """The files with the diff in them (or out of them), and the first file that it does not fit, or empty."""
    changes = []
    for file in files:
        change = _changed(root, file, reverse=reverse)
        if change is None:
            return [], file.path
        changes.append(change)
    return changes, ""


def judge_foreign(
    project: Project,
    text: str,
    *,
    settings: Settings | None = None,
    progress: Callable[[str], None] = lambda text: None,
) -> tuple[Patch, Verdict]:
    """Judge a patch that perfprof did not write: observe the old code's calls, then put it through every layer.

    text: a diff, the name of a patch file, or a git range. Raises UsageError for what is none of them, BaselineError
    if workload or tests fail before the patch.
    """
    foreign = understood(text, project)
    with Judge(project, settings=settings, progress=progress, base=foreign.base) as judge:
        judge.observe(foreign.patch.functions)
        return foreign.patch, judge.patch(foreign.patch)


def verify(patch: Path | str, options: FixOptions, progress: Progress) -> Run:
    """The same as a run for the reports. patch: the name of a patch file, or a git range. Nothing is applied."""
    from perfprof.optimizer import runs
    from perfprof.profilers.environment import environment

    project = options.project
    foreign = understood(str(patch), project)
    folder = runs.begin(project.home)
    settings = Settings(timeout=options.timeout)
    with Judge(project, folder=folder, settings=settings, progress=progress.tell, base=foreign.base) as judge:
        baseline = progress.run("baseline", judge.baseline)
        with progress.step("observe") as log:
            log.summary = f"{judge.observe(foreign.patch.functions)} calls captured"
        with progress.step("judge") as log:
            verdict = judge.patch(foreign.patch)
            log.summary = verdict.decision
    return Run(
        id=folder.name,
        verb="verify",
        folder=str(folder),
        root=str(options.root),
        command=str(options.workload),
        applied=False,
        environment=environment(),
        steps=progress.steps,
        outcomes=(_outcome(foreign.patch, verdict),),
        tests=baseline.tests,
    )


def _outcome(patch: Patch, verdict: Verdict) -> Outcome:
    """The patch as the one finding of its run."""
    path, _, function = (patch.functions or (f"{patch.changes[0].path}::",))[0].partition("::")
    finding = Finding(patch.digest[:12], patch.rule, path, 1, 1, function, function, patch.title)
    return Outcome(finding, verdict.decision, verdict.reason, patch.title, patch.level, (), patch, verdict=verdict)


def changed_functions(change: FileChange) -> tuple[str, ...]:
    """``path::qualified.name`` of the functions whose code differs; those that are new are not among them."""
    try:
        found = difference(*(ast.parse(text.removeprefix("\ufeff")) for text in (change.before, change.after)))
    except (SyntaxError, ValueError):
        return ()
    return tuple(dict.fromkeys(f"{change.path}::{name}" for name, _ in found.changed))


def _patch(title: str, changes: Sequence[FileChange]) -> Patch:
    functions = tuple(
        name for change in changes if change.path.endswith(".py") for name in changed_functions(change)
    )
    # nobody proved anything: what is known of it is what the runs show
    return Patch("foreign", title, tuple(changes), level=Level.OBSERVED, functions=functions)


def _changed(root: Path, diff: FileDiff, *, reverse: bool) -> FileChange | None:
    target = root / diff.path
    inside = root.resolve()
    if inside not in target.resolve().parents:
        raise UsageError("the patch leads out of the project", where=diff.path)
    if diff.created:
        if reverse:
            return FileChange(diff.path, read_text(target), "") if target.is_file() else None
        return None if target.exists() else FileChange(diff.path, "", apply("", diff) or "")
    if not target.is_file():
        raise UsageError("the patch changes a file that is not there", where=diff.path)
    before = read_text(target)
    after = apply(before, diff, reverse=reverse)
    return None if after is None else FileChange(diff.path, before, after)


def _diff(text: str, root: Path) -> tuple[str, str]:
    """The diff itself and what to call it in messages."""
    if "\n" in text:
        return text, "the patch"
    named = Path(text) if Path(text).is_absolute() else Path.cwd() / text
    if named.is_file():
        return read_text(named), text
    argv = ["git", "-C", str(root), "diff", "--no-color", "--no-ext-diff", "--no-renames", "--relative", text, "--"]
    try:
        ran = subprocess.run(argv, capture_output=True, check=True, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError):
        raise UsageError(
            "this is neither a patch file nor a git range",
            where=text,
            todo="Give a file, or a range such as main..HEAD.",
        ) from None
    if not ran.stdout.strip():
        raise UsageError("this range changes nothing here", where=text)
    return ran.stdout.decode("utf-8", "surrogateescape"), text


def _title(diff: str, where: str) -> str:
    """The subject of a mailed patch, else its name."""
    for line in diff.splitlines()[:20]:
        if line.startswith("Subject:"):
            return line.removeprefix("Subject:").strip().removeprefix("[PATCH]").strip()
    return Path(where).name
