"""Samples of programs whose main thread waits for others: they are where the others work, none is on the waiting."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from perfprof.profilers.cpu import read_raw
from perfprof.profilers.merge import Seen
from perfprof.profilers.stacks import Frame
from perfprof.profilers.workload import record

JOINED = """
import threading, time

def work():
    end = time.thread_time() + 0.6
    while time.thread_time() < end: pass

thread = threading.Thread(target=work)
thread.start()
thread.join()
"""
POOL = """
from concurrent.futures import ThreadPoolExecutor

def job(n):
    return sum(i * i for i in range(n))

with ThreadPoolExecutor(2) as pool:
    list(pool.map(job, [3_000_000] * 2))
"""


@pytest.mark.parametrize("source", [JOINED, POOL], ids=["join", "pool"])
def test_what_threads_do_is_seen_while_the_main_thread_waits(source: str, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(source)
    with record(
        [sys.executable, "app.py"], cwd=tmp_path, folder=tmp_path / "run", sampler="loops", output=tmp_path / "out"
    ) as recording:
        waiting = [
            sample
            for sample in recording.samples()
            if sample.count > 10 and sample.stack[-1].path.endswith("threading.py")
        ]
        assert not waiting
        assert recording.total * 0.005 > 0.4 * float(recording.meta["cpu_seconds"])
        assert recording.share(tmp_path / "app.py", 4, 6) > 0.7


def test_a_child_that_a_thread_starts_is_seen(tmp_path: Path) -> None:
    (tmp_path / "work.py").write_text(f"{JOINED.partition('thread =')[0]}work()\n")
    (tmp_path / "app.py").write_text("""
import os, signal, subprocess, sys, threading
def start():
    subprocess.run([sys.executable, "work.py"])
    pid = os.fork()
    if pid == 0:
        import work
        os._exit(0)
    os.waitpid(pid, 0)
thread = threading.Thread(target=start)
thread.start()
thread.join()
rung = []
signal.signal(signal.SIGALRM, lambda *_: rung.append(1))
threading.Thread(target=__import__("work").work).start()
signal.setitimer(signal.ITIMER_REAL, 0.3, 0.3)
signal.pause()
signal.setitimer(signal.ITIMER_REAL, 0)
print("rang" if rung else "silent")
print(signal.pthread_sigmask(signal.SIG_BLOCK, []))
""")
    out = tmp_path / "out"
    with record(
        [sys.executable, "-W", "ignore", "app.py"],
        cwd=tmp_path,
        folder=tmp_path / "run",
        sampler="loops",
        output=out,
    ) as found:
        assert out.read_text() == "rang\nset()\n"
        assert sum(process.samples > 60 for process in found.processes()) == 3


def test_a_long_call_into_c_keeps_its_samples(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(
        "import threading\nsorted(range(4_000_000), key=lambda x: -x)\nsum([1] * 30_000_000)\n"
    )
    with record(
        [sys.executable, "app.py"], cwd=tmp_path, folder=tmp_path / "run", sampler="loops", output=tmp_path / "out"
    ) as recording:
        assert "have no place" not in recording.meta.get("notes", "")
        assert recording.share(tmp_path / "app.py", 1, 3) > 0.8


def test_a_tick_within_a_tick_takes_no_time_from_it(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("""
import signal, sys
frames, inside = sys._current_frames, []
def interrupted():
    if not inside:
        inside.append(True)
        signal.raise_signal(signal.SIGPROF)
        inside.clear()
    return frames()
sys._current_frames = interrupted
for _ in range(8):
    sum([1] * 10_000_000)
""")
    with record(
        [sys.executable, "app.py"], cwd=tmp_path, folder=tmp_path / "run", sampler="loops", output=tmp_path / "out"
    ) as recording:
        assert "have no place" not in recording.meta.get("notes", "")
        assert recording.total * 0.005 > 0.4 * float(recording.meta["cpu_seconds"])


def test_of_py_spy_s_samples_those_that_wait_are_left_out() -> None:
    library = "/usr/lib/python3.11"
    text = (
        f'process 7:"python app.py";thread (7): MainThread;main (/srv/app.py:9);Thread.join ({library}/threading.py:1119);'
        f"Thread._wait_for_tstate_lock ({library}/threading.py:1139) 40\n"
        f'process 7:"python app.py";thread (8): worker;run ({library}/threading.py:900);work (/srv/app.py:3) 30\n'
        'process 7:"python app.py";thread (9): mine;wait (/srv/threading.py:3) 2\n'
    )
    seen: dict[int, Seen] = {}
    read_raw(text, seen)
    leaves = {stack[-1]: count for (_, stack), count in seen[7].stacks.items()}
    assert leaves == {Frame("/srv/app.py", "work", 3): 30, Frame("/srv/threading.py", "wait", 3): 2}
