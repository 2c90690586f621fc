"""Programs that end badly, fork, or give no room: what was seen until then is there, and they do not notice."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from ended import ended
from test_recorded_requests import FLASK

from perfprof.errors import PerfprofError
from perfprof.profilers.merge import Writer
from perfprof.profilers.parts import collections, files, metrics, requests
from perfprof.profilers.recording import Recording
from perfprof.profilers.workload import record

PYTHON = sys.executable


def recorded(folder: Path, *argv: str, **named) -> Recording:
    return record(argv, cwd=folder, folder=folder / "run", output=folder / "out", sampler="off", **named)


def write(folder: Path, text: str, name: str = "app.py") -> None:
    (folder / name).write_text(textwrap.dedent(text))


def test_a_script_that_is_killed_half_way(tmp_path):
    write(
        tmp_path,
        """
        import gc, glob, os, signal, time
        def journal_size():
            return sum(map(os.path.getsize, glob.glob(os.environ["PERFPROF_FOLDER"] + f"/{os.getpid()}-*")))
        def save(number):
            with open(f"part-{number}.txt", "w") as file:
                file.write("x" * 1000)
        end, number = time.monotonic() + 0.8, 0
        while time.monotonic() < end:
            save(number); number += 1; gc.collect(); time.sleep(0.005)
        written = journal_size()
        while journal_size() == written:
            gc.collect(); time.sleep(0.005)
        print(number, flush=True)
        save(number)
        os.kill(os.getpid(), signal.SIGKILL)
        """,
    )
    with recorded(tmp_path, PYTHON, "app.py") as found:
        assert found.meta["exit_code"] == str(128 + signal.SIGKILL)
        written = sum(access.latencies.count for access in files.read(found) if access.deed == "write")
        assert collections.read(found)
        assert metrics.read(found)
    assert int((tmp_path / "out").read_text()) <= written <= int((tmp_path / "out").read_text()) + 1


@pytest.mark.parametrize("end", ["", "os._exit(0)"])
def test_the_last_words_wait_for_a_thread_that_is_writing(tmp_path, end):
    """The thread has asked the recorders already, and takes its time for the file."""
    write(
        tmp_path,
        """
        import os, sqlite3, threading, time
        main, writing, plain = threading.main_thread(), threading.Event(), os.write
        def slowly(fd, data):
            if threading.current_thread() is not main and b'"execution"' in data:
                writing.set()
                time.sleep(0.5)
            return plain(fd, data)
        os.write = slowly
        def work():
            connection = sqlite3.connect(":memory:")
            while not writing.is_set():
                connection.execute("select 1")
        threading.Thread(target=work, daemon=True).start()
        connection = sqlite3.connect(":memory:")
        writing.wait()
        for n in range(5):
            connection.execute("select 2 + ?", (n,))
        END
        """.replace("END", end),
    )
    with recorded(tmp_path, PYTHON, "app.py") as found:
        counts = {one.statement.text: one.count for one in found.executions()}
    assert counts["select ? + ?"] == 5, counts


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_pool_that_is_terminated(tmp_path, method):
    write(
        tmp_path,
        f"""
        import multiprocessing
        def save(number):
            with open(f"part-{{number}}.txt", "w") as file:
                file.write("x" * 1000)
        if __name__ == "__main__":
            pool = multiprocessing.get_context("{method}").Pool(2)
            pool.map(save, range(20), chunksize=2)
            pool.terminate()
            pool.join()
        """,
    )
    with recorded(tmp_path, PYTHON, "app.py") as found:
        assert found.meta["exit_code"] == "0"
        written = [access for access in files.read(found) if access.deed == "write"]
    assert sum(access.latencies.count for access in written) == 20
    assert {access.place[0].function for access in written} == {"save"}


def test_a_suite_under_xdist(tmp_path):
    (tmp_path / "app.py").write_text(FLASK)
    write(
        tmp_path,
        """
        import pytest
        from app import app
        @pytest.mark.parametrize("number", range(6))
        def test_item(number):
            assert app.test_client().get(f"/items/{number}").status_code == 200
        """,
        "test_app.py",
    )
    argv = [PYTHON, "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider", "test_app.py"]
    with recorded(tmp_path, *argv) as found:
        assert found.meta["exit_code"] == "0", (tmp_path / "out").read_text()
        (route,) = requests.read(found)
        assert len(found.processes()) >= 3
    assert route.statuses == {200: 6}


def test_python_without_its_environment_runs_and_is_seen_from_outside(tmp_path):
    write(tmp_path, "import sys, time\ntime.sleep(1)\nprint('done')\nsys.exit(5)\n")
    with recorded(tmp_path, PYTHON, "-I", "app.py") as found:
        assert found.meta["exit_code"] == "5"
        assert "python -I" in found.meta["notes"]
        assert metrics.read(found)
    assert (tmp_path / "out").read_text() == "done\n"


def test_no_room_for_the_journals(tmp_path):
    """Nothing can be written: as on a full disk, each write fails."""
    write(tmp_path, "import gc, os, sys\ngc.collect()\nos.write(2, b'')\nsys.exit(7)\n")
    with recorded(tmp_path, "sh", "-c", f"ulimit -f 0; exec {PYTHON} app.py") as found:
        assert found.meta["exit_code"] == "7"
        assert found.meta["notes"]
    assert (tmp_path / "out").read_text() == ""


def test_no_room_for_the_recording_is_said_with_the_exit_code(tmp_path, monkeypatch):
    write(tmp_path, "import sys\nsys.exit(7)\n")

    def full(self: Writer, *rest: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Writer, "finish", full)
    with pytest.raises(PerfprofError, match="No space left") as caught:
        recorded(tmp_path, PYTHON, "app.py")
    assert caught.value.exit_code == 7


def test_what_finds_no_room_is_kept_elsewhere(tmp_path, monkeypatch):
    write(tmp_path, "import sys\nsys.exit(7)\n")
    finish = Writer.finish

    def full(self: Writer, meta: dict[str, str]) -> None:
        monkeypatch.setattr(Writer, "finish", finish)
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(Writer, "finish", full)
    with pytest.raises(PerfprofError, match="disk is full") as caught:
        recorded(tmp_path, PYTHON, "app.py")
    assert caught.value.exit_code == 7
    kept = Path(caught.value.todo.rpartition(" ")[2])
    with Recording.open(kept) as found:
        assert found.meta["exit_code"] == "7"
    shutil.rmtree(kept.parent)


def test_files_may_not_grow(tmp_path):
    """The journals end at the limit; the program gets its own errors and no signal of ours."""
    text = "import resource, sys, gc\nresource.setrlimit(resource.RLIMIT_FSIZE, (600, 600))\n"
    write(
        tmp_path,
        text + "for n in range(400):\n    open('app.py').close()\n    gc.collect(0)\nprint('fine')\nsys.exit(3)\n",
    )
    with recorded(tmp_path, PYTHON, "app.py") as found:
        assert found.meta["exit_code"] == "3"
    assert (tmp_path / "out").read_text() == "fine\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may change users")
def test_a_program_of_another_user_runs_and_the_reason_is_told(tmp_path):
    code = "import os; os.setgid(65534); os.setuid(65534); os.execv('/bin/sh', ['sh', '-c', 'id -u; exit 6'])"
    with recorded(tmp_path, PYTHON, "-I", "-c", code) as found:
        assert found.meta["exit_code"] == "6"
        assert "another user" in found.meta["notes"]
    assert (tmp_path / "out").read_text() == "65534\n"


def test_without_a_home_and_with_few_descriptors(tmp_path, monkeypatch):
    monkeypatch.delenv("HOME", raising=False)
    write(tmp_path, "import os\nprint(os.open(os.devnull, os.O_RDONLY))\nopen('app.py').read()\n")
    with recorded(tmp_path, "sh", "-c", f"ulimit -n 40; exec {PYTHON} app.py") as found:
        assert found.meta["exit_code"] == "0"
        assert files.read(found)
    assert (tmp_path / "out").read_text().strip().isdigit()


def test_a_project_that_cannot_be_written_is_recorded_elsewhere(tmp_path):
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / ".perfprof").write_text("a file stands where the folder should be")
    argv = [sys.executable, "-m", "perfprof", "record", "-o", "r.rec", "--", sys.executable, "-c"]
    argv.append("print(1); raise SystemExit(5)")
    ran = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (5, "1\n"), ran.stderr
    assert "This recording is kept in" in ran.stderr
    with Recording.open(tmp_path / "r.rec") as recording:
        assert recording.meta["exit_code"] == "5"


@pytest.mark.skipif(os.name != "posix", reason="by a shell and a pipe")
def test_a_killed_perfprof_takes_its_program_along(tmp_path):
    write(
        tmp_path,
        """
        import os, subprocess, sys, time
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        print(os.getpid(), child.pid, flush=True)
        time.sleep(60)
        """,
    )
    argv = [PYTHON, "-m", "perfprof", "record", "-o", "x.sqlite", "--", PYTHON, "app.py"]
    with subprocess.Popen(
        argv, cwd=tmp_path, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        program = [int(pid) for pid in running.stdout.readline().split()]
        assert len(program) == 2
        running.kill()
    assert ended(program)
