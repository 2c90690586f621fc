"""`perfprof verify`: patches and migrations of anybody, judged apart and together, as one run for the reports."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from perfprof.errors import PerfprofError, UsageError
from perfprof.optimizer.judge.foreign import Foreign, understood
from perfprof.optimizer.judge.inert import unrun
from perfprof.optimizer.judge.judge import Judge
from perfprof.optimizer.judge.settings import Settings
from perfprof.optimizer.judge.verdict import Layer, Together, Verdict
from perfprof.optimizer.patches import FileChange
from perfprof.optimizer.reports import figures
from perfprof.optimizer.run import Outcome, Run
from perfprof.profilers.environment import environment

if TYPE_CHECKING:
    from perfprof.optimizer.options import FixOptions
    from perfprof.optimizer.progress import Progress

DEEP = 30.0  # CPU seconds for one function


def verify(
    given: Sequence[str],
    options: FixOptions,
    progress: Progress,
    *,
    deep: bool = False,
    seen_types: bool = False,
    tolerance: float = 0.0,
) -> Run:
    """Judge what was given; nothing is applied, and no file of the project is touched.

    given: patch files, ``-`` for a diff on standard input, one git range, or ``.sql`` files of migrations, else
    UsageError. seen_types: what differs only for types that no call had is told and does not reject. tolerance: of
    floats of answers, for these patches. BaselineError if workload or tests fail before any change.
    """
    patches = _understood(given, options, tolerance, seen_types=seen_types)
    with ExitStack() as stack:
        folder, kept = _folder(options, stack)
        settings = Settings(timeout=options.timeout, deep=DEEP if deep else 0.0)
        base = _base(patches)
        judge = Judge(options.project, folder=folder, settings=settings, progress=progress.tell, base=base)
        stack.enter_context(judge)
        migrations = _migrations([one for one in given if _is_migration(one)], options, folder, progress)
        judged, together = _apart_and_together(patches, judge, progress)
        outcomes = (*judged, *migrations)
        tests = together.tests or _tests(outcomes, judge)
    notes = {f"note {number}": note for number, note in enumerate(together.notes, 1)}
    return Run(
        id=folder.name,
        verb="verify",
        folder=str(folder) if kept else "",
        root=str(options.root),
        command=str(options.workload),
        applied=False,
        environment=environment() | notes,
        steps=progress.steps,
        outcomes=outcomes,
        whole=together.whole,
        tests=tests,
    )


def _understood(given: Sequence[str], options: FixOptions, tolerance: float, *, seen_types: bool) -> list[Foreign]:
    """The patches among what was given."""
    patches = [understood(one, options.project) for one in given if not _is_migration(one)]
    patches = [replace(one, patch=replace(one.patch, tolerance=tolerance)) for one in patches]
    if not seen_types:
        return patches
    return [replace(one, patch=replace(one.patch, domain="seen")) for one in patches]


def _migrations(names: Sequence[str], options: FixOptions, folder: Path, progress: Progress) -> list[Outcome]:
    if not names:
        return []
    from perfprof.optimizer.judge.given_migrations import judge_files

    with progress.step("migrations") as log:
        found = judge_files(names, options, folder, progress.tell)
        log.summary = ", ".join(one.status for one in found)
        return found


def _is_migration(text: str) -> bool:
    return text.endswith(".sql")


def _tests(outcomes: Sequence[Outcome], judge: Judge) -> str:
    """What the tests said before any change; empty if nothing at all was run for the patches."""
    ran = any(
        one.verdict is not None and len(one.verdict.layers) > 1 and one.patch and one.patch.changes
        for one in outcomes
    )
    return judge.baseline().tests if ran else ""


def _folder(options: FixOptions, stack: ExitStack) -> tuple[Path, bool]:
    """The run's folder, and whether it stays; a temporary one where the project cannot be written."""
    from perfprof.optimizer import runs

    try:
        return runs.begin(options.project.home), True
    except PerfprofError:
        return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="perfprof-run-"))), False


def _base(patches: Sequence[Foreign]) -> tuple[FileChange, ...]:
    """What makes the working tree the old code for all of them."""
    found: dict[str, FileChange] = {}
    for one in patches:
        for change in one.base:
            if found.setdefault(change.path, change) != change:
                raise UsageError(
                    "these patches are made for different states of the file",
                    where=change.path,
                    todo="Judge them one by one, or as one git range.",
                )
    for one in patches:
        for change in one.patch.changes:
            if change.path in found and found[change.path].after != change.before:
                raise UsageError(
                    "some of these patches are in the working tree already, others are not",
                    where=change.path,
                    todo="Judge them one by one, or as one git range.",
                )
    return tuple(found.values())


def _apart_and_together(
    patches: Sequence[Foreign], judge: Judge, progress: Progress
) -> tuple[list[Outcome], Together]:
    waiting, outcomes = _judged(patches, judge, progress)
    if not waiting:
        return outcomes, Together()
    together = progress.run("together", lambda: judge.together([one.patch for one in waiting]))
    return [_unless_dropped(one, together) for one in outcomes], together


def _judged(patches: Sequence[Foreign], judge: Judge, progress: Progress) -> tuple[list[Foreign], list[Outcome]]:
    """A verdict for each, and those that were accepted."""
    verdicts = {one.patch.digest: unrun(one.patch) for one in patches}
    to_run = [one for one in patches if verdicts[one.patch.digest] is None]
    verdicts |= _run(to_run, judge, progress) if to_run else {}
    outcomes = [_outcome(one, verdicts[one.patch.digest]) for one in patches]
    accepted = [one for one, outcome in zip(patches, outcomes, strict=True) if outcome.status == "accepted"]
    return accepted, outcomes


def _run(patches: Sequence[Foreign], judge: Judge, progress: Progress) -> dict[str, Verdict]:
    """Observe the calls of all changed functions in one run, then judge each patch; by digest."""
    progress.run("baseline", judge.baseline)
    with progress.step("observe") as log:
        functions = [name for one in patches for name in one.patch.functions]
        log.summary = f"{figures.counted(judge.observe(list(dict.fromkeys(functions))), 'call')} captured"
    with progress.step("judge") as log:
        found = {one.patch.digest: _with_own_tests(one, judge.patch(one.patch), judge) for one in patches}
        log.summary = ", ".join(one.decision for one in found.values())
    return found


def _with_own_tests(foreign: Foreign, verdict: Verdict, judge: Judge) -> Verdict:
    """The tests as the patch leaves them must be green as well; the old ones have judged it."""
    if verdict.decision != "accepted" or not foreign.tests:
        return verdict
    outcome, reason = judge.suite((*foreign.patch.changes, *foreign.tests))
    told = f"with the patch's own tests: {reason}"
    layers = (*verdict.layers, Layer("own tests", outcome, told))  # type: ignore[arg-type]
    if outcome == "failed":
        return replace(verdict, decision="rejected", reason=told, layers=layers)
    return replace(verdict, layers=layers)


def _outcome(foreign: Foreign, verdict: Verdict | None) -> Outcome:
    patch = foreign.patch
    assert verdict is not None
    hostile = next((layer.outcome for layer in verdict.layers if layer.name == "hostile"), "")
    if hostile == "failed" or (hostile == "cannot tell" and verdict.decision == "cannot tell"):
        told = "accepts it all the same" if hostile == "cannot tell" else "does not ask about them"
        verdict = replace(verdict, reason=f"{verdict.reason} (no call had such types; --seen-types {told})")
    assert patch.finding is not None
    return Outcome(
        patch.finding, verdict.decision, verdict.reason, patch.title, patch.level, (), patch, verdict=verdict
    )


def _unless_dropped(one: Outcome, together: Together) -> Outcome:
    reason = dict(together.dropped).get(one.patch.digest) if one.patch is not None else None
    if reason is None:
        return one
    verdict = one.verdict and replace(one.verdict, decision="rejected", reason=reason)
    return replace(one, status="rejected", reason=reason, verdict=verdict)
