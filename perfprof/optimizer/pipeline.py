"""The pipeline: record, find, observe, prove, plan, rewrite, judge. Readable in a minute.

Each step takes frozen values and gives frozen values; steps only narrow, and what is dropped stays in the run with
its reason.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from perfprof.errors import BaselineError
from perfprof.optimizer import argue, runs
from perfprof.optimizer.correlate import hot_functions
from perfprof.optimizer.plan import plan
from perfprof.optimizer.rewriting import patches_of
from perfprof.optimizer.run import Outcome, Run
from perfprof.optimizer.sources import Sources, syntax_reason
from perfprof.optimizer.verdicts import judge_all
from perfprof.rules import registry
from perfprof.rules.reading.program import Program
from perfprof.rules.rule import Rule

if TYPE_CHECKING:
    from perfprof.optimizer.options import FixOptions
    from perfprof.optimizer.progress import Progress


def fix(options: FixOptions, progress: Progress) -> Run:
    """Make the workload faster; apply what is accepted if asked to."""
    from perfprof.optimizer.delivery import deliver
    from perfprof.optimizer.judge import Judge
    from perfprof.optimizer.scratch.databases import opened
    from perfprof.profilers.environment import environment
    from perfprof.profilers.workload import observe, record

    project, rules = options.project, chosen_rules(options.only)
    assert project.workload is not None
    root, argv = project.root, project.workload.argv
    folder = runs.begin(project.home)
    sources = Sources(root)
    program = Program(root, sources.text, refuse=lambda path, error: sources.skip(path, syntax_reason(error)))
    limit = options.timeout or None

    with Judge(project) as judge:
        with progress.step("baseline") as log:
            baseline = judge.baseline()
            log.summary = baseline.summary
        with progress.step("record") as log:
            recording = record(
                argv, cwd=root, folder=folder, sampler=options.sampler, output=folder / "record.out", timeout=limit
            )
            _must_end_well(recording.meta.get("exit_code", "0"), folder / "record.out")
            log.cost, log.summary = cost(recording.meta), recording.summary
        with opened(recording.executions(), folder, options.database, root) as (databases, closed):
            with progress.step("find") as log:
                executions = recording.executions()
                hot = hot_functions(recording, program, project.paths, options.min_share)
                suspects = argue.find(rules, hot, program, recording, progress.say)
                suspects += argue.find_in_statements(rules, databases, progress.say)
                shown, hidden = above(suspects, options.min_share)
                log.summary = f"{len(hot)} hot functions read · {len(shown)} suspects"
            with progress.step("observe") as log:
                watches, captures = argue.watches(shown), argue.captures(shown)
                observed = observe(
                    argv,
                    cwd=root,
                    folder=folder,
                    watches=watches,
                    captures=captures,
                    output=folder / "observe.out",
                    timeout=limit,
                )
                log.summary = f"{len(watches)} probes · {len(captures)} functions captured"
            with progress.step("prove") as log:
                argued = list(argue.prove(shown, program, observed.seen, executions))
                proven = [one for one in argued if isinstance(one, argue.Proven)]
                dropped = [one for one in argued if isinstance(one, Outcome)]
                log.summary = levels(proven, dropped)
            with progress.step("plan") as log:
                planned = plan(proven)
                log.summary = f"{len(planned.candidates)} to try · {len(planned.held_back)} held back"
            with progress.step("rewrite") as log:
                written, unwritten = patches_of(planned, sources, root)
                log.summary = f"{len(written)} patches"
            with progress.step("judge") as log:
                judge.captured(observed.calls)
                judged = judge_all(written, judge, databases, log.tell)
                log.summary = judged.summary

    if not options.keep:
        shutil.rmtree(folder / "calls", ignore_errors=True)
    run = Run(
        id=folder.name,
        verb="fix",
        folder=str(folder),
        root=str(root),
        command=str(project.workload),
        applied=False,
        environment={**environment(), **{one.database: one.reason for one in closed}},
        steps=progress.steps,
        outcomes=(*judged.outcomes, *planned.held_back, *unwritten, *dropped),
        skipped=sources.skipped,
        whole=judged.whole,
        tests=judged.tests or baseline.tests,
        hidden=hidden,
        stacks=recording.collapsed(root),
    )
    return deliver(run, judged.changes, root, options.apply)


def _must_end_well(exit_code: str, output: Path) -> None:
    """A workload that fails under the recorders decides nothing. Raises BaselineError."""
    if exit_code != "0":
        last = output.read_text("utf-8", errors="replace").splitlines()[-5:] if output.exists() else []
        said = "\n  ".join(last)
        raise BaselineError(f"the workload ended with exit code {exit_code} while it was recorded", todo=said)


def chosen_rules(only: Sequence[str]) -> list[Rule]:
    """The rules to run, all if none is named."""
    return [rule for name, rule in registry().items() if not only or name in only]


def above(suspects: Sequence[argue.Accused], least: float) -> tuple[list[argue.Accused], int]:
    """Suspects with at least that share of the cost, costliest first, and the number of the others.

    What waits for a database need not show in CPU samples, so findings about statements stay.
    """
    shown = [one for one in suspects if one.rule.counter or (one.suspect.finding.share or 0.0) >= least]
    shown.sort(
        key=lambda one: (-(one.suspect.finding.share or 0.0), one.suspect.finding.path, one.suspect.finding.line)
    )
    return shown, len(suspects) - len(shown)


def levels(proven: Sequence[argue.Proven], dropped: Sequence[Outcome]) -> str:
    """``6 proved · 2 guarded · 1 open``."""
    words = [one.level.word for one in proven] + [one.status for one in dropped]
    return " · ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(words)) or "nothing to prove"


def cost(meta: object) -> str:
    """What recording cost the program, where it is known."""
    return ""
