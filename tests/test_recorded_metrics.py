"""Processes looked at from outside while they run."""

from __future__ import annotations

import sys
import textwrap

from perfprof.profilers.parts import metrics
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
    time.sleep(0.7)
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
    assert 0.35 < child[-1].cpu < 5
    assert [look.at for look in looks] == sorted(look.at for look in looks)
