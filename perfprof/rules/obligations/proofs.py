"""How an obligation is written: a function that reads on after "safe if" and answers with a level and a reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from perfprof.rules.rule import Case, Level, Obligation, Proof


def obligation(check: Callable[[Case], Proof]) -> Obligation:
    """Make an obligation of its check: the function's name is its name, the docstring says it after "safe if"."""
    name = check.__name__.replace("_", "-")
    said = (check.__doc__ or name).strip().removesuffix(".")
    return Obligation(name, said[0].lower() + said[1:], lambda case: replace(check(case), obligation=name))


def proved(why: str, where: str = "") -> Proof:
    """Shown by reading the code."""
    return Proof("", Level.PROVED, why, where)


def guarded(why: str, where: str = "") -> Proof:
    """Checked by the rewritten code when it runs."""
    return Proof("", Level.GUARDED, why, where)


def observed(why: str, where: str = "") -> Proof:
    """True in every recorded run."""
    return Proof("", Level.OBSERVED, why, where)


def unproved(why: str, where: str = "") -> Proof:
    """Only assumed, or known to be false."""
    return Proof("", Level.OPEN, why, where)
