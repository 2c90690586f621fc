"""Copies of the project: complete, apart from the original, the same before each run, and gone at the end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from ended import ended

from perfprof.errors import PerfprofError
from perfprof.optimizer.judge.copying import content_of
from perfprof.optimizer.judge.interpreters import interpreter_of, script_of
from perfprof.optimizer.judge.trees import Tree
from perfprof.optimizer.judge.workplace import PREFIX, Workplace, remove
from perfprof.optimizer.patches import FileChange


def write(root: Path, **files: str) -> None:
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_py", ".py").replace("_txt", ".txt")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    write(root, app_py="X = 1\n", data__rows_txt="1\n", pkg__mod_py="Y = 1\n")
    (root / "empty").mkdir()
    return root


@pytest.fixture
def tree(project: Path, tmp_path: Path) -> Tree:
    return Tree.plant(project, tmp_path / "tree")


def files(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file() or path.is_symlink()}


def test_everything_is_copied_but_caches(project: Path, tmp_path: Path) -> None:
    write(project, __pycache____x_txt="", venv__pyvenv_txt="")
    (project / ".perfprof").mkdir()
    (project / "env").mkdir()
    (project / "env" / "pyvenv.cfg").write_text("")
    tree = Tree.plant(project, tmp_path / "tree")
    assert files(tree.path) >= {"app.py", "data/rows.txt", "pkg/mod.py", "env"}
    assert (tree.path / "empty").is_dir()
    assert (tree.path / "env").is_symlink()
    assert not (tree.path / ".perfprof").exists()
    assert (tree.path.stat().st_mode & 0o777) == 0o700


def test_in_git_what_is_tracked_new_or_ignored_but_small(project: Path, tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=project, check=True)
    (project / ".gitignore").write_text("*.db\nbuild/\n")
    (project / "local.db").write_text("data")
    (project / "new.py").write_text("")
    subprocess.run(["git", "add", "app.py", ".gitignore"], cwd=project, check=True)
    assert set(content_of(project).files) >= {"app.py", ".gitignore", "new.py", "local.db", "pkg/mod.py"}
    assert not any(name.startswith(".git/") for name in content_of(project).files)


def test_links_stay_inside_or_still_lead_out(project: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("far")
    (project / "inside").symlink_to(project / "app.py")
    (project / "folder").symlink_to("data")
    (project / "out").symlink_to("../outside.txt")
    tree = Tree.plant(project, tmp_path / "deep" / "tree" if (tmp_path / "deep").mkdir() is None else tmp_path)
    (tree.path / "inside").write_text("changed")
    assert (project / "app.py").read_text() == "X = 1\n"
    assert (tree.path / "folder" / "rows.txt").read_text() == "1\n"
    assert (tree.path / "out").read_text() == "far"


def test_each_run_starts_from_the_same_files(tree: Tree, project: Path) -> None:
    (tree.path / "data" / "rows.txt").write_text("2\n")
    (tree.path / "app.py").unlink()
    write(tree.path, made__deep__x_txt="new")
    tree.reset()
    assert (tree.path / "data" / "rows.txt").read_text() == "1\n"
    assert (tree.path / "app.py").read_text() == "X = 1\n"
    assert not (tree.path / "made").exists()
    assert (tree.path / "empty").is_dir()


def test_changes_come_and_go(tree: Tree, project: Path) -> None:
    cache = tree.path / "__pycache__"
    cache.mkdir()
    (cache / "app.cpython-311.pyc").write_bytes(b"old")
    tree.write([FileChange("app.py", "X = 1\n", "X = 2\r\n"), FileChange("more/new.py", "", "Z = 1\n")])
    assert (tree.path / "app.py").read_bytes() == b"X = 2\r\n"
    assert not list(cache.iterdir()), "bytecode of the old text must not be used for the new one"
    (tree.path / "app.py").write_text("spoiled by a run")
    tree.reset()
    assert (tree.path / "app.py").read_bytes() == b"X = 2\r\n"
    tree.write([])
    assert files(tree.path) == files(project)
    assert (tree.path / "app.py").read_text() == "X = 1\n"


def test_code_edited_meanwhile_is_named(tree: Tree, project: Path) -> None:
    (tree.path / "app.py").write_text("spoiled by a run")
    (project / "app.py").write_text("edited by the user")
    with pytest.raises(PerfprofError, match="changed while perfprof was judging"):
        tree.reset()
    assert (project / "app.py").read_text() == "edited by the user"


def test_a_log_that_runs_write_is_taken_as_it_is(tree: Tree, project: Path) -> None:
    (tree.path / "data" / "rows.txt").write_text("2\n")
    (project / "data" / "rows.txt").write_text("written by the recorded run\n")
    tree.reset()
    assert (tree.path / "data" / "rows.txt").read_text() == "written by the recorded run\n"


def test_a_file_that_a_run_wrote_anew_as_it_was_is_no_edit(tree: Tree, project: Path) -> None:
    rows = project / "data" / "rows.txt"
    before = rows.read_text()
    (tree.path / "data" / "rows.txt").write_text("2\n")
    os.utime(rows, ns=(1, 1))
    tree.reset()
    assert (tree.path / "data" / "rows.txt").read_text() == before


def test_a_read_only_project_can_be_copied_and_changed(project: Path, tmp_path: Path) -> None:
    for path in [*project.rglob("*"), project]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    tree = Tree.plant(project, tmp_path / "tree")
    tree.write([FileChange("app.py", "X = 1\n", "X = 2\n")])
    assert (tree.path / "app.py").read_text() == "X = 2\n"
    tree.remove()
    assert not tree.path.exists()
    for path in [project, *project.rglob("*")]:
        path.chmod(0o755)


def test_paths_into_the_project_lead_into_the_tree(tree: Tree, project: Path) -> None:
    argv = (
        "python",
        f"{project}/app.py",
        f"--data={project}/data",
        f"{project}-other/x",
        "sh",
        f"cd {project} && ls",
    )
    assert tree.command(argv) == (
        *("python", f"{tree.path}/app.py", f"--data={tree.path}/data"),
        *(f"{project}-other/x", "sh", f"cd {tree.path} && ls"),
    )
    env = tree.env(
        {"PYTHONPATH": f"{project}/pkg:/elsewhere", "URL": f"sqlite:///{project}/a.db", "HOME": str(project)}
    )
    assert env["PYTHONPATH"].split(":") == [f"{tree.path}/pkg", str(tree.path), "/elsewhere"]
    assert env["URL"] == f"sqlite:///{tree.path}/a.db"
    assert env["HOME"] == str(project)


def test_the_trees_module_wins_over_an_installed_one(project: Path, tmp_path: Path) -> None:
    write(project, src__lib____init___py="WHERE = __file__\n")
    (project / "src" / "lib").mkdir(parents=True, exist_ok=True)
    (project / "src" / "lib" / "__init__.py").write_text("WHERE = __file__\n")
    tree = Tree.plant(project, tmp_path / "tree")
    site = tmp_path / "site"
    site.mkdir()
    (site / "lib").symlink_to(project / "src" / "lib")  # as an editable install has it
    code = f"import sys; sys.path.append({str(site)!r}); import lib; print(lib.WHERE)"
    ran = subprocess.run([sys.executable, "-c", code], env=tree.env(), capture_output=True, text=True, check=True)
    assert ran.stdout.startswith(str(tree.path))


def test_a_module_named_like_one_of_python_does_not_hide_it(project: Path, tmp_path: Path) -> None:
    write(project, random_py="raise SystemExit('hidden')\n")
    tree = Tree.plant(project, tmp_path / "tree")
    ran = subprocess.run([sys.executable, "-c", "import random"], cwd="/", env=tree.env(), check=False)
    assert ran.returncode == 0


def test_the_workplace_is_private_and_goes(project: Path) -> None:
    with Workplace(project) as place:
        assert (place.path.stat().st_mode & 0o777) == 0o700
        assert project not in place.path.parents
    assert not place.path.exists()


def test_the_workplace_is_never_in_the_project(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = project / "tmp"
    inside.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(inside))
    with Workplace(project) as place:
        assert project not in place.path.parents


def test_what_a_killed_run_left_behind_goes_at_the_next_start(project: Path, tmp_path: Path) -> None:
    code = (
        "import time; from pathlib import Path; from perfprof.optimizer.judge.workplace import Workplace;"
        f"place = Workplace(Path({str(project)!r})); print(place.path, flush=True); time.sleep(60)"
    )
    killed = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert killed.stdout is not None
    left = Path(killed.stdout.readline().strip())
    assert left.name.startswith(PREFIX)
    with Workplace(project):
        assert left.exists(), "its process still lives"
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    with Workplace(project):
        assert not left.exists()


def test_the_interpreter_behind_a_command(tmp_path: Path) -> None:
    script = tmp_path / "tool"
    script.write_text(f"#!{sys.executable}\n")
    script.chmod(0o755)
    assert interpreter_of((sys.executable, "-m", "x"), tmp_path) == sys.executable
    assert interpreter_of((str(script), "x"), tmp_path) == sys.executable
    assert interpreter_of(("env", "A=1", sys.executable, "x.py"), tmp_path) == sys.executable
    assert interpreter_of(("no-such-program",), tmp_path, {"PATH": os.environ["PATH"]}) == sys.executable
    assert script_of((sys.executable, "-O", "bench/run.py", "--n", "3"), tmp_path) == "bench/run.py"
    assert script_of((sys.executable, "-m", "bench"), tmp_path) == ""
    assert script_of(("pytest", "tests/test_x.py"), tmp_path) == ""


def test_a_forking_program_that_hangs_ends_with_its_children(tmp_path: Path) -> None:
    from perfprof.optimizer.judge.processes import Processes

    pids = tmp_path / "pids"
    code = (
        "import os, sys, time\n"
        f"out = open({str(pids)!r}, 'a')\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "print(os.getpid(), file=out, flush=True)\n"
        "time.sleep(60)\n"
    )
    pids.touch()
    processes = Processes()
    ran = processes.run([sys.executable, "-c", code], cwd=tmp_path, env=dict(os.environ), timeout=2.0)
    assert ran.late
    assert ended(map(int, pids.read_text().split()))


def test_removing_twice_leaves_what_is_above_alone(tmp_path: Path) -> None:
    above = tmp_path / "above"
    (above / "tree" / "locked").mkdir(parents=True)
    (above / "tree" / "locked").chmod(0o500)
    above.chmod(0o751)
    for _ in range(2):
        remove(above / "tree")
    assert not (above / "tree").exists()
    assert above.stat().st_mode & 0o777 == 0o751


def test_data_written_in_the_project_since_is_the_same_in_all_copies(tmp_path: Path) -> None:
    """A recording that writes its database into the project: one copy had a run already, the other had none."""
    project = tmp_path / "project"
    write(project, app_py="x = 1\n", data_txt="first")
    old, new = (Tree.plant(project, tmp_path / name) for name in ("old", "new"))
    (old.path / "data.txt").write_text("a run")
    (project / "data.txt").write_text("recorded")
    for tree in (old, new):
        tree.follow()
        tree.reset()
    assert [(tree.path / "data.txt").read_text() for tree in (old, new)] == ["recorded", "recorded"]
    (new.path / "data.txt").write_text("another run")
    new.reset()
    assert (new.path / "data.txt").read_text() == "recorded"
    assert new.touched() == []
