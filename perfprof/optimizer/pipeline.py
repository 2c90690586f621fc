"""The pipeline: record, find, observe, prove, plan, rewrite, judge.

Each verb takes values and gives a value with a one-line summary; verbs only narrow, and what is dropped stays in the
run with its reason.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from perfprof.optimizer import runs
from perfprof.optimizer.argue import prove
from perfprof.optimizer.delivery import deliver
from perfprof.optimizer.judge import Judge
from perfprof.optimizer.judge.settings import Settings
from perfprof.optimizer.plan import plan
from perfprof.optimizer.rewriting import rewrite
from perfprof.optimizer.run import Run
from perfprof.optimizer.scratch.databases import Closed, opened
from perfprof.optimizer.sources import Sources, syntax_reason
from perfprof.optimizer.suspects import find
from perfprof.optimizer.verdicts import judge_all
from perfprof.optimizer.workload import Recorded, observe, record
from perfprof.optimizer.writing.apply import recover
from perfprof.profilers.environment import cores, environment
from perfprof.rules.reading.program import Program

if TYPE_CHECKING:
    from perfprof.optimizer.options import FixOptions
    from perfprof.optimizer.progress import Progress


def fix(options: FixOptions, progress: Progress) -> Run:
    """Make the workload faster and prove it; apply what is accepted if asked to."""
    step, root = progress.run, options.root
    recover(root)  # what a killed perfprof left half written
    folder = runs.begin(options.project.home)
    sources = Sources(root)
    program = Program(root, sources.text, refuse=lambda path, error: sources.skip(path, syntax_reason(error)))

    settings = Settings(timeout=options.timeout, jobs=options.jobs or cores())
    with Judge(options.project, folder=folder, settings=settings, progress=progress.tell) as judge:
        baseline = step("baseline", judge.baseline)
        recorded = step("record", record, options, folder)
        with opened(recorded.executions, folder, options.database, root) as (databases, closed):
            suspects = step("find", find, options, recorded.recording, program, databases)
            observed = step("observe", observe, options, folder, suspects, recorded.seconds)
            counted = not observed.interrupted  # who ends a run by hand ends it elsewhere each time
            argued = step("prove", prove, suspects, program, observed.seen, recorded.executions, counted=counted)
            planned = step("plan", plan, argued.proven)
            written = step("rewrite", rewrite, planned, sources, root)
            judged = step("judge", judge_all, written, judge, databases, options.jobs or cores(), progress.tell)
    if not options.keep:
        shutil.rmtree(folder / "calls", ignore_errors=True)

    run = Run(
        id=folder.name,
        verb="fix",
        folder=str(folder),
        root=str(root),
        command=str(options.workload),
        applied=False,
        environment=_environment(recorded, closed),
        steps=progress.steps,
        outcomes=(*judged.outcomes, *planned.held_back, *written.refused, *argued.dropped),
        skipped=sources.skipped,
        whole=judged.whole,
        tests=judged.tests or baseline.tests,
        hidden=suspects.hidden + argued.hidden,
        stacks=recorded.recording.collapsed(root),
    )
    return deliver(run, judged.changes, root, options.apply)


def _environment(recorded: Recorded, closed: tuple[Closed, ...]) -> dict[str, str]:
    """What the figures depend on, and what could not be tried."""
    notes = {f"note {number}": note for number, note in enumerate(recorded.notes, 1)}
    return {**environment(), **notes, **{f"database {one.database}": f"not tried: {one.reason}" for one in closed}}
