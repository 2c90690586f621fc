"""Lazy loads of object-relational mappers: which relation, for objects fetched where, and from which place."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from perfprof.profilers.journals import Journal
from perfprof.profilers.parts import Part
from perfprof.profilers.stacks import Frame

if TYPE_CHECKING:
    from perfprof.profilers.recording import Recording

SCHEMA = "create table loads (id integer primary key, load text not null, site integer not null);"


@dataclass(frozen=True, slots=True)
class Place:
    """An application frame with the expression that ran: columns in UTF-8 bytes, -1 before Python 3.11.

    fetches: how often it had a part in a fetch of several objects, with or without loads after it; alone: of a single one.
    """

    path: str
    function: str
    line: int
    column: int = -1
    end_line: int = -1
    end_column: int = -1
    fetches: int = 0
    alone: int = 0


@dataclass(frozen=True, slots=True)
class Load:
    """Loads of one relation from one place, for objects that were fetched at one origin.

    orm: django or sqlalchemy. model: class of the objects fetched at the origin. owner: class that has the relation
    (another one if ``path`` has several names). kind: one, many, object (of any class), deferred, expired; kinds: of each name on the path. use: all, count, exists, iterator,
    filtered. tables: what the load reads. site: where it was asked for, innermost frame first. spot: the template line
    or serializer field. origin: steps that made the query, the last first. started: where the fetch began. features:
    of the query (sliced, unordered, for update …). fetched: how often several objects came from that origin; objects:
    how many in all. batches: how many of these fetches led to a load; count: loads; most: in one batch; peers: the
    largest batch; keys: distinct keys; stale: loads of a table that was written after the batch was fetched.
    target: of related objects that hold their owner's key the class, its default manager, the key's field, and the
    relation's name in queries. tested: tests ran in that process. related: class of the related objects.
    """

    orm: str
    model: str
    owner: str
    path: str
    kind: str
    kinds: tuple[str, ...]
    use: str
    tables: tuple[str, ...]
    site: tuple[Place, ...]
    spot: str
    origin: tuple[tuple[Place, ...], ...]
    started: tuple[Place, ...]
    features: tuple[str, ...]
    fetched: int
    objects: int
    batches: int
    count: int
    most: int
    peers: int
    keys: int
    stale: int
    seconds: float
    statement: str
    process: int = 0
    target: tuple[str, ...] = ()
    tested: bool = False
    related: str = ""

    @property
    def name(self) -> str:
        """``Order.customer``."""
        return f"{self.owner.rpartition('.')[2]}.{self.path}"


def read(recording: Recording) -> tuple[Load, ...]:
    """All loads of the run, the most frequent first; rows of several processes stay apart."""
    rows = recording.rows("select load from loads order by id")
    found = [_load(json.loads(text)) for (text,) in rows]
    return tuple(sorted(found, key=lambda one: (-one.count, one.owner, one.path)))


def _load(said: Mapping[str, Any]) -> Load:
    fields: dict[str, Any] = {name: _places(said[name]) for name in ("site", "started")}
    origin = tuple(_places(step) for step in said["origin"])
    fields |= {name: tuple(said[name]) for name in ("kinds", "tables", "features")}
    fields |= {"target": tuple(said.get("target", ())), "tested": said.get("tested", False)}
    fields["related"] = said.get("related", "")
    rest = {name: said[name] for name in Load.__slots__ if name not in {*fields, "origin"}}
    return Load(**fields, origin=origin, **rest)


def _places(frames: Iterable[Sequence[Any]]) -> tuple[Place, ...]:
    return tuple(Place(os.path.realpath(path), *others) for path, *others in frames)


def _store(
    connection: sqlite3.Connection, journals: Sequence[Journal], stack: Callable[[Iterable[Frame]], int]
) -> None:
    for number, journal in enumerate(journals):
        last = {line[1]: line[2] for line in journal.lines if line[0] == "load"}
        for said in last.values():
            frames = [Frame(*frame[:3]) for frame in reversed(said["site"])]
            values = (json.dumps({**said, "process": number}), stack(frames))
            connection.execute("insert into loads (load, site) values (?, ?)", values)


PART = Part(SCHEMA, _store)


def together(found: Iterable[Load]) -> list[Load]:
    """Those of several processes, and of several ways to one place, in one; the most loads first."""
    rows: dict[tuple[object, ...], Load] = {}
    for one in found:
        key = (one.orm, one.owner, one.path, _lines(one.site), one.spot, _lines(one.started))
        known = rows.get(key)
        if known is not None:
            count, seconds = known.count + one.count, known.seconds + one.seconds
            one = replace(known, count=count, seconds=seconds, most=max(known.most, one.most))  # noqa: PLW2901
        if one.count:
            rows[key] = one
    return sorted(rows.values(), key=lambda one: -one.count)


def _lines(place: tuple[Place, ...]) -> tuple[tuple[str, int], ...]:
    return tuple((frame.path, frame.line) for frame in place[:1])
