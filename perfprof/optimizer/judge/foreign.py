"""Anybody's patch by the same gate: from a patch file, a diff or a git range to a patch that the judge can judge."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from perfprof.errors import UsageError
from perfprof.optimizer.judge.diffs import FileDiff, apply, parse
from perfprof.optimizer.judge.judge import Judge
from perfprof.optimizer.judge.ranges import between
from perfprof.optimizer.judge.settings import Settings
from perfprof.optimizer.judge.trees import read_text
from perfprof.optimizer.judge.verdict import Verdict
from perfprof.optimizer.patches import FileChange, Patch
from perfprof.optimizer.project import Project
from perfprof.optimizer.writing.lines import changes as differing
from perfprof.profilers.inside.replaying.differences import difference
from perfprof.rules.rule import Finding, Level

RULE = "foreign"


@dataclass(frozen=True, slots=True)
class Foreign:
    """A patch, and how it is put before the judge.

    base: what makes the working tree the old code, for a patch that is in it already. tests: changes of test files,
    which are left out of the patch: the old tests judge it, and its own are run besides.
    """

    patch: Patch
    base: tuple[FileChange, ...] = ()
    tests: tuple[FileChange, ...] = ()


def from_diff(text: str, project: Project) -> Patch:
    """The patch that a diff, a patch file's name or a git range describes. Raises UsageError if it does not fit."""
    return understood(text, project).patch


def understood(text: str, project: Project) -> Foreign:
    """As ``from_diff``; also for a change that is in the working tree already, such as ``main..HEAD``."""
    diff, where = _diff(text)
    if not diff:
        found = between(text, project.root)
        return _foreign(where, found.changes, found.base, project)
    title, files = _title(diff, where), _placed(project.root, parse(diff, where))
    forward, misfit = _applied(project.root, files, reverse=False)
    if not misfit:
        return _foreign(title, forward, (), project)
    base, other = _applied(project.root, files, reverse=True)
    if other:
        if not any((project.root / name).exists() for name in (misfit, other)):
            raise UsageError("the patch changes a file that is not there", where=misfit)
        raise UsageError(
            f"the patch does not fit {misfit} as it is in the working tree",
            where=where,
            todo="Check out the state that it was made for.",
        )
    return _foreign(title, [_back(change, project.root) for change in base], base, project)


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


def changed_functions(change: FileChange) -> tuple[str, ...]:
    """``path::qualified.name`` of the functions whose code differs; those that are new are not among them."""
    try:
        found = difference(*(ast.parse(text.removeprefix("\ufeff")) for text in (change.before, change.after)))
    except (SyntaxError, ValueError):
        return ()
    return tuple(dict.fromkeys(f"{change.path}::{name}" for name, _ in found.changed))


def _foreign(title: str, changes: Iterable[FileChange], base: Iterable[FileChange], project: Project) -> Foreign:
    given, used = sorted(changes, key=lambda change: change.path), _named(project)
    tools = [one for one in given if one.path in used and not one.before]  # a new benchmark runs on both sides
    rest = _without(given, tools)
    tests = [one for one in rest if _is_test(one.path)]
    code = _without(rest, tests)
    patch = _patch(title, code or tests)
    return Foreign(patch, (*_without(base, tools), *tools), tuple(tests) if code else ())


def _without(changes: Iterable[FileChange], others: Iterable[FileChange]) -> list[FileChange]:
    paths = {one.path for one in others}
    return [one for one in changes if one.path not in paths]


def _named(project: Project) -> set[str]:
    """Files that the workload and the tests are started with, relative to the root."""
    found = set()
    for command in filter(None, (project.workload, project.tests)):
        for word in command.argv:
            found.add(PurePosixPath(command.folder, word.partition("::")[0]).as_posix())
    return found


def _is_test(path: str) -> bool:
    parts = PurePosixPath(path).parts
    name = parts[-1]
    named = name == "conftest.py" or (
        name.endswith(".py") and (name.startswith("test_") or name[:-3].endswith("_test"))
    )
    return named or bool({"tests", "test"} & set(parts[:-1]))


def _applied(root: Path, files: Sequence[FileDiff], *, reverse: bool) -> tuple[list[FileChange], str]:
    """The files with the diff in them (or out of them), and the first file that it does not fit, or empty."""
    changes: list[FileChange] = []
    for file in files:
        made = _changed(root, file, reverse=reverse)
        if made is None:
            return [], file.path
        changes += made
    return changes, ""


def _back(change: FileChange, root: Path) -> FileChange:
    """The way from what the base makes to what stands in the working tree."""
    return FileChange(change.path, change.after, change.before, gone=not (root / change.path).exists())


def _patch(title: str, changes: Sequence[FileChange]) -> Patch:
    functions = tuple(
        name for change in changes if change.path.endswith(".py") for name in changed_functions(change)
    )
    # nobody proved anything: what is known of it is what the runs show
    patch = Patch(
        RULE, title, tuple(changes), level=Level.OBSERVED, functions=functions, counter="any", domain="hinted"
    )
    return replace(patch, finding=_finding(patch))


def _finding(patch: Patch) -> Finding:
    """Where the patch changes what: the first line that differs, in a function if it changes one."""
    change = next((one for one in patch.changes if one.path.endswith(".py")), patch.changes[0])
    if patch.functions:
        path = patch.functions[0].partition("::")[0]
        change = next(one for one in patch.changes if one.path == path)
    spans = list(differing(change.before.splitlines(keepends=True), change.after.splitlines(keepends=True)))
    first, end = (spans[0][0] + 1, max(spans[-1][1], spans[0][0] + 1)) if spans else (1, 1)
    functions = ", ".join(name.partition("::")[2] for name in patch.functions[:3])
    more = f" and {len(patch.functions) - 3} more" if len(patch.functions) > 3 else ""
    return Finding(patch.digest[:12], RULE, change.path, first, end, functions + more, functions, patch.title)


def _placed(root: Path, files: Sequence[FileDiff]) -> list[FileDiff]:
    """The files by the names that they have here: a patch may be made with or without a prefix, or one folder up."""
    if all(_there(root, file.path, file) for file in files):
        return list(files)
    for strip in range(4):
        moved = [_stripped(file, strip) for file in files]
        if all(_there(root, file.path, file) for file in moved):
            return moved
    return list(files)


def _stripped(file: FileDiff, count: int) -> FileDiff:
    def short(name: str) -> str:
        return "/".join(name.split("/")[count:])

    return replace(file, path=short(file.raw), target=short(file.target) if file.target else "")


def _there(root: Path, path: str, file: FileDiff) -> bool:
    """Does this name make sense here? A new file needs nothing, a renamed one may be at its new place already."""
    if not path:
        return False
    return file.created or file.deleted or any((root / name).is_file() for name in (path, file.target) if name)


def _changed(root: Path, diff: FileDiff, *, reverse: bool) -> list[FileChange] | None:
    """The changes of one file: two for one that gets a new name. None if it does not fit."""
    _must_be_inside(root, diff)
    before, after = (diff.target or diff.path, diff.path) if reverse else (diff.path, diff.target or diff.path)
    created, deleted = (diff.deleted, diff.created) if reverse else (diff.created, diff.deleted)
    if (root / before).is_file() == created:
        return None
    if created:
        text = apply("", diff, reverse=reverse)
        return None if text is None else [FileChange(before, "", text)]
    old = read_text(root / before)
    new = apply(old, diff, reverse=reverse)
    if new is None:
        return None
    if before != after:
        return [FileChange(before, old, "", gone=True), FileChange(after, "", new)]
    return [FileChange(before, old, new, gone=deleted)]


def _must_be_inside(root: Path, diff: FileDiff) -> None:
    for name in filter(None, (diff.path, diff.target)):
        if root.resolve() not in (root / name).resolve().parents:
            raise UsageError("the patch leads out of the project", where=name)


def _diff(text: str) -> tuple[str, str]:
    """The diff itself (empty for a git range) and what to call it in messages."""
    if "\n" in text:
        return text, "the patch"
    if text == "-":
        return sys.stdin.buffer.read().decode("utf-8", "surrogateescape") or "\n", "standard input"
    named = Path(text) if Path(text).is_absolute() else Path.cwd() / text
    if named.is_file():
        return read_text(named) or "\n", text
    return "", text


def _title(diff: str, where: str) -> str:
    """The subject of a mailed patch, else its name."""
    for line in diff.splitlines()[:20]:
        if line.startswith("Subject:"):
            return line.removeprefix("Subject:").strip().removeprefix("[PATCH]").strip()
    return Path(where).name
