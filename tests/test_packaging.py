"""What a stranger gets: the wheel, and the hook."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SLOW = """
def known(order_ids):
    seen = []
    for order_id in order_ids:
        if order_id not in seen:
            seen.append(order_id)
    return seen
"""
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def run(*argv: object, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PYTHON", "VIRTUAL_ENV"))
    }
    return subprocess.run(
        [str(one) for one in argv],
        cwd=cwd,
        env={**clean, **env},
        capture_output=True,
        text=True,
        check=False,
        timeout=800,
    )


def needs_an_index(done: subprocess.CompletedProcess[str]) -> None:
    """Skip, with the reason, where packages cannot be had."""
    said = done.stdout + done.stderr
    if done.returncode and (
        "No matching distribution" in said or "Could not find a version" in said or "Temporary failure" in said
    ):
        pytest.skip(f"NOT TESTED, no package index: {said.strip().splitlines()[-1]}")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What git knows of this repository, as it is now, in a repository of its own."""
    if shutil.which("git") is None or run("git", "rev-parse", "HEAD", cwd=ROOT).returncode:
        pytest.skip("NOT TESTED, not in a git work tree")
    folder = tmp_path_factory.mktemp("checkout") / "perfprof"
    listed = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT).stdout
    for name in filter(None, listed.split("\0")):
        source, target = ROOT / name, folder / name
        if source.is_symlink() or source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target, follow_symlinks=False)
    commit(folder)
    return folder


def commit(folder: Path) -> None:
    for argv in (
        ["init", "-q"],
        ["add", "-A"],
        ["-c", "user.name=t", "-c", "user.email=t@localhost", "commit", "-qm", "x"],
    ):
        done = run("git", *argv, cwd=folder, GIT_CONFIG_GLOBAL=os.devnull)
        assert done.returncode == 0, done.stderr


def test_the_wheel_holds_perfprof_and_runs_in_a_fresh_environment(checkout: Path, tmp_path: Path) -> None:
    built = run(sys.executable, "-m", "build", "--wheel", "--outdir", tmp_path, cwd=checkout)
    needs_an_index(built)
    assert built.returncode == 0, built.stdout + built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"perfprof"}
    assert not [name for name in names if "__pycache__" in name or name.endswith((".pyc", ".db", ".sqlite"))]
    assert {"perfprof/py.typed", "perfprof/demo/shop/shop/bench.py"} <= set(names)

    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env/bin/python"
    installed = run(python, "-m", "pip", "install", "-q", wheel, cwd=tmp_path)
    needs_an_index(installed)
    assert installed.returncode == 0, installed.stderr
    assert run(python.with_name("perfprof"), "--version", cwd=tmp_path).stdout.startswith("perfprof ")
    assert "list-membership" in run(python, "-m", "perfprof", "rules", cwd=tmp_path).stdout
    for name in ("profilers", "rules", "optimizer"):
        assert run(python, "-c", f"import {name}", cwd=tmp_path).returncode != 0
    (tmp_path / "slow.py").write_text(SLOW)
    assert run(python, "-m", "perfprof", "check", "slow.py", cwd=tmp_path).returncode in (0, 1)


def test_the_hook_in_the_real_pre_commit(checkout: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "fine.py").write_text("def double(x):\n    return 2 * x\n")
    commit(project)
    tried = ["-m", "pre_commit", "try-repo", checkout, "perfprof-check", "--verbose", "--files"]
    env = {"PRE_COMMIT_HOME": str(tmp_path / "cache"), "GIT_CONFIG_GLOBAL": os.devnull}

    clean = run(sys.executable, *tried, "fine.py", cwd=project, **env)
    needs_an_index(clean)
    assert clean.returncode == 0, clean.stdout + clean.stderr
    assert "Passed" in clean.stdout
    assert (
        clean.stdout.rstrip().splitlines()[-1].startswith("- duration")
    ), "the hook is silent when there is nothing"

    (project / "slow.py").write_text(SLOW)
    run("git", "add", "-A", cwd=project)
    found = run(sys.executable, *tried, "fine.py", "slow.py", cwd=project, **env)
    assert found.returncode == 1, found.stdout + found.stderr
    assert "slow.py:5" in found.stdout
    assert "Failed" in found.stdout
