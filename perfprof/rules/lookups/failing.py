"""Statements that may fail for the values of one key: then the turns before it have been done, and with all keys at once they have not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from perfprof.rules.lookups.shape import batch_of, declared, key_types
from perfprof.rules.reading.definitions import holds_text

if TYPE_CHECKING:
    from perfprof.rules.lookups.model import Lookup
    from perfprof.rules.rule import Case

_TEXT = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/", re.DOTALL)
_FAILS = {
    "postgresql": re.compile(
        r"/|%%|::|->|\bcast\s*\(|\bto_\w+\s*\(|\b(?:sqrt|ln|log|power|exp|mod|div|substr|substring|overlay|repeat|chr|"
        r"extract|date_part|make_\w+|jsonb?_\w+|regexp_\w+|decode|convert_\w+)\s*\(",
        re.IGNORECASE,
    ),
    "sqlite": re.compile(r"->|\b(?:json\w*|load_extension|match|regexp|zeroblob)\b", re.IGNORECASE),
}
_WORDED = ("TEXT", "CHAR", "CITEXT", "NAME")


def may_fail(case: Case) -> str:
    """What in the statement may fail for a key that the run did not have; empty if nothing is known to."""
    lookup: Lookup = case.suspect.reading
    query = lookup.query
    found = _FAILS[query.dialect].search(_TEXT.sub(" ", query.text))
    if found is not None:
        return f"`{found[0].strip(' (')}`"
    batch = batch_of(case)
    text = not isinstance(batch, str) and batch.mode == "numbered" and "builtins.str" in key_types(case)
    if query.dialect == "postgresql" and text and not _takes_any_text(declared(case)):
        return "a text that the key's column may not take"
    return ""


def _takes_any_text(kind: str) -> bool:
    return holds_text(kind) or any(word in kind for word in _WORDED)
