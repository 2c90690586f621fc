"""The differing lines, whatever the texts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from perfprof.optimizer.writing.lines import changes

texts = st.lists(st.sampled_from([*"abcdefghx", "", ""]), max_size=30)


@given(texts, texts)
def test_changes_turn_the_old_into_the_new(old: list[str], new: list[str]) -> None:
    result, done_old, done_new = [], 0, 0
    for a, b, c, d in changes(old, new):
        assert a - done_old == c - done_new
        assert a > done_old or not done_old
        assert (a, c) != (b, d)
        result += [*old[done_old:a], *new[c:d]]
        done_old, done_new = b, d
    assert [*result, *old[done_old:]] == new
    assert (changes(old, new) == []) == (old == new)


def test_repeated_lines_cost_no_quadratic_time() -> None:
    old = [line for n in range(20_000) for line in (f"def f{n}", "    pass", "")]
    new = [*old[:5], "one", *old[5:30_000], "two", *old[30_001:-1], "three"]
    assert [tuple(new[c:d]) for _, _, c, d in changes(old, new)] == [("one",), ("two",), ("three",)]


def test_a_function_that_moves_in_is_seen_whole() -> None:
    old = ["def a():", "    x", "", "def b():", "    x", ""]
    new = ["def a():", "    x", "", "def c():", "    x", "", "def b():", "    x", ""]
    assert changes(old, new) == [(3, 3, 3, 6)]
