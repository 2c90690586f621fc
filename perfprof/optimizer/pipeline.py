"""The pipeline: record, find, observe, prove, plan, rewrite, judge. Readable in a minute.

Each step takes frozen values and gives frozen values; steps only narrow, and what is dropped stays in the run with
its reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from perfprof.optimizer import argue, runs
from perfprof.optimizer.correlate import hot_functions
from perfprof.optimizer.databases import Databases
from perfprof.optimizer.plan import plan
from perfprof.optimizer.rewriting import patches_of
from perfprof.optimizer.run import Outcome, Run
from perfprof.optimizer.sources import Sources
from perfprof.optimizer.verdicts import Judged, judge_all
from perfprof.profilers.environment import environment
from perfprof.profilers.workload import observe, record
from perfprof.rules import registry
from perfprof.rules.reading.program import Program
from perfprof.rules.rule import Rule

if TYPE_CHECKING:
    from perfprof.optimizer.options import FixOptions
    from perfprof.optimizer.progress import Progress


def fix(options: FixOptions, progress: Progress) -> Run:
    """Make the workload faster; apply what is accepted if asked to."""
    from perfprof.optimizer.judge import Judge

    project, rules = options.project, chosen_rules(options.only)
    assert project.workload is not None
    folder = runs.begin(project.home)
    sources = Sources(project.root)
    program = Program(project.root, sources.text)

    with Judge(project, folder=folder) as judge, Databases(options, folder) as databases:
        with progress.step("baseline") as log:
            baseline = judge.baseline()
            log.summary = baseline.summary
        with progress.step("record") as log:
            recording = record(project.workload.argv, cwd=project.root, folder=folder, sampler=options.sampler)
            log.summary = recording.summary
        with progress.step("find") as log:
            executions = recording.executions()
            hot, _ = hot_functions(recording, program, project.paths, options.min_share)
            suspects = argue.find(rules, hot, program, recording, progress.say)
            suspects += argue.find_in_statements(rules, executions, databases.catalogs(executions), progress.say)
            shown, hidden = above(suspects, options.min_share)
            log.summary = f"{len(hot)} hot functions read · {len(shown)} suspects"
        with progress.step("observe") as log:
            watches, captures = argue.watches(shown), argue.captures(shown)
            seen = observe(project.workload.argv, cwd=project.root, folder=folder, watches=watches, captures=captures)
            log.summary = f"{len(watches)} probes · {len(captures)} functions captured"
        with progress.step("prove") as log:
            argued = list(argue.prove(shown, program, seen.seen, executions))
            proven = [one for one in argued if isinstance(one, argue.Proven)]
            dropped = [one for one in argued if isinstance(one, Outcome)]
            log.summary = levels(proven, dropped)
        with progress.step("plan") as log:
            planned = plan(proven)
            patches, unwritten = patches_of(planned, sources, project.root)
            log.summary = f"{len(patches)} patches · {len(planned.held_back) + len(unwritten)} held back"
        with progress.step("judge") as log:
            judged = judge_all(patches, judge, databases, log.tell)
            log.summary = judged.summary

    outcomes = [*judged.outcomes, *planned.held_back, *unwritten, *dropped]
    run = Run(
        id=folder.name,
        verb="fix",
        folder=str(folder),
        root=str(project.root),
        command=str(project.workload),
        applied=False,
        environment={**environment(), **databases.environment},
        steps=progress.steps,
        outcomes=tuple(outcomes),
        skipped=sources.skipped,
        whole=judged.whole,
        tests=judged.tests or baseline.tests,
        hidden=hidden,
        stacks=recording.collapsed(project.root),
    )
    return write(run, judged, project.root, options.apply)


def write(run: Run, judged: Judged, root: Path, apply: bool) -> Run:
    """Write the patch and migration files into the run's folder, and with ``apply`` the accepted ones into the tree."""
    from perfprof.optimizer.delivery import deliver

    return deliver(run, judged, root, apply)


def chosen_rules(only: Sequence[str]) -> list[Rule]:
    """The rules to run, all if none is named."""
    return [rule for name, rule in registry().items() if not only or name in only]


def above(suspects: Sequence[argue.Accused], least: float) -> tuple[list[argue.Accused], int]:
    """Suspects with at least that share of the cost, costliest first, and the number of the others.

    What waits for a database need not show in CPU samples, so findings about statements stay.
    """
    shown = [one for one in suspects if one.rule.counter or (one.suspect.finding.share or 0.0) >= least]
    shown.sort(key=lambda one: (-(one.suspect.finding.share or 0.0), one.suspect.finding.path, one.suspect.finding.line))
    return shown, len(suspects) - len(shown)


def levels(proven: Sequence[argue.Proven], dropped: Sequence[Outcome]) -> str:
    """``6 proved · 2 guarded · 1 open``."""
    words = [one.level.word for one in proven] + [one.status for one in dropped]
    return " · ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(words)) or "nothing to prove"


def with_reason(outcome: Outcome, reason: str) -> Outcome:
    """The outcome, held back for this reason."""
    return replace(outcome, status="held back", reason=reason)
