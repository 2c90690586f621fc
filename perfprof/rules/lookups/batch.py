"""A statement for many keys: what it asks, and how each of its rows tells the key that it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# in: IN (?, …). any: = ANY(one array). numbered: a table of keys is joined, and each row brings back the place of its key
# among those asked for; the database may give a key back in another form than it was given.
Mode = Literal["in", "any", "numbered"]
CHUNK = 500  # keys in one statement: below every database's limit of parameters (SQLite before 3.32: 999)
WANTED = "wanted"  # the keys' own table in the statement, and the column that gives them back


@dataclass(frozen=True, slots=True)
class Batch:
    """pieces: source of the statement's literal, NUL for the name of the placeholders. column: how each row names its key.

    extra: whether that column was added, as the last one. position: of the column in a row; -1 if it was added.
    before, after: numbers of the parameters that stand before and after the keys. always: whether every key has a row.
    why: how the statement stays the same one, if it is asked for each key inside the database.
    """

    mode: Mode
    pieces: tuple[str, ...]
    column: str
    extra: bool
    position: int
    before: tuple[int, ...]
    after: tuple[int, ...]
    always: bool = False
    why: str = ""
