"""What `check` makes of annotations: a list by promise, of which the guard makes sure; nothing of other types."""

from __future__ import annotations

from pathlib import Path

import pytest

from perfprof.optimizer.checking.reader import read_files
from perfprof.rules.rule import Level

ASKED = "def f(xs: {}, ys: list[int]):\n    return [y for y in ys if {}]\n"


@pytest.mark.parametrize(
    ("annotation", "asked", "rule"),
    [
        ("list[int]", "y in xs", "list-membership"),
        ("List[int]", "y in xs", "list-membership"),
        ("typing.List[int]", "y in xs", "list-membership"),
        ("'list[int]'", "y in xs", "list-membership"),
        ("list[int] | None", "y in xs", "list-membership"),
        ("Optional[List[int]]", "y in xs", "list-membership"),
        ("tuple[int, ...]", "y in xs", "list-membership"),
        ("list[int]", "xs.count(y) > 1", "list-count"),
        ("list[int]", "xs.index(y) > 1", "list-index"),
        ("set[int]", "y in xs", ""),
        ("dict[int, str]", "y in xs", ""),
        ("str", "y in xs", ""),
        ("Sequence[int]", "y in xs", ""),
        ("list[int] | set[int]", "y in xs", ""),
        ("'list[int'", "y in xs", ""),
    ],
)
def test_a_list_by_promise(annotation: str, asked: str, rule: str, tmp_path: Path) -> None:
    path = tmp_path / "example.py"
    path.write_text(ASKED.format(annotation, asked), "utf-8")
    (read,) = read_files(tmp_path, [path], ())
    assert [(one.finding.rule, one.level) for one in read.found] == ([(rule, Level.GUARDED)] if rule else [])


def test_a_promise_that_is_broken_is_none(tmp_path: Path) -> None:
    path = tmp_path / "example.py"
    path.write_text("def f(xs: list[int], ys):\n    xs = ys\n    return [y for y in ys if y in xs]\n", "utf-8")
    (read,) = read_files(tmp_path, [path], ())
    assert not read.found
