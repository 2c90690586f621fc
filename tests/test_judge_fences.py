"""Replay never touches the outside: what a captured or a derived call would do there is refused and told."""

from __future__ import annotations

import importlib
import pickle
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from perfprof.optimizer.judge.processes import Processes
from perfprof.optimizer.judge.replay import Call, Case, Played, Stage, play
from perfprof.optimizer.judge.trees import Tree
from perfprof.optimizer.judge.weighing import weigh_differential, weigh_replay
from perfprof.optimizer.patches import FileChange

EFFECTS = {
    "writes": "open('made.txt', 'w').write('x')",
    "appends": "__import__('pathlib').Path('made.txt').open('a')",
    "removes": "__import__('os').remove('kept.txt')",
    "renames": "__import__('os').rename('kept.txt', 'made.txt')",
    "makes_folder": "__import__('os').mkdir('made.txt')",
    "starts": "__import__('subprocess').run(['touch', 'made.txt'])",
    "shells": "__import__('os').system('touch made.txt')",
    "connects": "__import__('socket').create_connection(('127.0.0.1', 9))",
    "opens_database": "__import__('sqlite3').connect('made.txt')",
    "opens_server": "__import__('psycopg').connect('host=127.0.0.1 port=9')",
    "swallows": "swallow()",
    "then_on_a_known_server": "psycopg.connect('host=127.0.0.1 port=9')",
}
HARMLESS = {
    "reads": "open('kept.txt').read()",
    "in_memory": "__import__('sqlite3').connect(':memory:').execute('select 1').fetchall()",
    "nowhere": "open(__import__('os').devnull, 'w').write('x')",
}
HEAD = """\
def swallow():
    try:
        open('made.txt', 'w')
    except:
        return 'swallowed'


"""


def module(body: str) -> str:
    head = "import psycopg\n\n\n" if "psycopg." in body else ""
    return f"{head}{HEAD}def act(x):\n    y = {body}\n    return x\n"


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Tree, dict[str, tuple[Case, Played]]]]:
    project = tmp_path_factory.mktemp("project")
    work = tmp_path_factory.mktemp("work")
    (project / "kept.txt").write_text("kept")
    cases = []
    bodies = {**EFFECTS, **HARMLESS}
    for name, body in bodies.items():
        (project / f"fenced_{name}.py").write_text(module(body))
    (project / "fenced_imported.py").write_text(
        "import sqlite3\nDB = sqlite3.connect(':memory:')\n\n\ndef act(x):\n    return x\n"
    )
    for path in sorted(project.glob("fenced_*.py")):
        old = path.read_text()
        change = FileChange(path.name, old, old.replace("    return x", "    z = x\n    return z"))
        cases.append(Case(path.stem, (change,), (Call(f"{path.name}::act", pickle.dumps(((3,), {}), 4)),)))
    cases.sort(key=lambda case: case.id == "fenced_imported")  # its connection stays open
    processes = Processes()
    stage = Stage(processes, sys.executable, Tree.plant(project, work / "old"), work)
    with ThreadPoolExecutor(1) as executor:
        told = play(stage, cases, executor, seeds=(0,))
    yield stage.tree, {case.id: (case, told[case.id]) for case in cases}
    processes.close()


@pytest.mark.parametrize("name", EFFECTS)
def test_an_effect_is_refused_and_told(name: str, played: tuple[Tree, dict[str, tuple[Case, Played]]]) -> None:
    if "server" in name:
        pytest.importorskip("psycopg")
    tree, told = played
    weighed = weigh_replay(*told[f"fenced_{name}"])
    assert weighed.outcome == "cannot tell", weighed
    assert "not replayed: " in weighed.reason
    assert "touches the outside" in weigh_differential(told[f"fenced_{name}"][1], "typed").reason
    assert not (tree.path / "made.txt").exists()
    assert (tree.path / "kept.txt").read_text() == "kept"


@pytest.mark.parametrize("name", HARMLESS)
def test_what_does_no_harm_is_replayed(name: str, played: tuple[Tree, dict[str, tuple[Case, Played]]]) -> None:
    weighed = weigh_replay(*played[1][f"fenced_{name}"])
    assert weighed.outcome == "passed", weighed


def test_a_connection_of_the_module_itself_is_not_played_on(
    played: tuple[Tree, dict[str, tuple[Case, Played]]],
) -> None:
    weighed = weigh_replay(*played[1]["fenced_imported"])
    assert weighed.outcome == "cannot tell"
    assert "sqlite3.Connection is open" in weighed.reason


def test_the_processes_import_nothing_of_perfprof() -> None:
    entry = importlib.import_module("perfprof.profilers.inside.replay")
    text = "".join(path.read_text() for path in (Path(entry.__file__ or "").parent / "replaying").glob("*.py"))
    assert "from perfprof" not in text
    assert "import perfprof" not in text
