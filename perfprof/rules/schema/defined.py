"""What definitions of a database say beyond its tables' columns, read as text.

Only what the texts say is known here; an empty answer is no promise for a database of which there are none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_CREATE = re.compile(
    r"create\s+(?:or\s+replace\s+)?(?:temp(?:orary)?\s+)?(?P<kind>virtual\s+table|table|view|materialized\s+view|trigger)"
    r"\s+(?:if\s+not\s+exists\s+)?(?P<name>[\w.$\"`\[\]]+)",
    re.IGNORECASE,
)
_WORD = re.compile(r"[\w$]+")
_ACTIONS = re.compile(r"on\s+(?:delete|update)\s+(?:cascade|set)", re.IGNORECASE)
_CALLS = re.compile(r"^\s*create\b[^;]*?\btrigger\b[^;]*\bexecute\s+(?:function|procedure)\b", re.IGNORECASE)
_ON = re.compile(r"\bon\s+(?P<name>[\w.$\"`\[\]]+)")
_ROWID = ("rowid", "_rowid_", "oid")


def _definitions(texts: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """(kind, name, text) of each; a script holds several."""
    for text in texts:
        found = list(_CREATE.finditer(text))
        for number, match in enumerate(found):
            nested = match["kind"].lower() == "table" and number and found[number - 1]["kind"].lower() == "trigger"
            end = found[number + 1].start() if number + 1 < len(found) else len(text)
            if not nested:
                yield " ".join(match["kind"].lower().split()), _bare(match["name"]), text[
                    match.start() : end
                ].lower()


def _bare(name: str) -> str:
    return name.rpartition(".")[2].strip('"`[]').lower()


def reached(tables: Iterable[str], texts: Iterable[str]) -> frozenset[str]:
    """The tables by a write to which the rows of these may change: under views, above keys that cascade, with triggers.

    What a trigger's function does is not told by the trigger: the tables that have such a one are among them.
    """
    known = list(_definitions(texts))
    names = {name for kind, name, _ in known if kind != "trigger"}
    found, before = {_bare(one) for one in tables}, 0
    while len(found) > before:
        before = len(found)
        for kind, name, text in known:
            words = set(_WORD.findall(text)) & names
            found |= _set_off(text, words, found) if kind == "trigger" else _below(kind, name, text, words, found)
    return frozenset(found)


def _below(kind: str, name: str, text: str, words: set[str], found: set[str]) -> set[str]:
    """What a view reads, or the tables whose rows take those of this one along."""
    return words if name in found and ("view" in kind or _ACTIONS.search(text)) else set()


def _set_off(text: str, words: set[str], found: set[str]) -> set[str]:
    """The table that a trigger stands on, if it may change what was found."""
    return {_on(text)} if words & found or is_opaque(text) else set()


def _on(text: str) -> str:
    """The table whose writes set a trigger off."""
    table = _ON.search(text)
    return _bare(table["name"]) if table is not None else ""


def is_opaque(text: str) -> bool:
    """Whether it is a trigger of PostgreSQL, whose function says what it does."""
    return _CALLS.search(text) is not None


def named_in(texts: Iterable[str]) -> frozenset[str]:
    """The tables and views that are defined."""
    return frozenset(name for kind, name, _ in _definitions(texts) if kind != "trigger")


def views_under(tables: Iterable[str], texts: Iterable[str]) -> Iterator[str]:
    """The definitions of those that are views, and of the views that these read."""
    views = {name: text for kind, name, text in _definitions(texts) if "view" in kind}
    found, left = set(), {_bare(one) for one in tables}
    while left:
        name = left.pop()
        if name in views and name not in found:
            found.add(name)
            yield views[name]
            left |= set(_WORD.findall(views[name])) & views.keys()


def tells_rows_apart(table: str, columns: Iterable[str], texts: Iterable[str]) -> bool:
    """Whether no two rows of an ordinary table of SQLite have the same values in these columns, by its key and its rowid."""
    mine = [(kind, text) for kind, name, text in _definitions(texts) if name == _bare(table)]
    if len(mine) != 1 or mine[0][0] != "table" or re.search(r"without\s+rowid|\bas\s+select\b", mine[0][1]):
        return False
    text, given = mine[0][1], {one.lower() for one in columns}
    if set(_WORD.findall(text)) & set(_ROWID):
        return False
    alone = re.findall(r"[(,]\s*\"?(\w+)\"?\s+integer\s+primary\s+key(?!\s+desc)", text)
    return any(one in given for one in alone) or any(_never_null(one, text) <= given for one in _sets(text))


def _sets(text: str) -> list[frozenset[str]]:
    lists = re.findall(r"(?:unique|primary\s+key)\s*\(([^()]*)\)", text)
    return [frozenset(one.split()[0].strip('"`[]') for one in found.split(",") if one.strip()) for found in lists]


def _never_null(columns: frozenset[str], text: str) -> frozenset[str]:
    """The columns, with one that nobody asks for if one of them may be NULL: NULLs are not told apart."""
    sure = all(re.search(rf"[(,]\s*\"?{re.escape(one)}\"?\s[^,]*not\s+null", text) for one in columns)
    return columns if sure else columns | {""}
