"""Find and prove: let each rule look at what is hot, then weigh its argument with what was observed."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from perfprof.optimizer.correlate import Hot
from perfprof.optimizer.run import Outcome
from perfprof.profilers.observations import Capture, Seen, Watch
from perfprof.profilers.recording import Execution, Recording
from perfprof.rules.catalog import Catalog
from perfprof.rules.reading.program import Program
from perfprof.rules.rule import Case, Evidence, Level, Rule, Suspect, weigh

if TYPE_CHECKING:
    from perfprof.optimizer.scratch.databases import Opened


@dataclass(frozen=True, eq=False, slots=True)
class Accused:
    """A suspect with its rule; ``catalog`` for findings about a schema."""

    rule: Rule
    suspect: Suspect
    catalog: Catalog | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Proven:
    """A suspect with enough evidence and no open obligation."""

    rule: Rule
    case: Case
    evidence: Evidence
    level: Level


Complain = Callable[[str], None]


def find(
    rules: Iterable[Rule],
    hot: Sequence[Hot],
    program: Program,
    recording: Recording,
    complain: Complain,
) -> list[Accused]:
    """Suspects in hot functions, each with its share of the recorded cost. A rule that raises is dropped and told."""
    found: list[Accused] = []
    for rule in rules:
        if rule.in_function is None:
            continue
        try:
            for one in hot:
                for suspect in rule.in_function(one.function, program):
                    found.append(Accused(rule, _with_share(suspect, program.root, recording)))
        except Exception:  # a rule must never take the run down
            complain(f"rule {rule.name} failed and was dropped: {traceback.format_exc(limit=-1).splitlines()[-1]}")
            found = [one for one in found if one.rule is not rule]
    return found


def find_in_statements(rules: Iterable[Rule], databases: Iterable[Opened], complain: Complain) -> list[Accused]:
    """Suspects in what was executed, one database after the other."""
    found: list[Accused] = []
    databases = tuple(databases)
    for rule in rules:
        if rule.in_statements is None:
            continue
        for one in databases:
            catalog = one.scratch.catalog()
            try:
                found += [
                    Accused(rule, suspect, catalog) for suspect in rule.in_statements(one.executions, catalog)
                ]
            except Exception:
                last = traceback.format_exc(limit=-1).splitlines()[-1]
                complain(f"rule {rule.name} failed and was dropped: {last}")
    return found


def _with_share(suspect: Suspect, root: Path, recording: Recording) -> Suspect:
    finding = suspect.finding
    share = recording.share(str(root / finding.path), finding.line, finding.end_line)
    return replace(suspect, finding=replace(finding, share=share))


def watches(suspects: Iterable[Accused]) -> list[Watch]:
    """What the second run is asked."""
    return [watch for one in suspects for watch in one.suspect.watches]


def captures(suspects: Iterable[Accused]) -> list[Capture]:
    """The functions whose calls are kept for replay."""
    functions = {
        (str(one.suspect.function.module.path), one.suspect.function.qualname): one.suspect.function.line
        for one in suspects
        if one.suspect.function is not None and one.suspect.function.qualname != "<module>"
    }
    return [Capture(path, name, line) for (path, name), line in sorted(functions.items())]


def prove(
    suspects: Iterable[Accused],
    program: Program,
    seen: Mapping[str, Seen],
    executions: tuple[Execution, ...],
) -> Iterator[Proven | Outcome]:
    """Evidence first, then each obligation; what lacks one of them leaves with its reason."""
    for one in suspects:
        case = Case(one.suspect, program, seen, executions, one.catalog)
        evidence = one.rule.worth(case)
        finding = replace(one.suspect.finding, evidence=dict(evidence.numbers))
        case = replace(case, suspect=replace(one.suspect, finding=finding))
        if not evidence.enough:
            yield Outcome(finding, "cold", evidence.reason, one.rule.title, Level.OPEN, expected=evidence.gain)
            continue
        proofs, level = weigh(one.rule, case)
        if level is Level.OPEN:
            weakest = next(proof for proof in proofs if proof.level is Level.OPEN)
            place = f" ({weakest.where})" if weakest.where else ""
            reason = f"{weakest.obligation}: {weakest.why}{place}"
            yield Outcome(finding, "open", reason, one.rule.title, level, proofs, expected=evidence.gain)
            continue
        yield Proven(one.rule, replace(case, proofs=proofs), evidence, level)
