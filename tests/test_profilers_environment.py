"""What is said of the machine, and py-spy's raw format read back."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from pathlib import Path

import pytest

from perfprof.profilers import cpu
from perfprof.profilers.containers import limits
from perfprof.profilers.cpu import read_raw
from perfprof.profilers.disks import disk
from perfprof.profilers.environment import environment
from perfprof.profilers.merge import Seen
from perfprof.profilers.packages import Libraries, without_secrets
from perfprof.profilers.runtimes import runtimes
from perfprof.profilers.stacks import Frame
from perfprof.profilers.tools import tools
from perfprof.profilers.workload import record


def test_environment_names_the_machine_and_the_samplers():
    found = environment()
    assert found["python"] == platform.python_version()
    assert 1 <= int(found["cores"]) <= (os.cpu_count() or 1)
    assert found["memory"].endswith(" GB")
    assert "loops" in found["samplers"]
    assert all(isinstance(value, str) for value in found.values())


def test_raw_samples_with_odd_command_lines_names_and_paths():
    text = (
        'process 7:"python -c import time\nx = "a;b"; process 9:"no"";thread (7): MainThread;<module> (<string>:3) 4\n'
        'process 7:"sh";process 8:"python /a b/x.py";thread (81): pool (1);'
        "work (/a (b)/x.py:12);C.<listcomp> (/a (b)/x.py:13);native (lib.so) 2\n"
        'process 7:"sh";process 8:"python /a b/x.py";thread (8);work (/a (b)/x.py:12) 1\n'
        'process 7:"python";thread (7): MainThread 5\n'
        "a line that was cut o"
    )
    seen: dict[int, Seen] = {}
    read_raw(text, seen)
    assert seen[8].parent == 7
    assert seen[8].command == "python /a b/x.py"
    work = Frame("/a (b)/x.py", "work", 12)
    assert seen[8].stacks == {
        ("pool (1)", (work, Frame("/a (b)/x.py", "C.<listcomp>", 13), Frame("lib.so", "native", 0))): 2,
        ("MainThread", (work,)): 1,
    }
    assert seen[7].stacks[("MainThread", ())] == 5


def test_packages_are_told_by_path():
    libraries = Libraries()
    libraries.add("/opt/py/lib/python3.12", ["/opt/env"])
    told = {
        "/opt/py/lib/python3.12/json/decoder.py": "json",
        "/opt/py/lib/python3.12/random.py": "random",
        "/home/me/shop/.venv/lib/python3.11/site-packages/sqlalchemy/orm/query.py": "sqlalchemy",
        "/home/me/shop/.venv/lib/python3.11/site-packages/six.py": "six",
        "/opt/env/bin/pytest": "pytest",
        "<frozen importlib._bootstrap>": "importlib",
        "<string>": "string",
        "/home/me/shop/lib/python/orders.py": "",
        "/home/me/shop/orders.py": "",
    }
    assert {path: libraries.package(path) for path in told} == told


def test_passwords_are_taken_out_of_command_lines():
    command = "app --db postgresql+psycopg://me:s3cr3t@db:5432/x http://host:80/path"
    assert without_secrets(command) == "app --db postgresql+psycopg://me:***@db:5432/x http://host:80/path"


def test_without_py_spy_processes_sample_themselves_and_it_is_said(tmp_path, monkeypatch):
    (tmp_path / "app.py").write_text("sum(x * x for x in range(1_500_000))\n")
    refusing = tmp_path / "py-spy"
    refusing.write_text(
        "#!/bin/sh\necho 'Error: Permission Denied: Try running again with elevated permissions'\nexit 1\n"
    )
    refusing.chmod(0o755)
    command = ["python3", "app.py"]
    for found, words in ((None, "not installed"), (str(refusing), "could not attach (Permission Denied")):
        monkeypatch.setattr(cpu, "find_py_spy", lambda found=found: found)
        with record(command, cwd=tmp_path, folder=Path(tmp_path / "run"), sampler="py-spy") as recording:
            assert recording.meta["sampler"] == "loops"
            assert words in recording.meta["notes"]
            assert recording.share(tmp_path / "app.py", 1, 1) > 0.4


def test_runtimes_are_told_by_the_files_of_the_project(tmp_path):
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "pyvenv.cfg").write_text("home = /usr/bin\nversion = 3.12.4\n")
    (tmp_path / "package.json").write_text("{}")
    (tmp_path / "pom.xml").write_text("<project/>")
    found = {one.name: one for one in runtimes(tmp_path) if one.place in (".venv", "package.json", "pom.xml")}
    assert (found["Python"].version, found["Python"].place) == ("3.12.4", ".venv")
    assert found["Node.js"].version or shutil.which("node") is None
    assert (found["Java"].place, found["Java"].says) == ("pom.xml", "not recorded")


def test_runtimes_of_the_folders_of_a_project(tmp_path):
    for name in (
        "web/package.json",
        "web/node_modules/x/package.json",
        "node_modules/package.json",
        "api/build.gradle",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("{}")
    (tmp_path / ".python-version").write_text("3.12.4\n")
    found = [(one.name, one.place) for one in runtimes(tmp_path) if one.name != "Python"]
    assert found == [("Node.js", "web/package.json"), ("Java", "api/build.gradle")]
    assert ("3.12.4", ".python-version") in [(one.version, one.place) for one in runtimes(tmp_path)]


@pytest.mark.parametrize(
    ("files", "told"),
    [
        (
            {
                "proc/self/cgroup": "0::/user.slice/app.scope\n",
                "sys/fs/cgroup/user.slice/app.scope/cpu.max": "max 100000",
                "sys/fs/cgroup/user.slice/cpu.max": "150000 100000",
                "sys/fs/cgroup/user.slice/app.scope/memory.max": "536870912",
                "sys/fs/cgroup/user.slice/memory.max": "max",
                "sys/fs/cgroup/user.slice/pids.max": "27000",
            },
            "1.5 cores, 0.5 GB",
        ),
        (
            {
                ".dockerenv": "",
                "proc/self/cgroup": "4:memory:/docker/a1\n3:cpuset:/\n2:cpu,cpuacct:/docker/a1\n5:pids:/docker/a1\n",
                "sys/fs/cgroup/memory/docker/a1/memory.limit_in_bytes": "1073741824",
                "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712",
                "sys/fs/cgroup/cpu,cpuacct/docker/a1/cpu.cfs_quota_us": "200000",
                "sys/fs/cgroup/cpu,cpuacct/docker/a1/cpu.cfs_period_us": "100000",
                "sys/fs/cgroup/pids/docker/a1/pids.max": "100",
            },
            "docker, 2 cores, 1.0 GB, 100 processes",
        ),
        ({".dockerenv": "", "proc/self/cgroup": "0::/\n"}, "docker, no limits"),
        ({"sys/fs/cgroup/cpu.max": "50000 100000"}, "0.5 cores"),
        ({}, ""),
    ],
)
def test_limits_of_control_groups_of_both_versions(files, told, tmp_path, monkeypatch):
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert limits(tmp_path) == told


def test_the_disk_has_a_kind(tmp_path):
    assert disk(str(tmp_path)).partition(",")[0]
    if os.path.ismount("/dev/shm"):
        assert disk("/dev/shm") == "memory, tmpfs"


def test_what_cannot_be_used_has_a_reason(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    found = {tool.name: tool for tool in tools()}
    assert found["strace"].reason
    assert found["tracemalloc"].reason == ""
    assert all(tool.purpose for tool in found.values())


def test_a_recording_knows_its_surroundings(tmp_path):
    (tmp_path / "app.py").write_text("pass\n")
    with record(
        [sys.executable, "app.py"], cwd=tmp_path, folder=tmp_path / "run", sampler="off", output=tmp_path / "out"
    ) as found:
        assert int(found.meta["environment cores"]) >= 1
        assert found.meta["environment disk"]
        assert "runtime Python" in " ".join(found.meta)
