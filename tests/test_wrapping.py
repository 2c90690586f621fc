"""What an edit added is wrapped in a file that no formatter keeps; what stands beside it stays as it is."""

from __future__ import annotations

import difflib
import random
from pathlib import Path

import pytest

from perfprof.optimizer.writing.formatting import format_touched

BEFORE = """\
class Clusters:
    def expand(self, point):
        '''
         Docstrings are indented as they please.
        '''
        if point:
            neighbors += [k for k in next_neighbors if ( (k in neighbors) == False) and k != index_point]
            active = [todo for todo in current
                      if todo not in old]  # newest last
        return  neighbors
"""
CHOSEN = "(neighbors_set if type(k) is int and neighbors_set else neighbors)"
SET = (
    "            neighbors_set = set(neighbors) if type(neighbors) is list and type(next_neighbors) is list"
    " and set(map(type, neighbors)) <= {int} else neighbors\n"
)
KIND = "type(todo).__eq__ is object.__eq__ and type(todo).__hash__ is object.__hash__"
AFTER = (
    BEFORE.replace("            neighbors +=", f"{SET}            neighbors +=")
    .replace("k in neighbors", f"k in {CHOSEN}")
    .replace("not in old]", f"not in (old_set if {KIND} else old)]")
)
WRAPPED = """\
class Clusters:
    def expand(self, point):
        '''
         Docstrings are indented as they please.
        '''
        if point:
            neighbors_set = (
                set(neighbors)
                if type(neighbors) is list
                and type(next_neighbors) is list
                and set(map(type, neighbors)) <= {int}
                else neighbors
            )
            neighbors += [k for k in next_neighbors if ( (k in (
                neighbors_set if type(k) is int and neighbors_set else neighbors
            )) == False) and k != index_point]
            active = [todo for todo in current
                      if todo not in (
                          old_set
                          if type(todo).__eq__ is object.__eq__
                          and type(todo).__hash__ is object.__hash__
                          else old
                      )]  # newest last
        return  neighbors
"""


@pytest.mark.parametrize("unit", ["    ", "\t", "  "])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_only_what_was_added_is_wrapped(tmp_path: Path, unit: str, newline: str) -> None:
    (tmp_path / "setup.cfg").write_text("[flake8]\nmax-line-length = 88\n")
    before, after, wanted = (_indented(text, unit).replace("\n", newline) for text in (BEFORE, AFTER, WRAPPED))
    found = format_touched(before, after, tmp_path / "m.py", tmp_path)
    if unit == "    ":
        assert found == wanted
    kept = [line for line in difflib.ndiff(before.splitlines(), found.splitlines()) if line.startswith("- ")]
    assert len(kept) == 2  # the two lines that were changed
    assert max(len(line) for line in found.splitlines() if line not in before.splitlines()) <= 88


def _indented(text: str, unit: str) -> str:
    lines = []
    for line in text.splitlines():
        depth = min((len(line) - len(line.lstrip())) // 4, 3)
        lines.append(unit * depth + line[4 * depth :])
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    "line",
    [
        "x = [one for one in  many if one in many]  # noqa: E501",
        "x = f'{one in many} of these and of those, which is a long text already'",
    ],
    ids=["a linter's word", "within a text"],
)
def test_some_lines_stay_wide(tmp_path: Path, line: str) -> None:
    before = f"a   = 1\n{line}\n"
    new = "(many_set if type(one) is str and many_set and len(many) == len(many_set) else many)"
    after = before.replace("in many}", f"in {new}}}").replace("in many]", f"in {new}]")
    assert format_touched(before, after, tmp_path / "m.py", tmp_path) == after


def test_several_expressions_of_one_line(tmp_path: Path) -> None:
    before = "def f( words ):\n    return { ( words.count(one), words.index(one) ) for one in words }\n"
    after = before
    for method in ("count", "index"):
        new = f"(words_{method}.get(one, 0) if type(one) is str else words.{method}(one))"
        after = after.replace(f"words.{method}(one)", new)
    assert format_touched(before, after, tmp_path / "m.py", tmp_path) == (
        "def f( words ):\n"
        "    return { ( (\n"
        "        words_count.get(one, 0) if type(one) is str else words.count(one)\n"
        "    ), (\n"
        "        words_index.get(one, 0) if type(one) is str else words.index(one)\n"
        "    ) ) for one in words }\n"
    )


def test_it_means_the_same_wherever_it_stands(tmp_path: Path) -> None:
    """Random conditional expressions in random places: a result that means something else would not be taken."""
    draw = random.Random(7)
    places = [
        "x =  {}",
        "f( {},y )",
        "x =  [ {} ]",
        "if a  in {}: pass",
        "x = a  [{}]",
        "return  {}",
        "x =  {} + 'é' ",
    ]
    wide = 0
    for _ in range(60):
        place = draw.choice(places)
        parts = [draw.choice(["a" * 30, "b in c", "f(a, b)", "'é' * 9", "(a, b)", "not d"]) for _ in range(5)]
        new = f"({parts[0]} if {parts[1]} and {parts[2]} else ({parts[3]} if {parts[4]} else y))"
        text = "def f( a ):\n    z   = 1\n    {}\n    return  z\n"
        before, after = text.format(place.format("c")), text.format(place.format(new))
        found = format_touched(before, after, tmp_path / "m.py", tmp_path)
        assert compile(found, "m", "exec").co_consts is not None
        wide += max(map(len, found.splitlines())) > 88
    assert wide == 0
