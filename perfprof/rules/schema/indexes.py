"""Indexes that do not exist yet: what one is, what covers it, and how two become one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from perfprof.rules.catalog import Index, Table


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """A column of an index and its direction.

    expression: SQL in place of a column, which ``name`` then only describes. opclass: of PostgreSQL, "" for the usual.
    nulls: "first" or "last" where that is not what the direction brings.
    """

    name: str
    descending: bool = False
    expression: str = ""
    opclass: str = ""
    nulls: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An index that would help.

    groups: columns within a group may stand in any order (all compared by equality), groups may not.
    schema: "" if the table was found without one. method: of access. where: condition of a partial index, as SQL.
    include: columns that are carried along so that the table need not be read.
    """

    table: str
    groups: tuple[frozenset[Key], ...]
    order: tuple[Key, ...]
    schema: str = ""
    method: str = "btree"
    where: str = ""
    include: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[Key, ...]:
        """The columns as they will be written: group by group, within a group as in ``order``."""
        rank = {key: -place for place, key in enumerate(reversed(self.order))}
        return tuple(key for group in self.groups for key in sorted(group, key=lambda key: (rank.get(key, 1), key)))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns in order."""
        return tuple(key.name for key in self.columns)

    @property
    def plain(self) -> bool:
        """A b-tree over all rows and nothing but columns."""
        return self.method == "btree" and not self.where and not self.include


def candidate(table: str, equal: Sequence[str], rest: Sequence[Key] = (), schema: str = "") -> Candidate:
    """Equality columns first, in any order, then a range column or the columns of ORDER BY."""
    keys = tuple(Key(name) for name in equal)
    groups = ((frozenset(keys),) if keys else ()) + tuple(frozenset([key]) for key in _upright(rest))
    return Candidate(table, groups, (*keys, *_upright(rest)), schema)


def _upright(keys: Sequence[Key]) -> tuple[Key, ...]:
    """An index is read backwards as well as forwards: all descending is all ascending."""
    if keys and all(key.descending and not key.nulls for key in keys):
        return tuple(replace(key, descending=False) for key in keys)
    return tuple(keys)


def merged(one: Candidate, other: Candidate) -> Candidate | None:
    """An index that serves both because one is a prefix of it; None if there is no such index."""
    if (one.schema, one.table) != (other.schema, other.table) or not (one.plain and other.plain):
        return None
    groups = _refined(list(one.groups), list(other.groups))
    return None if groups is None else Candidate(one.table, groups, (*one.order, *other.order), one.schema)


def _refined(one: list[frozenset[Key]], other: list[frozenset[Key]]) -> tuple[frozenset[Key], ...] | None:
    """Groups in an order that both allow, until the shorter of the two ends."""
    out: list[frozenset[Key]] = []
    while one and other:
        small, large = (one, other) if len(one[0]) <= len(other[0]) else (other, one)
        if not small[0] <= large[0]:
            return None
        out.append(small[0])
        large[0] = large[0] - small[0]
        small.pop(0)
        if not large[0]:
            large.pop(0)
    return (*out, *one, *other)


def merge_all(candidates: Iterable[Candidate], widest: int) -> tuple[Candidate, ...]:
    """As few indexes as serve all candidates, none wider than ``widest`` unless a candidate was."""
    chosen: list[Candidate] = []
    for new in sorted(candidates, key=lambda one: (-len(one.columns), one.table, one.names)):
        for place, old in enumerate(chosen):
            both = merged(old, new)
            if both is not None and len(both.columns) <= max(widest, len(old.columns)):
                chosen[place] = both
                break
        else:
            chosen.append(new)
    return tuple(chosen)


def serves(new: Candidate, wanted: Candidate) -> bool:
    """Whether the new index can be used wherever the wanted one could."""
    both = merged(new, wanted)
    return both is not None and len(both.columns) == len(new.columns) and both.columns == new.columns


def covering(wanted: Candidate, indexes: Iterable[Index], table: Table | None) -> str:
    """The name of what already does the work of the candidate, "" if nothing does.

    An index covers if it begins with the wanted columns, if it is unique and all its columns are compared by equality,
    or if the primary key does. A partial or broken index covers nothing: whether it applies depends on the query.
    """
    if table is not None and table.primary_key:
        indexes = [Index("the primary key", wanted.table, table.primary_key, unique=True), *indexes]
    if not wanted.plain or any(key.expression or key.opclass or key.nulls for key in wanted.columns):
        return ""
    usable = (one for one in indexes if one.table == wanted.table and one.valid and not one.partial)
    return next((one.name for one in usable if _does_it(one, wanted)), "")


def _does_it(index: Index, wanted: Candidate) -> bool:
    equal = {key.name for key in wanted.groups[0]} if wanted.groups else set()
    return (index.unique and set(index.columns) <= equal) or _begins(index.columns, index.descending, wanted)


def _begins(columns: Sequence[str], descending: Sequence[bool], wanted: Candidate) -> bool:
    """Whether these columns, in this order, begin with the groups of the candidate."""
    directions = list(descending) or [False] * len(columns)
    at = 0
    turned: set[bool] = set()
    for group in wanted.groups:
        here = columns[at : at + len(group)]
        if set(here) != {key.name for key in group}:
            return False
        if len(group) == 1:
            (key,) = group
            turned.add(directions[at] != key.descending)
        at += len(group)
    return len(turned) < 2 or len(wanted.groups) == 1
