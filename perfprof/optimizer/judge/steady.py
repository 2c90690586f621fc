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
            if len({len(marks) for marks in calls}) > 1 or not calls[0]:
                return f"the answers of {function} are not of one length in each run"
            if len(set(calls)) == 1:  # the usual
                words, steady = words + len(calls[0]) // WIDTH + 1, steady + len(calls[0]) // WIDTH + 1
                continue
            for first, second, third in zip(*map(_words, calls), strict=True):
                words += 1
                steady += first == second
                if first == second != third:
                    return f"call {number} of {function} differs in what is the same in each run of the old code"
    return "" if words and steady >= FEWEST * words else "too little of the answers is the same in each run"


def _words(marks: str) -> list[str]:
    return [marks[start : start + WIDTH] for start in range(0, len(marks), WIDTH)]
