"""How the work of functions grows with their arguments: exponents of counted steps on captured calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from perfprof.optimizer.judge.replay import Stage, start

_SECONDS = 4.0  # CPU for one call; a larger one is not waited for


@dataclass(frozen=True, slots=True)
class Subject:
    """One function as it stands in a text of its module, and one of its captured calls.

    path: relative. before: the text in the tree. text: that to be counted, the same or a patched one.
    """

    id: str
    path: str
    function: str
    before: str
    text: str
    blob: bytes


@dataclass(frozen=True, slots=True)
class Growth:
    """exponent: None where the points lie on no line. parts: exponent by argument, each scaled alone.

    points: (elements of all arguments, steps). opaque: types of values that could only be repeated as they are. problem:
    why there is no exponent, or not all of it.
    """

    exponent: float | None = None
    parts: Mapping[str, float] = field(default_factory=dict)
    points: tuple[tuple[int, int], ...] = ()
    opaque: tuple[str, ...] = ()
    problem: str = ""

    def __str__(self) -> str:
        """``O(n^2.0) in len(orders), len(customers)``; empty if nothing is known."""
        if self.exponent is None:
            return ""
        alone = sum(part for part in self.parts.values() if part >= 0.2)
        several = self.exponent - alone > 0.3  # some drive it only together
        driving = [f"len({name})" for name, part in self.parts.items() if part >= 0.2 or several]
        return f"O(n^{self.exponent:.1f})" + (f" in {', '.join(driving)}" if driving else "")


def growths(stage: Stage, subjects: Sequence[Subject], timeout: float = 120.0) -> dict[str, Growth]:
    """The growth of each subject, in one fresh interpreter."""
    cases = [
        {name: getattr(subject, name) for name in ("id", "path", "function", "before", "text", "blob")}
        for subject in subjects
    ]
    ran, answers = start(stage, {"task": "growth", "cases": cases, "seconds": _SECONDS}, 0, timeout)
    found = {answer["id"]: _read(answer) for answer in answers if "id" in answer}
    how = "it took too long" if ran.late else f"the counting process ended: {ran.last_lines(2)}"
    return {subject.id: found.get(subject.id) or Growth(problem=how) for subject in subjects}


def _read(answer: Mapping[str, Any]) -> Growth:
    points = tuple((int(size), int(steps)) for size, steps in answer.get("points", ()))
    return Growth(
        answer.get("exponent"),
        answer.get("parts", {}),
        points,
        tuple(answer.get("opaque", ())),
        answer.get("problem", ""),
    )
