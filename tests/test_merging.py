"""Patches of one base become one change, or a conflict with its place."""

from __future__ import annotations

import pytest

from perfprof.optimizer.patches import FileChange, Patch
from perfprof.optimizer.writing.merging import Conflict, conflict, merged

BASE = "a\nb\nc\nd\n"


def patch(after: str, path: str = "m.py") -> Patch:
    return Patch("rule", "title", (FileChange(path, BASE, after),))


def test_changes_of_different_lines_stand_side_by_side() -> None:
    (change,) = merged([patch("a\nB\nc\nd\n"), patch("a\nb\nc\nD\n")])
    assert change.after == "a\nB\nc\nD\n"


def test_insertions_before_the_same_line_are_both_kept() -> None:
    (change,) = merged([patch("a\nx\nb\nc\nd\n"), patch("a\ny\nb\nc\nd\n")])
    assert change.after == "a\nx\ny\nb\nc\nd\n"


def test_the_same_insertion_twice_is_made_once() -> None:
    (change,) = merged([patch("import x\n" + BASE), patch("import x\na\nb\nc\nD\n")])
    assert change.after == "import x\na\nb\nc\nD\n"


def test_changes_of_the_same_line_conflict() -> None:
    with pytest.raises(Conflict, match=r"m\.py:2"):
        merged([patch("a\nB\nc\nd\n"), patch("a\nbee\nc\nd\n")])
    assert conflict(patch("a\nB\nc\nd\n"), [patch("a\nbee\nc\nd\n")]) == "m.py:2"
    assert not conflict(patch("a\nB\nc\nd\n"), [patch("a\nb\nc\nD\n")])


def test_files_are_kept_apart() -> None:
    changes = merged([patch("A\nb\nc\nd\n"), patch("A\nb\nc\nd\n", "n.py")])
    assert [change.path for change in changes] == ["m.py", "n.py"]


IMPORTS = "from a import c\r\n\r\nx\r\n"


def joining(*lines: str) -> list[Patch]:
    return [
        Patch("rule", "title", (FileChange("m.py", IMPORTS, IMPORTS.replace("from a import c", line)),))
        for line in lines
    ]


def test_names_added_to_the_same_import_are_all_kept() -> None:
    (change,) = merged(joining("from a import b, c", "from a import c, d", "from a import c, e"))
    assert change.after == IMPORTS.replace("import c", "import b, c, d, e")


@pytest.mark.parametrize(
    "line", ["from a import d", "from b import c", "import c", "from a import c as d, e", "y = 1"]
)
def test_other_changes_of_an_import_conflict(line: str) -> None:
    assert conflict(joining(line)[0], joining("from a import b, c")) == "m.py:1"
