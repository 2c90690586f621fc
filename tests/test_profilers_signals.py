"""Signals under `record`: those that end a program, and those that it handles itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from test_profilers_record import PYTHON, SPIN, recorded, write

from perfprof.profilers import processes
from perfprof.profilers.workload import run


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_killed_program_leaves_its_recording(tmp_path, number):
    write(
        tmp_path,
        spin=SPIN,
        app="""
        import glob, os, sqlite3, spin, sys
        def journal_size():
            return sum(map(os.path.getsize, glob.glob(os.environ["PERFPROF_FOLDER"] + f"/{os.getpid()}-*")))
        connection = sqlite3.connect(":memory:")
        for i in range(3):
            connection.execute("select ?", (i,))
        spin.spin(0.6)
        written = journal_size()
        while sys.argv[1] == "9" and journal_size() == written:  # what is not written then is lost
            spin.spin(0.02)
        os.kill(os.getpid(), int(sys.argv[1]))
        spin.spin(5)
        """,
    )
    with recorded(tmp_path, PYTHON, "app.py", str(int(number))) as recording:
        assert recording.meta["exit_code"] == str(128 + number)
        assert recording.total > 50
        assert sum(execution.count for execution in recording.executions()) == 3


def test_a_worker_that_is_terminated_while_it_waits_has_written_everything(tmp_path):
    write(
        tmp_path,
        app="""
        import multiprocessing, signal, sqlite3, sys, time

        def work(key):
            assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
            return sqlite3.connect(":memory:").execute("select ?", (key,)).fetchone()

        if __name__ == "__main__":
            for _ in range(3):
                with multiprocessing.get_context(sys.argv[1]).Pool(2) as pool:
                    pool.map(work, range(10))
        """,
    )
    for method in ("fork", "spawn"):
        with recorded(tmp_path, PYTHON, "app.py", method, timeout=60) as recording:
            assert recording.meta["exit_code"] == "0"
            assert sum(execution.count for execution in recording.executions()) == 30


def test_the_programs_own_sigterm_handler_stays(tmp_path):
    write(
        tmp_path,
        app="""
        import os, signal, sqlite3
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
        sqlite3.connect(":memory:").execute("select 1")
        before = signal.signal(signal.SIGTERM, lambda *_: print("mine", flush=True))
        assert before == signal.SIG_DFL
        os.kill(os.getpid(), signal.SIGTERM)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
        os.kill(os.getpid(), signal.SIGTERM)
        """,
    )
    with recorded(tmp_path, PYTHON, "app.py", output=tmp_path / "out.txt") as recording:
        assert (tmp_path / "out.txt").read_text() == "mine\n"
        assert recording.meta["exit_code"] == str(128 + signal.SIGTERM)


def test_a_program_with_a_profiling_timer_of_its_own_keeps_it(tmp_path):
    write(
        tmp_path,
        spin=SPIN,
        app="""
        import signal, spin
        ticks = []
        assert signal.signal(signal.SIGPROF, lambda *_: ticks.append(1)) == signal.SIG_DFL
        spin.spin(0.1)
        assert not ticks
        signal.setitimer(signal.ITIMER_PROF, 0.01, 0.01)
        spin.spin(0.1)
        signal.setitimer(signal.ITIMER_PROF, 0)
        assert 2 <= len(ticks) <= 20, len(ticks)
        """,
    )
    with recorded(tmp_path, PYTHON, "app.py") as recording:
        assert recording.meta["exit_code"] == "0"
        assert "the program took the profiling timer" in recording.meta["notes"]


def test_exec_does_not_inherit_the_timer(tmp_path):
    write(
        tmp_path,
        spin=SPIN,
        app="import os, spin\nspin.spin(0.1)\nos.execvp('sh', ['sh', '-c', 'while :; do i=$((i+1)); [ $i = 60000 ] && exit 5; done'])\n",
    )
    with recorded(tmp_path, PYTHON, "app.py") as recording:
        assert recording.meta["exit_code"] == "5"
        assert recording.total > 5


def test_a_program_that_never_ends_is_stopped(tmp_path):
    """It gets the signal when it has its handler, however late that is."""
    write(
        tmp_path,
        app="""
        import signal, time
        signal.signal(signal.SIGTERM, lambda *_: exit(9))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
        time.sleep(60)
        """,
    )
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    try:
        ran = run([PYTHON, "app.py"], cwd=tmp_path, timeout=0.5, stdin=subprocess.DEVNULL)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    assert ran.timed_out
    assert ran.exit_code == 9
    assert ran.seconds < 30


def test_ctrl_c_while_the_program_is_being_started_ends_it(tmp_path, monkeypatch):
    start = processes._start

    def interrupted(*arguments, **named):
        child = start(*arguments, **named)
        os.kill(os.getpid(), signal.SIGINT)
        return child

    monkeypatch.setattr(processes, "_start", interrupted)
    ran = run([PYTHON, "-c", "import time; time.sleep(60)"], cwd=tmp_path, stdin=subprocess.DEVNULL)
    assert ran.interrupted
    assert ran.exit_code == 128 + signal.SIGINT


def test_ctrl_c_reaches_the_program_and_the_recording_is_kept(tmp_path):
    write(
        tmp_path,
        app="""
        import sqlite3, time
        try:
            sqlite3.connect(":memory:").execute("select 1")
            print("ready", flush=True)
            time.sleep(60)
        except KeyboardInterrupt:
            exit(5)
        """,
    )

    def interrupt() -> None:
        while "ready" not in (tmp_path / "out.txt").read_text():
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    (tmp_path / "out.txt").touch()
    threading.Thread(target=interrupt, daemon=True).start()
    with recorded(tmp_path, PYTHON, "app.py", output=tmp_path / "out.txt") as recording:
        assert recording.meta["exit_code"] == "5"
        assert recording.meta["interrupted"] == "yes"
        assert len(recording.executions()) == 1


TERMINAL = """
import sys
from pathlib import Path
from perfprof.profilers.workload import record
code = "import time; print('name?', flush=True); print('hello', input(), flush=True); time.sleep(60)"
with record([sys.argv[1], "-c", code], cwd=Path("."), folder=Path(sys.argv[2]), sampler="off") as recording:
    print("ended", recording.meta["exit_code"], recording.meta["interrupted"], flush=True)
"""


def test_on_a_terminal_the_program_reads_and_ctrl_c_ends_it(tmp_path):
    pty = pytest.importorskip("pty")
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(sys.executable, [sys.executable, "-c", TERMINAL, PYTHON, str(tmp_path / "run")])
    said = ""
    for wait_for, answer in (("name?", b"you\n"), ("hello you", b"\x03"), (" yes", b"")):
        while wait_for not in said:
            said += os.read(terminal, 1024).decode()
        os.write(terminal, answer)
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 0, said
    assert "ended 130 yes" in said.replace("\r", "")
