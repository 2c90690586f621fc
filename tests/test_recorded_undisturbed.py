"""A program under `record` behaves as without: the same words, the same exit code, its own signals, files and errors."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from perfprof.profilers.recording import Recording
from perfprof.profilers.workload import record

PYTHON = os.environ.get("PERFPROF_TEST_PYTHON", sys.executable)
SPIN = """
import time
def spin(seconds):
    end, found = time.process_time() + seconds, 0
    while time.process_time() < end:
        for x in range(300):
            found += x
    return found
"""


def alike(folder: Path, text: str, *options: str) -> Recording:
    """Run the program plainly and recorded: it must say and do the same. Gives the recording."""
    (folder / "spin.py").write_text(SPIN)
    (folder / "app.py").write_text(textwrap.dedent(text))
    argv = [PYTHON, *options, "app.py"]
    plain = subprocess.run(
        argv, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    found = record(argv, cwd=folder, folder=folder / "run", output=folder / "out", sampler="loops", timeout=60)
    assert (folder / "out").read_bytes().decode() == plain.stdout.decode()
    assert found.meta["exit_code"] == str(plain.returncode if plain.returncode >= 0 else 128 - plain.returncode)
    return found


def test_a_program_that_closes_every_descriptor_keeps_its_files(tmp_path):
    """As a daemon does. What it opens then may have our number, and must not get our words."""
    found = alike(
        tmp_path,
        """
        import os, spin
        print(os.open(os.devnull, os.O_RDONLY))
        os.closerange(3, 1024)
        mine = [os.open(f"{n}.db", os.O_RDWR | os.O_CREAT | os.O_TRUNC) for n in range(3)]
        high = os.dup2(mine[0], 700)
        os.write(mine[0], b"mine")
        spin.spin(0.3)
        pid = os.fork()
        if pid == 0:
            spin.spin(0.2)
            os.write(high, b" child")
            os._exit(0)
        os.waitpid(pid, 0)
        print(mine, [open(f"{n}.db", "rb").read() for n in range(3)])
        """,
    )
    with found as recording:
        assert recording.total > 60
        assert len(recording.processes()) == 2


def test_a_daemon_that_forks_twice(tmp_path):
    found = alike(
        tmp_path,
        """
        import os, sys, spin
        ours, theirs = os.pipe()
        if os.fork():
            os.close(theirs)
            print(os.read(ours, 100), os.read(ours, 100))  # the second when it is gone
            sys.exit(0)
        os.setsid()
        if os.fork():
            os._exit(0)
        os.chdir("/")
        os.umask(0)
        for fd in range(3):
            os.dup2(os.open(os.devnull, os.O_RDWR), fd)
        os.closerange(3, theirs)
        os.closerange(theirs + 1, 1024)
        spin.spin(0.3)
        os.write(theirs, b"done")
        """,
    )
    with found as recording:
        assert recording.total > 30


def test_many_children_that_are_terminated_as_they_start(tmp_path):
    """Each dies of it, also if the signal comes before the child runs (a handler of ours would be dropped there)."""
    alike(
        tmp_path,
        """
        import os, signal, time
        for _ in range(200):
            pid = os.fork()
            if pid == 0:
                time.sleep(20)
                os._exit(0)
            os.kill(pid, signal.SIGTERM)
            assert os.waitpid(pid, 0)[1] == signal.SIGTERM
        print("all of them")
        """,
    ).close()


@pytest.mark.parametrize(
    "call",
    [
        'open("none")',
        'open(".")',
        'open(Path("none"), "rb")',
        'open("app.py", "rw")',
        'open("app.py", encoding="none")',
        'open("app.py", opener=opener)',
        'open("app.py", buffering=0)',
        'open("app.py", "x")',
        'Path("none").read_text()',
    ],
)
def test_an_error_of_open_has_no_line_of_ours(tmp_path, call):
    head = "from pathlib import Path\ndef opener(path, flags):\n    raise KeyError(path)\ndef load():\n"
    alike(tmp_path, f"{head}    try:\n        1 / 0\n    finally:\n        {call}\nload()\n").close()


def test_what_open_gives_has_the_same_names(tmp_path):
    alike(
        tmp_path,
        """
        import copy, inspect, pickle, tempfile
        from pathlib import Path
        for name in ("app.py", b"app.py", Path("app.py")):
            with open(name) as text, open(name, "rb") as data, open(name, "rb", 0) as raw:
                print(text, text.name, data, data.name, raw, raw.name)
        print(open, open.__name__, open.__qualname__, inspect.signature(open), callable(open))
        print(pickle.loads(pickle.dumps(open)) is open, copy.deepcopy(open) is open)
        class Keeps:
            read = open
        print(Keeps().read("spin.py").readline())
        with tempfile.NamedTemporaryFile("w+") as file:
            file.write("x"); file.seek(0); print(file.read())
        """,
    ).close()


SIGNALS = """
import os, signal, sys, threading, time, spin
print([signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGPROF, signal.SIGALRM)])
ticks = []
signal.signal(signal.SIGALRM, lambda *_: ticks.append(1))
signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
start = time.monotonic()
time.sleep(0.2)
print(time.monotonic() - start >= 0.2)
while len(ticks) <= 5:
    time.sleep(0.02)
signal.pause()
signal.setitimer(signal.ITIMER_REAL, 0)
print("rang")
print(spin.spin(0.1) > 0)
try:
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(5)
except KeyboardInterrupt:
    print("interrupted")
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
os.kill(os.getpid(), signal.SIGTERM)
print(signal.sigpending(), signal.sigwait([signal.SIGTERM]))
print(signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM]))
signal.signal(signal.SIGUSR1, lambda *_: sys.exit(9))
os.kill(os.getpid(), signal.SIGUSR1)
"""

ENDS = """
import atexit, os, sys, threading, time, spin
atexit.register(print, "at exit")
def later():
    threading.main_thread().join()
    spin.spin(0.1)
    print("after main")
def for_ever():
    while True:
        spin.spin(0.05)
def fails():
    raise ValueError("in a thread")
threading.excepthook = lambda told: print(told.exc_type, told.thread.name)
for target, daemon in ((later, False), (for_ever, True), (fails, False)):
    started = threading.Thread(target=target, daemon=daemon, name=target.__name__)
    started.start()
started.join()  # whoever fails has said so before main does
sys.exit("the last word of main")
"""

LEAVES = "import os, sys, spin\nprint('written')\nsys.stdout.flush()\nprint('lost')\nspin.spin(0.2)\nos._exit(3)\n"

CHAIN = """
import subprocess, sys, spin
left = int(sys.argv[1]) if len(sys.argv) > 1 else 2
spin.spin(0.05)
print(left, flush=True)
if left:
    sys.exit(subprocess.run([sys.executable, __file__, str(left - 1)]).returncode + 1)
"""

FUTURES = """
import concurrent.futures, multiprocessing, spin
def work(n):
    return n * n, spin.spin(0.02) > 0
if __name__ == "__main__":
    for method in ("fork", "spawn", "forkserver"):
        with concurrent.futures.ProcessPoolExecutor(2, multiprocessing.get_context(method)) as pool:
            print(method, list(pool.map(work, range(3))))
    child = multiprocessing.Process(target=spin.spin, args=(30,))
    child.start()
    child.terminate()
    child.join()
    print(child.exitcode)
"""

TRACERS = """
import sys, spin
lines, calls = [], []
def tracer(frame, event, arg):
    if frame.f_code.co_filename.endswith("app.py"):
        lines.append((event, frame.f_lineno))
    return tracer
def work():
    total = 0
    for n in range(3):
        total += n
    return total
sys.settrace(tracer)
work()
sys.settrace(None)
sys.setprofile(lambda frame, event, arg: calls.append(event) if frame.f_code is work.__code__ else None)
work()
sys.setprofile(None)
print(lines, calls, sys.gettrace(), sys.getprofile())
"""


@pytest.mark.parametrize("text", [SIGNALS, ENDS, LEAVES, CHAIN, FUTURES, TRACERS])
def test_a_program_of_its_own_mind(tmp_path, text):
    alike(tmp_path, text).close()


def test_coverage_measures_the_same(tmp_path):
    pytest.importorskip("coverage")
    if sys.executable != PYTHON:
        pytest.skip("coverage is not in the other environment")
    (tmp_path / "work.py").write_text(
        "import spin\nspin.spin(0.3)\nwith open('spin.py') as file:\n    file.read()\n"
    )
    alike(
        tmp_path,
        """
        import subprocess, sys
        for words in (["run", "-p", "--source", ".", "work.py"], ["combine", "-q"], ["report", "-m"]):
            print(subprocess.run([sys.executable, "-m", "coverage", *words], capture_output=True, text=True).stdout)
        """,
    ).close()


def test_greenlets_and_nurseries(tmp_path):
    greenlet = pytest.importorskip("greenlet")
    assert greenlet
    alike(
        tmp_path,
        """
        import greenlet, sqlite3, spin
        def one():
            connection = sqlite3.connect(":memory:")
            for n in range(3):
                print(connection.execute("select ?", (n,)).fetchone(), spin.spin(0.05) > 0)
                two_.switch()
        def two():
            while True:
                with open("spin.py") as file:
                    print(len(file.read()))
                one_.switch()
        one_, two_ = greenlet.greenlet(one), greenlet.greenlet(two)
        one_.switch()
        """,
    ).close()
