"""``perfprof verify``: a patch that perfprof did not write, judged, as a run that the reports can show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfprof.optimizer import runs
from perfprof.optimizer.diffs import split
from perfprof.optimizer.lines import changes
from perfprof.optimizer.run import Outcome, Run
from perfprof.rules.rule import Finding

if TYPE_CHECKING:
    from perfprof.optimizer.options import FixOptions
    from perfprof.optimizer.patches import Patch
    from perfprof.optimizer.progress import Progress


def verify(text: str, options: FixOptions, progress: Progress) -> Run:
    """Judge the patch that ``text`` names: a patch file or a git range. Raises what ``foreign.verify`` raises."""
    from perfprof.optimizer.judge import Settings
    from perfprof.optimizer.judge.foreign import verify as judged
    from perfprof.profilers.environment import environment

    project = options.project
    folder = runs.begin(project.home)
    settings = (
        Settings(timeout=options.timeout)
        if not options.jobs
        else Settings(timeout=options.timeout, jobs=options.jobs)
    )
    with progress.step("judge") as log:
        patch, verdict = judged(project, text, settings=settings, progress=log.tell)
        log.summary = verdict.decision
    found = _finding(patch)
    return Run(
        id=folder.name,
        verb="verify",
        folder=str(folder),
        root=str(project.root),
        command=str(project.workload or ""),
        applied=False,
        environment=environment(),
        steps=progress.steps,
        outcomes=(
            Outcome(
                found, verdict.decision, verdict.reason, patch.title, patch.level, patch.proofs, patch, "", verdict
            ),
        ),
        tests=next((layer.reason for layer in verdict.layers if layer.name == "tests"), ""),
    )


def _finding(patch: Patch) -> Finding:
    """A place to show the patch at: where it first changes something."""
    path, _, function = (patch.functions[0] if patch.functions else patch.changes[0].path + "::").partition("::")
    change = next((one for one in patch.changes if one.path == path), patch.changes[0])
    first = next(iter(changes(split(change.before), split(change.after))), (0, 0, 0, 0))
    line, last = first[0] + 1, max(first[0] + 1, first[1])
    return Finding(patch.digest[:12], patch.rule, path, line, last, function, "", patch.title)
