"""Processes looked at from outside while they run."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

import pytest

from perfprof.optimizer.recorded import as_run
from perfprof.optimizer.reports import html
from perfprof.optimizer.reports.document import document
from perfprof.profilers.parts import metrics
from perfprof.profilers.reasons import reasons
from perfprof.profilers.workload import record

PROGRAM = """
import multiprocessing, os, time
def grow():
    kept = bytearray(60_000_000)
    files = [open(__file__) for _ in range(20)]
    end = time.process_time() + 0.4
    while time.process_time() < end:
        pass
    print(os.getpid(), flush=True)
    time.sleep(1.5)  # three looks
if __name__ == "__main__":
    child = multiprocessing.get_context("spawn").Process(target=grow)
    child.start()
    child.join()
"""


def test_the_tree_of_processes_is_seen_over_time(tmp_path):
    (tmp_path / "app.py").write_text(textwrap.dedent(PROGRAM))
    out = tmp_path / "out"
    with record(
        [sys.executable, "app.py"], cwd=tmp_path, folder=tmp_path / "run", sampler="off", output=out
    ) as found:
        looks = metrics.read(found)
        assert metrics.machine(found)
        first = found.processes()[0].pid
    child = [look for look in looks if look.pid == int(out.read_text())]
    assert {look.pid for look in looks} >= {first, child[0].pid}
    assert max(look.rss for look in child) > 60_000_000
    assert max(look.files for look in child) >= 20
    assert 0.35 < child[-1].cpu < 30
    assert [look.at for look in looks] == sorted(look.at for look in looks)


def test_the_page_draws_their_course(tmp_path):
    source = (
        "import time\nheld = []\nfor i in range(16):\n    held.append(bytearray(4_000_000))\n    time.sleep(0.15)\n"
    )
    (tmp_path / "app.py").write_text(source)
    with record([sys.executable, "app.py"], cwd=tmp_path, folder=tmp_path / "run") as recording:
        run = as_run(recording, "app.py", "perfprof record", tmp_path)
    (metrics_,) = (one for one in run.recorded if one["subject"] == "metrics")
    memory = next(one for one in metrics_["series"] if one["name"] == "resident memory")
    assert memory["points"][-1][1] > memory["points"][0][1] + 15_000_000
    assert "resident memory over" in html.render(document(run))


@pytest.mark.skipif(not Path("/proc/self/schedstat").exists(), reason="only Linux tells")
def test_waiting_for_a_core_is_told_apart_from_other_waiting(tmp_path: Path) -> None:
    """Three times as many threads of work as one core can take, on one core."""
    (tmp_path / "app.py").write_text(
        "import os, subprocess, sys\n"
        "os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
        "code = 'import time\\nwhile time.process_time() < 0.5: pass'\n"
        "for one in [subprocess.Popen([sys.executable, '-c', code]) for _ in range(3)]: one.wait()\n"
    )
    argv = [sys.executable, "app.py"]
    with record(argv, cwd=tmp_path, folder=tmp_path / "run", sampler="off", output=tmp_path / "out") as recording:
        assert metrics.queued(recording) > 0.5
        assert any("no core was free" in one.remark for one in reasons(recording))
