"""Answers that are new in every run of the same code: a time, a token. What is steady in them must stay.

Two runs of the old code tell which words of an answer are the run's own; all others must be the same in the new code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

WIDTH = 4  # characters of a word's mark, as written inside the program
Marks = Mapping[str, Sequence[str]]  # function -> marks of each call, in order
FEWEST = 0.5  # the part of the words that must be steady at least


def unlike(old: Marks, again: Marks, new: Marks) -> str:
    """Why the new code's answers cannot be held against the old ones'; empty if all that is steady is the same."""
    steady = words = 0
    for function in sorted({*old, *again, *new}):
        runs = [marks.get(function, ()) for marks in (old, again, new)]
        if len({len(calls) for calls in runs}) > 1:
            return f"{function} is not called as often in each run"
        for number, calls in enumerate(zip(*runs, strict=True), 1):
            found = _compared(*calls)
            if isinstance(found, str):
                return f"call {number} of {function} {found}"
            steady, words = steady + found[0], words + found[1]
    return "" if words and steady >= FEWEST * words else "too little of the answers is the same in each run"


def _compared(first: str, second: str, third: str) -> tuple[int, int] | str:
    """(steady words, all words) of one call in three runs; or what is wrong with the third."""
    if not first or not len(first) == len(second) == len(third):
        return "has no answer of one length in each run"
    steady = 0
    for old, again, new in zip(_words(first), _words(second), _words(third), strict=True):
        if old == again != new:
            return "differs in what is the same in each run of the old code"
        steady += old == again
    return steady, len(first) // WIDTH


def _words(marks: str) -> list[str]:
    return [marks[start : start + WIDTH] for start in range(0, len(marks), WIDTH)]
