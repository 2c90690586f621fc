"""Find: let each rule look at what is hot, and tell what its places have of the recorded cost."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from perfprof.errors import UsageError
from perfprof.optimizer.correlate import Hot, hot_functions, share_of
from perfprof.optimizer.forecast import Forecast, forecast_of
from perfprof.optimizer.reports import figures
from perfprof.optimizer.scratch.definitions import definitions
from perfprof.optimizer.scratch.room import Room
from perfprof.optimizer.scratch.side_by_side import SideBySide
from perfprof.profilers.observations import Capture, Watch
from perfprof.profilers.parts import loads, requests
from perfprof.profilers.recording import Execution, Recording
from perfprof.rules import registry
from perfprof.rules.catalog import Catalog, Copy, Definitions
from perfprof.rules.reading.functions import Function
from perfprof.rules.reading.program import Program
from perfprof.rules.rule import Rule, Suspect, nowhere

if TYPE_CHECKING:
    from perfprof.optimizer.options import FixOptions
    from perfprof.optimizer.scratch.databases import Opened
    from perfprof.profilers.parts.loads import Load


@dataclass(frozen=True, eq=False, slots=True)
class Accused:
    """A suspect with its rule; ``catalog`` and ``copy`` for findings about a schema or a statement. tolerance: as set.

    forecast: what a recording says of its function, where time decides.
    """

    rule: Rule
    suspect: Suspect
    catalog: Catalog | None = None
    copy: Copy | None = None
    definitions: Definitions = nowhere
    tolerance: float = 0.0
    forecast: Forecast | None = None

    @property
    def share(self) -> float:
        """Of the recorded cost."""
        return self.suspect.finding.share or 0.0


@dataclass(frozen=True, eq=False, slots=True)
class Suspects:
    """What rules said of the hot code, costliest first.

    functions: how many were read. hidden: findings below the least share. complaints: of rules that were dropped.
    seconds: how long the recorded run took. least: the share below which a finding is not shown.
    """

    accused: tuple[Accused, ...]
    functions: int
    hidden: int
    complaints: tuple[str, ...] = ()
    seconds: float = 0.0
    least: float = 0.0

    @property
    def summary(self) -> str:
        """``41 hot functions read · 11 suspects``."""
        said = [
            f"{figures.counted(self.functions, 'hot function')} read",
            figures.counted(len(self.accused), "suspect"),
            *self.complaints,
        ]
        return " · ".join(said)

    @property
    def watches(self) -> list[Watch]:
        """What the second run is asked."""
        return [watch for one in self.accused for watch in one.suspect.watches]

    @property
    def captures(self) -> list[Capture]:
        """The functions whose calls are kept for replay; of one inside a function, those of the outermost."""
        functions = {
            (str(outer.module.path), outer.qualname): outer.line
            for one in self.accused
            if one.suspect.function is not None and one.suspect.function.qualname != "<module>"
            for outer in _outermost(one.suspect.function)
        }
        return [Capture(path, name, line, unfinished=True) for (path, name), line in sorted(functions.items())]


def _outermost(function: Function) -> list[Function]:
    name, inside, _ = function.qualname.partition(".<locals>")
    return [function] if not inside else [one for one in function.module.functions if one.qualname == name]


def find(options: FixOptions, recording: Recording, program: Program, databases: Sequence[Opened]) -> Suspects:
    """Let each rule look at the hot functions, and at what was asked of each database."""
    loaded = loads.read(recording)
    hot = hot_functions(recording, program, options.project.paths, options.min_share)
    unseen = {one.function: one.unseen for one in hot}
    found: list[Accused] = []
    complaints: list[str] = []
    room, ask = Room(options.database, options.root), definitions(options.database, options.root)
    for rule in chosen_rules(options.only):
        try:
            accused = [*_accused(rule, hot, program, databases), *_as_run(rule, recording, loaded, program)]
            accused += _of_settings(rule, recording, program, room)
            asked = (replace(one, definitions=ask, tolerance=options.tolerance) for one in accused)
            found += [_with_share(one, program, recording, unseen, options.min_share) for one in asked]
        except Exception:  # a rule must never take the run down
            last = traceback.format_exc(limit=-1).splitlines()[-1]
            complaints.append(f"rule {rule.name} failed and was dropped: {last}")
    # What waits for a database need not show in CPU samples, so findings that an exact count decides stay.
    shown = [one for one in found if one.rule.counter or (one.share >= options.min_share)]
    shown.sort(key=lambda one: (-one.share, one.suspect.finding.path, one.suspect.finding.line))
    seconds = float(recording.meta["seconds"])
    hidden = len(found) - len(shown)
    return Suspects(tuple(shown), len(hot), hidden, tuple(complaints), seconds, options.min_share)


def chosen_rules(only: Sequence[str]) -> list[Rule]:
    """The rules to run, all if none is named. Raises UsageError for a name that is none."""
    known = registry()
    wrong = [name for name in only if name not in known]
    if wrong:
        raise UsageError(f"there is no rule {wrong[0]!r}", todo=f"Rules: {', '.join(known)}")
    return [rule for name, rule in known.items() if not only or name in only]


def _accused(rule: Rule, hot: Sequence[Hot], program: Program, databases: Sequence[Opened]) -> Iterator[Accused]:
    for one in hot if rule.in_function is not None else ():
        assert rule.in_function is not None
        with contextlib.suppress(RecursionError):  # nested too deeply: this function is left out, the rule is not
            yield from (Accused(rule, suspect) for suspect in rule.in_function(one.function, program))
    for database in databases if rule.in_statements is not None else ():
        assert rule.in_statements is not None
        catalog = database.scratch.catalog
        copy = SideBySide(database.scratch)
        suspects = rule.in_statements(database.executions, catalog)
        yield from (Accused(rule, suspect, catalog, copy) for suspect in suspects)


def _as_run(rule: Rule, recording: Recording, loaded: Sequence[Load], program: Program) -> Iterator[Accused]:
    """What the recording alone tells: loads of a mapper, statements that ran."""
    if rule.in_loads is not None:
        yield from (Accused(rule, suspect) for suspect in rule.in_loads(loaded, program))
    if rule.in_runs is not None:
        suspects = rule.in_runs(within_requests(recording), loaded, program)
        yield from (Accused(rule, suspect) for suspect in suspects)


def _of_settings(rule: Rule, recording: Recording, program: Program, room: Room) -> Iterator[Accused]:
    """What the recording says of pools and connections; the server is asked once, and only if there is something."""
    if rule.in_settings is None:
        return
    if any(True for _ in rule.in_settings(recording, program, -1)):
        suspects = rule.in_settings(recording, program, room.connections)
        yield from (Accused(rule, suspect) for suspect in suspects)


def within_requests(recording: Recording) -> list[Execution]:
    """The statements with places up to the handler of their request: whoever sends requests in a loop, such as a client
    of a test in the same process, has nothing to gather.
    """
    handlers = {(place.path, place.function) for route in requests.read(recording) for place in route.place[:1]}
    found = []
    for one in recording.executions():
        ends = (depth for depth, frame in enumerate(one.site, 1) if (frame.path, frame.function) in handlers)
        found.append(replace(one, site=one.site[: next(ends, len(one.site))]))
    return found


def _with_share(
    one: Accused, program: Program, recording: Recording, unseen: Mapping[Function, float], least: float
) -> Accused:
    finding = one.suspect.finding
    path = Path(finding.path)
    if path.is_absolute() and path.is_relative_to(program.root):
        finding = replace(finding, path=path.relative_to(program.root).as_posix())
    if finding.share is not None:
        return replace(one, suspect=replace(one.suspect, finding=finding))
    function = one.suspect.function
    if function is not None:
        more = unseen.get(function, 0.0)
        share = share_of(recording, function, finding.line, finding.end_line, more)
        if not one.rule.counter:
            one = replace(one, forecast=forecast_of(recording, function, share, least))
    else:
        share = recording.share(str(program.root / finding.path), finding.line, finding.end_line)
    share = max(share, _loading(one) / (float(recording.meta["seconds"]) or 1.0))
    return replace(one, suspect=replace(one.suspect, finding=replace(finding, share=min(share, 1.0))))


def _loading(one: Accused) -> float:
    """Seconds of the loads that a mapper made elsewhere for the objects of a query."""
    return sum(load.seconds for load in one.suspect.reading.loads) if one.rule.in_loads is not None else 0.0
