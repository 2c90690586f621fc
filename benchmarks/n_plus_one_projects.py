"""N+1 in projects that others wrote: their own tests through the whole `perfprof fix --apply`.

    python benchmarks/n_plus_one_projects.py FOLDER [PROJECT ...]

Each project is a wheel that holds its tests. It is unpacked below FOLDER beside an environment with what it requires, and
its tests are recorded before and after the fix. Printed: findings, patches, statements before and after, the suite.
A few minutes a project. The environment keeps what is newest today, so figures may differ from those in the changelog.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from perfprof.profilers.workload import record


@dataclass(frozen=True)
class Project:
    """wheel: as pip names it. extra: what its tests need besides. rule: the mapper's. tests: the command after ``python``.

    files: of ours that its tests need beside its code, by the name they get there.
    """

    wheel: str
    extra: tuple[str, ...]
    rule: str
    tests: str
    files: Mapping[str, str] = field(default_factory=dict)


_TEX = "survey.tests.exporter.tex"
_MAILMAN = "mailman.model.tests"
_UNMIGRATED = {"unmigrated.py": "unmigrated.py"}
_DJANGO = "-W ignore -m django test --settings="
PROJECTS = {
    "hyperkitty": Project(
        "hyperkitty==1.3.12",
        ("beautifulsoup4", "lxml", "whoosh"),
        "n-plus-one-django",
        f"{_DJANGO}hyperkitty.tests.settings_test hyperkitty.tests.views.test_accounts",
    ),
    "ihatemoney": Project(
        "ihatemoney==7.2.1",
        ("pytest", "pytest-flask", "flask-testing"),
        "n-plus-one-sqlalchemy",
        "-m pytest -q -p no:warnings ihatemoney/tests/history_test.py",
    ),
    "nemo": Project(
        "nemo==8.1.5",
        (),
        "n-plus-one-django",
        f"{_DJANGO}NEMO.tests.test_settings NEMO.tests.test_requests.test_adjustment_requests",
    ),
    "tom": Project(
        "tomtoolkit==3.1.0",
        ("responses", "factory_boy"),
        "n-plus-one-django",
        f"{_DJANGO}quick_settings tom_observations.tests.test_api",
        {"quick_settings.py": "tom.py", **_UNMIGRATED},
    ),
    "survey": Project(
        "django-survey-and-report==1.5.0",
        ("django-bootstrap-form",),
        "n-plus-one-django",
        f"{_DJANGO}quick_settings {_TEX}.test_question2tex_chart {_TEX}.test_configuration"
        f" {_TEX}.test_configuration_builder survey.tests.models.test_question",
        {"quick_settings.py": "survey.py", "quick_urls.py": "survey_urls.py", **_UNMIGRATED},
    ),
    "mailman": Project(
        "mailman==3.3.10",
        ("nose2", "sqlalchemy<2.1"),
        "n-plus-one-sqlalchemy",
        f"-m nose2 -s . --plugin nose2.plugins.layers {_MAILMAN}.test_pending {_MAILMAN}.test_requests",
    ),
    "ledger": Project(
        "django-ledger==0.8.5",
        ("Django<6",),
        "n-plus-one-django",
        f"{_DJANGO}quick_settings django_ledger.tests.test_chart_of_accounts",
        {"quick_settings.py": "ledger.py", "quick_urls.py": "ledger_urls.py", **_UNMIGRATED},
    ),
}


def prepare(project: Project, folder: Path) -> tuple[Path, list[str]]:
    """The unpacked project and its test command."""
    python, code = folder / "env/bin/python", folder / "code"
    if not code.is_dir():
        subprocess.run([sys.executable, "-m", "venv", folder / "env"], check=True)
        pip: list[str | Path] = [python, "-m", "pip", "-q"]
        subprocess.run([*pip, "install", project.wheel, *project.extra], check=True)
        subprocess.run([*pip, "download", "--no-deps", "-d", folder, project.wheel], check=True)
        subprocess.run([*pip, "uninstall", "-y", project.wheel.partition("==")[0]], check=True)
        with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
            wheel.extractall(code)
        for name, ours in project.files.items():
            shutil.copy(Path(__file__).with_name("n_plus_one_settings") / ours, code / name)
    return code, [str(python), *project.tests.split()]


def statements(code: Path, tests: list[str], folder: Path) -> tuple[int, bool]:
    """How many statements the tests execute, and whether they pass."""
    with record(tests, cwd=code, folder=folder, sampler="off", output=folder / "output") as recording:
        return sum(one.count for one in recording.executions()), recording.meta["exit_code"] == "0"


def show(name: str, folder: Path) -> None:
    """One row of the table."""
    project = PROJECTS[name]
    folder.mkdir(parents=True, exist_ok=True)
    code, tests = prepare(project, folder)
    before, green = statements(code, tests, folder / "before")
    report = folder / "report.json"
    options = ["--apply", "--only", project.rule, "--sampler", "off", "--json", str(report), "-q"]
    command = [sys.executable, "-m", "perfprof", "fix", *options, "--tests", " ".join(tests), "--", *tests]
    subprocess.run(command, cwd=code, check=False)
    told = json.loads(report.read_text())
    after, still = statements(code, tests, folder / "after")
    patches = Counter(one["status"] for one in told["patches"])
    suite = f"{'green' if green else 'red'} -> {'green' if still else 'red'}"
    print(
        f"{name:12} {len(told['findings']):3} findings  {dict(patches)}  {before:,} -> {after:,} statements  {suite}"
    )


if __name__ == "__main__":
    for chosen in sys.argv[2:] or PROJECTS:
        show(chosen, Path(sys.argv[1]).resolve() / chosen)
