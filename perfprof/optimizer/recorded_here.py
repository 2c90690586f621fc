"""A recording of the process that we are in and of those it starts, for plugins."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import time
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from types import ModuleType

from perfprof.optimizer import runs
from perfprof.profilers import trees as call_trees
from perfprof.profilers.arming import START, environment_of, prepare
from perfprof.profilers.journals import read_journals
from perfprof.profilers.merge import Writer
from perfprof.profilers.packages import without_secrets
from perfprof.profilers.recording import Recording
from perfprof.profilers.workload import RECORDERS


class RecordedHere:
    """Begins at once; ``trees`` makes call trees possible. The sampler is the one inside the process: none need look in from outside."""

    def __init__(self, root: Path, command: Sequence[str], *, trees: bool = False) -> None:
        more = call_trees.environment() if trees else {}
        recorders = [*RECORDERS, call_trees.RECORDER] if trees else RECORDERS
        self._folder = runs.begin(root / ".perfprof")
        self._root, self._command = root, without_secrets(shlex.join(command))
        self._journals = prepare(self._folder)
        self._started, self._wall, self._cpu = datetime.now(timezone.utc), time.perf_counter(), _cpu()
        os.environ.update(
            environment_of(self._journals, PERFPROF_RECORD=" ".join(recorders), PERFPROF_SAMPLER="loops", **more)
        )
        package = ModuleType("_perfprof")  # as inside/start/sitecustomize.py does in a fresh interpreter
        package.__path__ = [str(START.parent)]
        sys.modules["_perfprof"] = package
        from _perfprof import arm  # type: ignore[import-not-found]

        arm.arm()

    def finish(self, exit_code: int, file: Path | None = None) -> Recording:
        """The recording of what happened until now; ``file`` gets a copy of it."""
        from _perfprof import journal

        journal.flush()
        found = list(read_journals(self._journals))
        writer = Writer(self._folder / "recording.sqlite")
        writer.add_all(found, {})
        meta = {"command": self._command, "folder": str(self._root), "exit_code": str(exit_code), "notes": ""}
        meta |= {
            "started": self._started.isoformat(timespec="seconds"),
            "interval": str(sys.modules["_perfprof.loops"].INTERVAL),
        }
        meta |= {"seconds": f"{time.perf_counter() - self._wall:.3f}", "cpu_seconds": f"{_cpu() - self._cpu:.3f}"}
        writer.finish(meta)
        shutil.rmtree(self._journals, ignore_errors=True)
        if file is not None:
            shutil.copyfile(self._folder / "recording.sqlite", file)
        return Recording.open(self._folder / "recording.sqlite")


def _cpu() -> float:
    """Of this process and of its children that have ended."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system
