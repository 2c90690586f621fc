"""Obligations of what a loop computes again and again: one result may serve all turns."""

from __future__ import annotations

from typing import Any

from perfprof.rules.obligations.proofs import obligation, proved, unproved
from perfprof.rules.reading.readers import only_read
from perfprof.rules.rule import Case, Proof


@obligation
def result_only_read(case: Case) -> Proof:
    """Nobody changes or keeps what is made."""
    found: Any = case.suspect.reading
    kept = only_read(found.display, found.function)
    if kept is not None:
        return unproved("it is changed, or kept by something that may change it", found.function.place(kept))
    return proved("it is only read, and each turn would make an equal one")
