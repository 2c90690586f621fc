"""Real programs under `record`: what is seen, and that the program does not notice."""

from __future__ import annotations

import ast
import os
import sys
import textwrap
from pathlib import Path

import pytest

from perfprof.errors import UsageError
from perfprof.profilers.recording import Recording
from perfprof.profilers.workload import record

# the interpreter of the programs under test: set it to try another version than the one that runs the tests
PYTHON = os.environ.get("PERFPROF_TEST_PYTHON", sys.executable)

SPIN = """
import time

def spin(seconds):
    end, found = time.process_time() + seconds, 0
    while time.process_time() < end:
        for x in range(200):
            for y in range(200):
                if x == y:
                    found += 1
    return found
"""


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        (folder / f"{name}.py").write_text(textwrap.dedent(text))


def recorded(folder: Path, *argv: str, sampler: str = "loops", timeout: float = 60, **named) -> Recording:
    return record(argv, cwd=folder, folder=folder / ".perfprof", sampler=sampler, timeout=timeout, **named)


def lines_of(path: Path, text: str) -> int:
    return next(number for number, line in enumerate(path.read_text().splitlines(), 1) if text in line)


@pytest.mark.parametrize("sampler", ["loops", "py-spy"])
def test_a_script_is_sampled_and_its_exit_code_passed(tmp_path, sampler):
    write(tmp_path, spin=SPIN, app="import sys, spin\nspin.spin(0.3)\nsys.exit(7)\n")
    with recorded(tmp_path, PYTHON, "app.py", sampler=sampler) as recording:
        assert recording.meta["exit_code"] == "7"
        assert recording.meta["sampler"] == sampler
        assert float(recording.meta["cpu_seconds"]) > 0.25
        assert recording.total > 20
        spin = str(tmp_path / "spin.py")
        assert recording.share(spin, 4, 11) > 0.8
        assert recording.own_share(spin, 4, 11) > 0.8
        assert recording.share(str(tmp_path / "app.py"), 2, 2) > 0.8
        assert recording.own_share(str(tmp_path / "app.py"), 1, 9) < 0.1
        assert set(recording.files()) == {spin, str(tmp_path / "app.py")}
        assert max(recording.collapsed(tmp_path).items(), key=lambda item: item[1])[0] == (
            "app.py:<module>;spin.py:spin"
        )


@pytest.mark.parametrize("sampler", ["loops", "py-spy"])
def test_the_hot_loop_is_named(tmp_path, sampler):
    """The truth is known by construction: one loop of three takes nearly all the time."""
    write(
        tmp_path,
        app="""
        def cold(n):
            total = 0
            for i in range(n):
                total += i
            return total

        def hot(xs, ys):
            found = []
            for x in xs:
                for y in ys:
                    if x == y:
                        found.append(y)
            for f in found:
                cold(3)
            return found

        import time
        end = time.process_time() + 0.6
        while time.process_time() < end:
            cold(100)
            hot(list(range(600)), list(range(1200)))
        """,
    )
    with recorded(tmp_path, PYTHON, "app.py", sampler=sampler) as recording:
        path = tmp_path / "app.py"
        inner = lines_of(path, "for y in ys")
        assert recording.own_share(path, inner, inner + 2) > (0.9 if sampler == "loops" else 0.7)  # of wall clock


def test_comprehensions_and_searches_are_booked_on_their_loop(tmp_path):
    write(
        tmp_path,
        app="""
        def search(names, wanted):
            found = 0
            for name in wanted:
                if name in names:
                    found += 1
            return found

        def pairs(xs, ys):
            return [
                x
                for x in xs
                if any(y == x for y in ys)
            ]

        names = [str(i) for i in range(3000)]
        for _ in range(2):
            search(names, [str(-i) for i in range(1200)])
            pairs(range(500), range(500, 1500))
        """,
    )
    with recorded(tmp_path, PYTHON, "app.py") as recording:
        path = tmp_path / "app.py"
        first, last = lines_of(path, "for name in wanted"), lines_of(path, "return found")
        assert recording.own_share(path, first, last) > 0.2
        first, last = lines_of(path, "return ["), lines_of(path, "if any")
        assert recording.own_share(path, first, last) > 0.2


def test_a_long_call_into_c_counts_for_what_it_takes(tmp_path):
    native = "def native():\n    sum(range(30_000_000))\n"
    python = "def python():\n    total = 0\n    for i in range(6_000_000):\n        total += i\n"
    write(tmp_path, app=f"{native}{python}native()\npython()\n")
    with recorded(tmp_path, PYTHON, "app.py") as recording:
        path = tmp_path / "app.py"
        assert recording.share(path, 2, 2) > recording.share(path, 4, 6) > 0.1
        assert recording.total * 0.005 == pytest.approx(float(recording.meta["cpu_seconds"]), rel=0.5)


def test_a_module_with_arguments_and_output(tmp_path):
    write(tmp_path, spin=SPIN, app="import sys, spin\nspin.spin(0.1)\nprint(sys.argv[1:], __name__)\n")
    output = tmp_path / "out.txt"
    with recorded(tmp_path, PYTHON, "-m", "app", "a b", output=output) as recording:
        assert output.read_text() == "['a b'] __main__\n"
        assert recording.meta["exit_code"] == "0"
        assert recording.share(str(tmp_path / "spin.py"), 4, 11) > 0.5


def test_pytest_as_the_workload(tmp_path):
    write(tmp_path, spin=SPIN, test_spin="import spin\n\ndef test_it():\n    assert spin.spin(0.2)\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_spin.py"]
    with recorded(tmp_path, *command, output=tmp_path / "out.txt") as recording:
        assert "1 passed" in (tmp_path / "out.txt").read_text()
        assert recording.share(str(tmp_path / "test_spin.py"), 4, 4) > 0.2
        assert "pytest" in " ".join(recording.collapsed(tmp_path))


FAMILY = """
import multiprocessing, os, subprocess, sys, spin

def work(n):
    spin.spin(0.15)
    return os.getpid()

if __name__ == "__main__":
    with multiprocessing.get_context(sys.argv[1]).Pool(2) as pool:
        pids = set(pool.map(work, range(2), chunksize=1))
    child = os.fork()
    if child == 0:
        spin.spin(0.15)
        os._exit(0)
    os.waitpid(child, 0)
    code = "import spin, os; spin.spin(0.15); print(os.getpid())"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    print(*pids, child, run.stdout.strip())
"""


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.parametrize("sampler", ["loops", "auto"])
def test_children_and_forks_are_followed(tmp_path, method, sampler):
    write(tmp_path, spin=SPIN, app=FAMILY)
    output = tmp_path / "out.txt"
    with recorded(tmp_path, PYTHON, "-W", "error", "app.py", method, sampler=sampler, output=output) as recording:
        pids = set(map(int, output.read_text().split()))
        assert recording.meta["exit_code"] == "0"
        seen = {process.pid: process.samples for process in recording.processes()}
        assert pids <= set(seen)
        assert all(seen[pid] >= 10 for pid in pids)
        assert recording.meta["sampler"] in ("loops", "loops+py-spy", "py-spy")


def test_a_shell_line_around_two_programs(tmp_path):
    write(tmp_path, spin=SPIN, a="import spin\nspin.spin(0.2)\n", b="import spin\nspin.spin(0.2)\n")
    line = f"'{PYTHON}' a.py && (exec '{PYTHON}' b.py) | cat; exit 4"
    with recorded(tmp_path, "sh", "-c", line, sampler="auto") as recording:
        assert recording.meta["exit_code"] == "4"
        assert recording.share(str(tmp_path / "a.py"), 2, 2) > 0.3
        assert recording.share(str(tmp_path / "b.py"), 2, 2) > 0.3


def test_a_very_short_program_has_a_usable_recording(tmp_path):
    write(tmp_path, app="def work():\n    return sum(x * x for x in range(1_500_000))\nwork()\n")
    with recorded(tmp_path, PYTHON, "app.py", sampler="auto") as recording:
        assert recording.share(str(tmp_path / "app.py"), 1, 3) > 0.4


def test_an_isolated_interpreter_runs_undisturbed_and_the_reason_is_told(tmp_path):
    code = "import sys; assert not [m for m in sys.modules if 'perfprof' in m]; print('fine')"
    with recorded(tmp_path, PYTHON, "-I", "-c", code, output=tmp_path / "out.txt") as recording:
        assert (tmp_path / "out.txt").read_text() == "fine\n"
        assert "could be followed" in recording.meta["notes"]
        assert recording.total == 0
        assert recording.share("x.py", 0, 9) == 0.0


def test_the_users_sitecustomize_and_path_are_kept(tmp_path):
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text("import builtins\nbuiltins.mine = __file__\n")
    (tmp_path / "site" / "queries.py").write_text("name = 'of the program'\n")
    write(
        tmp_path,
        app="""
        import sys, queries
        print(queries.name, mine, [p for p in sys.path if "perfprof" in p], sys.modules["sitecustomize"].__file__)
        """,
    )
    os.environ["PYTHONPATH"] = str(tmp_path / "site")
    try:
        recorded(tmp_path, PYTHON, "app.py", output=tmp_path / "out.txt").close()
    finally:
        del os.environ["PYTHONPATH"]
    mine = tmp_path / "site" / "sitecustomize.py"
    assert (tmp_path / "out.txt").read_text() == f"of the program {mine} [] {mine}\n"


def test_what_is_left_is_one_private_file(tmp_path):
    write(tmp_path, app="pass\n")
    recorded(tmp_path, PYTHON, "app.py").close()
    (left,) = (tmp_path / ".perfprof").iterdir()
    assert left.name == "recording.sqlite"
    assert left.stat().st_mode & 0o777 == 0o600


def test_secrets_in_the_command_line_are_not_kept(tmp_path):
    with recorded(tmp_path, PYTHON, "-c", "pass", "postgres://me:secret@host/db") as recording:
        assert "secret" not in recording.meta["command"]
        assert all("secret" not in process.command for process in recording.processes())


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["no-such-command"], "no-such-command: there is no such command"),
        (["app.py"], "-- python app.py"),
        (["./app.py"], "not executable"),
        (["./other.py"], "there is no such program"),
        ([], "no command"),
    ],
)
def test_a_command_that_cannot_be_started(tmp_path, argv, words):
    write(tmp_path, app="pass\n")
    with pytest.raises(UsageError, match=words):
        recorded(tmp_path, *argv)


def test_a_file_that_is_no_recording(tmp_path):
    with pytest.raises(UsageError, match="no such recording"):
        Recording.open(tmp_path / "none.sqlite")
    (tmp_path / "text").write_text("not a database, but long enough to look like one" * 50)
    with pytest.raises(UsageError, match="not a recording"):
        Recording.open(tmp_path / "text")


def test_interpreters_too_old_for_the_recorders_run_all_the_same(tmp_path):
    """What an old Python makes of the way in: it parses, and chains."""
    from perfprof.profilers.arming import START

    tree = ast.parse((START / "sitecustomize.py").read_text(), feature_version=(3, 4))
    assert not [
        node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr | ast.AnnAssign | ast.FunctionDef)
    ]


def test_deep_recursion_keeps_a_bounded_stack(tmp_path):
    write(
        tmp_path,
        spin=SPIN,
        app="""
        import sys, spin
        sys.setrecursionlimit(5000)
        def dive(n):
            if n:
                dive(n - 1)
            else:
                spin.spin(0.2)
        dive(2000)
        """,
    )
    with recorded(tmp_path, PYTHON, "app.py") as recording:
        depths = {len(sample.stack) for sample in recording.samples()}
        assert max(depths) == 200
        assert recording.share(tmp_path / "app.py", 9, 9) > 0.5
        assert recording.share(tmp_path / "spin.py", 4, 11) > 0.5
