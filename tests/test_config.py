"""[tool.perfprof]: what it may hold, and what the answer to a wrong line is."""

from __future__ import annotations

from pathlib import Path

import pytest

from perfprof.errors import UsageError
from perfprof.optimizer import config
from perfprof.optimizer.options import CheckOptions, FixOptions
from perfprof.optimizer.project import Command


def written(folder: Path, table: str, before: str = '[project]\nname = "x"\n\n') -> Path:
    (folder / "pyproject.toml").write_text(f"{before}{table}", "utf-8")
    return folder


def test_every_option_can_be_set(tmp_path: Path) -> None:
    written(
        tmp_path,
        """[tool.perfprof]
paths = ["src"]
workload = "python bench.py --size 'a b'"
tests = ["python", "-m", "pytest"]
database = "postgresql://localhost/shop"
apply = true
only = "list-membership"
min-share = 0.05
json = "out.json"
sampler = "loops"
timeout = 60
keep = true
keep-literals = false
cache = false
unmeasured = true
diff = "main"
jobs = 2
executor = "farm:pool"
quiet = true
verbose = true
debug = false
tolerance = 1e-9
slow-query-ms = 50

[tool.perfprof.budget]
queries = 100
""",
    )
    settings = config.read(tmp_path)
    assert settings["paths"] == (tmp_path / "src",)
    assert settings["workload"] == Command(("python", "bench.py", "--size", "a b"))
    assert settings["tests"] == Command(("python", "-m", "pytest"))
    assert settings["only"] == ("list-membership",)
    assert settings["json"] == tmp_path / "out.json"
    assert settings["timeout"] == 60.0
    named = {*FixOptions.__dataclass_fields__, *CheckOptions.__dataclass_fields__} - {"root"}
    own = {"json", "quiet", "verbose", "budget", "slow_query_ms"}
    assert {key.replace("-", "_") for key in config.SETTINGS} == named | own == settings.keys()


def test_no_file_and_no_table_set_nothing(tmp_path: Path) -> None:
    assert config.read(tmp_path) == {}
    assert config.read(written(tmp_path, "")) == {}


@pytest.mark.parametrize(
    ("line", "said", "todo"),
    [
        ("test = 'x'", "no setting 'test'", "Did you mean tests?"),
        ("min_share = 0.1", "no setting 'min_share'", "Did you mean min-share?"),
        ("keep-literal = true", "no setting 'keep-literal'", "Did you mean keep-literals?"),
        ("zzz = 1", "no setting 'zzz'", "Known are paths, workload"),
        ("apply = 'yes'", "apply must be true or false, not 'yes'", ""),
        ("min-share = 2", "min-share must be a share between 0 and 1, not 2", ""),
        ("min-share = true", "min-share must be a share between 0 and 1", ""),
        ("tolerance = 0.5", "tolerance must be a number from 0 to 0.01, not 0.5", ""),
        ("tolerance = nan", "tolerance must be a number from 0 to 0.01, not nan", ""),
        ("jobs = -1", "jobs must be a whole number from 0, not -1", ""),
        ("jobs = 1.5", "jobs must be a whole number from 0", ""),
        ("sampler = 'gprof'", "sampler must be one of auto, py-spy", ""),
        ("only = [1]", "only must be a list of strings, not [1]", ""),
        ("tests = ''", "tests must be a command", ""),
        ('tests = "echo \'x"', "tests must be a command that can be split", ""),
        ("workload = []", "workload must be a command", ""),
        ("timeout = -3", "timeout must be seconds from 0", ""),
    ],
)
def test_wrong_lines_are_named(tmp_path: Path, line: str, said: str, todo: str) -> None:
    written(tmp_path, f"[tool.other]\n{line}\n\n[tool.perfprof]\nquiet = true\n{line}\n")
    with pytest.raises(UsageError) as error:
        config.read(tmp_path)
    assert said in error.value.what
    assert error.value.where == f"{tmp_path / 'pyproject.toml'}:9"
    assert todo in error.value.todo
    assert error.value.exit_code == 2


@pytest.mark.parametrize(
    ("text", "line"),
    [("[tool.perfprof]\njobs = = 1\n", 2), ("[tool]\nperfprof = 3\n", 1), ("tool.perfprof.jbos = 1\n", 1)],
)
def test_other_shapes(tmp_path: Path, text: str, line: int) -> None:
    with pytest.raises(UsageError) as error:
        config.read(written(tmp_path, text, before=""))
    assert error.value.where.endswith(f"pyproject.toml:{line}")


def test_not_utf8(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b"# \xff\n")
    with pytest.raises(UsageError, match="cannot be read"):
        config.read(tmp_path)


@pytest.mark.parametrize(
    ("text", "argv"),
    [
        ("python -m pytest -q 'tests/a b.py'", ("python", "-m", "pytest", "-q", "tests/a b.py")),
        ("cd src && python -m pytest", ("/bin/sh", "-c", "cd src && python -m pytest")),
        ("DEBUG=1 python t.py", ("/bin/sh", "-c", "DEBUG=1 python t.py")),
        ("python t.py 'a && b'", ("python", "t.py", "a && b")),
        ("python tests/test_*.py", ("/bin/sh", "-c", "python tests/test_*.py")),
        (r"python a\ b.py", ("python", "a b.py")),
    ],
)
def test_commands(text: str, argv: tuple[str, ...]) -> None:
    assert config.command(text).argv == argv


def test_root_is_the_nearest_project(tmp_path: Path) -> None:
    deep = tmp_path / "repo" / "services" / "shop" / "src"
    deep.mkdir(parents=True)
    (tmp_path / "repo" / ".git").mkdir()
    assert config.discover(deep) == tmp_path / "repo"
    written(tmp_path / "repo" / "services", "")
    assert config.discover(deep) == tmp_path / "repo" / "services"


def test_root_of_a_plain_folder_is_itself(tmp_path: Path) -> None:
    if config.discover(tmp_path.parent) != tmp_path.parent.resolve():
        pytest.skip("the temporary folder lies in a project")
    assert config.discover(tmp_path) == tmp_path.resolve()


def test_paths_elsewhere_lead_to_their_project(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    (there / "src").mkdir(parents=True)
    here.mkdir()
    for folder in (here, there):
        written(folder, "")
    (there / "src" / "a.py").touch()
    assert config.discover(here, [there / "src" / "a.py"]) == there
    assert config.discover(here, [there / "src", here]) == here
