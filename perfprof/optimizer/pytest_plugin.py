"""``pytest --perfprof``: a recording of the tests by their id, xdist's workers included.

pytest imports this in every run of an environment that has perfprof, so it imports nothing of ours until asked.
Under ``perfprof record -- pytest`` it adds the tests to that recording.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from perfprof.optimizer.recorded_here import RecordedHere

_SHOWN = 5  # of the dearest tests, at the end


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--perfprof`` and what goes with it; it takes no value, for the word behind it is a test file."""
    group = parser.getgroup("perfprof")
    group.addoption(
        "--perfprof", action="store_true", help="Record CPU samples, statements and the cost of each test."
    )
    group.addoption("--perfprof-output", metavar="FILE", help="Record, with a copy of the recording in FILE.")
    group.addoption(
        "--perfprof-tree",
        metavar="SUBSTRING",
        help="Record, with call trees of the slowest tests whose id contains SUBSTRING.",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Begin before anything is collected; a worker of xdist was armed when its interpreter started."""
    tree = config.getoption("--perfprof-tree")
    asked = config.getoption("--perfprof") or config.getoption("--perfprof-output") or tree is not None
    if asked and not hasattr(config, "workerinput") and not _recorded():
        from perfprof.errors import UsageError
        from perfprof.optimizer.recorded_here import RecordedHere

        command = ["pytest", *map(str, config.invocation_params.args)]
        try:
            recorded = RecordedHere(config.rootpath, command, trees=tree is not None)
        except UsageError as error:
            raise pytest.UsageError(str(error)) from None
        config.pluginmanager.register(_Session(recorded), "perfprof-session")
    if _recorded():
        config.pluginmanager.register(_Tests(tree), "perfprof-tests")


def _recorded() -> bool:
    """Whether a recorder runs in this process."""
    return "PERFPROF_RECORD" in os.environ and "_perfprof.journal" in sys.modules


class _Tests:
    """Notes each test that this process runs."""

    def __init__(self, tree: str | None) -> None:
        from _perfprof.recorders import tests, trees  # type: ignore[import-not-found]

        tests.arm()
        self._note = tests.note
        self._tree, self._begin = tree, trees.begin
        if tree is not None:
            trees.arm()
        self._outcome = "passed"

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """One test with its fixtures."""
        self._outcome = "passed"
        begun, used = time.perf_counter(), time.process_time()
        end = self._begin(item.nodeid) if self._tree is not None and self._tree in item.nodeid else None
        yield
        if end is not None:
            end()
        self._note(item.nodeid, self._outcome, time.perf_counter() - begun, time.process_time() - used)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """The first phase that is not well says how the test ended."""
        if self._outcome == "passed":
            self._outcome = report.outcome


class _Session:
    """The recording of this session."""

    def __init__(self, recorded: RecordedHere) -> None:
        self._recorded = recorded

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: Any, exitstatus: int, config: pytest.Config) -> None:
        """Finish the recording and tell what was dearest."""
        from perfprof.optimizer.recorded import as_run
        from perfprof.optimizer.reports import keep
        from perfprof.profilers.parts import tests, trees

        asked = config.getoption("--perfprof-output")
        with self._recorded.finish(int(exitstatus), Path(asked) if asked else None) as recording:
            found = tests.read(recording)
            terminalreporter.section("perfprof")
            cpu = sum(test.cpu for test in found)
            terminalreporter.line(f"{recording.total:,} samples, {len(found)} tests, {cpu:.2f} s CPU in tests")
            for test in found[:_SHOWN]:
                terminalreporter.line(f"  {test.cpu:7.3f} s CPU  {test.seconds:7.3f} s  {test.name}")
            for tree in trees.read(recording)[:1]:
                terminalreporter.line(f"Call tree of {tree.name}, the slowest of those asked for:")
                terminalreporter.line(tree.text)
            command = recording.meta["command"]
            report = keep(as_run(recording, command, command, config.rootpath))
            terminalreporter.line(f"Report: {report['run']['folder']}/report.html (perfprof report shows it here)")
            terminalreporter.line(f"Recording: {asked or recording.path}")
