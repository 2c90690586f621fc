"""The word that was probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from perfprof.errors import UsageError

if TYPE_CHECKING:
    from perfprof.rules.rule import Rule


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word most like ``word``, empty if none is like it."""
    from difflib import get_close_matches

    spelled = {name.replace("_", "-").lower(): name for name in known}
    close = get_close_matches(word.replace("_", "-").lower(), spelled, n=1, cutoff=0.6)
    return spelled[close[0]] if close else ""


def rule_named(name: str) -> Rule:
    """The rule of this name; UsageError with the nearest one if there is none."""
    from perfprof.rules import registry

    rules = registry()
    if name in rules:
        return rules[name]
    meant = nearest(name, rules)
    todo = f"Did you mean {meant}?" if meant else "perfprof rules lists them all."
    raise UsageError(f"there is no rule {name!r}", todo=todo)
