"""Make one recording of the journals that the processes wrote and of what a sampler saw from outside."""

from __future__ import annotations

import os
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from perfprof.profilers.journals import Journal, Line, sampled_stacks
from perfprof.profilers.packages import OURS, Libraries, without_secrets
from perfprof.profilers.parts import Part, parts
from perfprof.profilers.recording import SCHEMA, Frame, Process


@dataclass(slots=True)
class Seen:
    """Samples of one process by thread and stack (root first)."""

    pid: int
    parent: int = 0
    command: str = ""
    stacks: Counter[tuple[str, tuple[Frame, ...]]] = field(default_factory=Counter)


class Writer:
    """Fills one recording file; everything goes in by one transaction at ``finish``."""

    def __init__(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("pragma synchronous = off")
        self._connection.execute("pragma journal_mode = memory")
        for schema in (SCHEMA, *(part.schema for part in parts().values())):
            self._connection.executescript(schema)
        self._connection.execute("begin")
        self._libraries = Libraries()
        self._lost: list[str] = []
        self._frames: dict[Frame, int] = {}
        self._stacks: dict[tuple[int, int], int] = {}
        self._statements: dict[tuple[str, str, str], int] = {}
        self._databases: dict[tuple[str, str], int] = {}
        self._real: dict[str, str] = {}

    def add_all(
        self, journals: Sequence[Journal], seen: Mapping[int, Seen], outside: Sequence[Journal] = ()
    ) -> None:
        """Take in the journals and the samples taken from outside, by process; ``outside`` is for the parts alone."""
        for journal in journals:
            self._libraries.add(journal.process.get("library", "\0"), journal.process.get("prefixes", ()))
        inside: dict[int, Seen] = {}
        for number, journal in enumerate(journals):
            self._add_executions(number, journal)
            found = _samples(journal)
            known = inside.setdefault(found.pid, found)
            if known is not found:  # the same process after exec
                known.stacks.update(found.stacks)
                known.command = found.command
        pythons = {journal.process["pid"]: journal.process.get("python", "") for journal in journals}
        for pid in [*inside, *(pid for pid in seen if pid not in inside)]:
            self._add_process(inside.get(pid), seen.get(pid), pythons.get(pid, ""))
        for name, part in parts().items():
            self._store(name, part, [*journals, *outside])

    def _store(self, name: str, part: Part, journals: Sequence[Journal]) -> None:
        """One subject; where that fails the others are kept, and what is missing is told."""
        try:
            part.store(self._connection, journals, self._stack)
        except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
            self._lost.append(f"{name} are missing, please report this: {type(error).__name__}: {error}")

    def finish(self, meta: Mapping[str, str]) -> None:
        """Write what run this was, and close the file."""
        notes = "\n".join(filter(None, (meta.get("notes", ""), *self._lost)))
        meta = {**meta, "notes": notes} if notes else meta
        samplers = self._connection.execute("select distinct sampler from processes where sampler <> ''")
        meta = {"sampler": "+".join(sorted(name for (name,) in samplers)), **meta}
        self._connection.executemany("insert into meta values (?, ?)", sorted(meta.items()))
        self._connection.execute("commit")
        self._connection.close()

    def _add_process(self, inside: Seen | None, outside: Seen | None, python: str) -> None:
        """Samples of one process by the sampler that saw more of it; py-spy knows the lines better."""
        within = inside.stacks.total() if inside else 0
        without = outside.stacks.total() if outside else 0
        chosen, sampler = (outside, "py-spy") if outside and without >= 0.8 * within else (inside, "loops")
        described = inside or outside
        assert chosen is not None
        assert described is not None
        total = chosen.stacks.total()
        process = Process(
            described.pid,
            described.parent,
            without_secrets(described.command),
            python,
            sampler if total else "",
            total,
        )
        self._connection.execute(
            "insert into processes values (?, ?, ?, ?, ?, ?)",
            (process.pid, process.parent, process.command, process.python, process.sampler, process.samples),
        )
        self._connection.executemany(
            "insert into samples values (?, ?, ?, ?)",
            [(process.pid, thread, self._stack(stack), count) for (thread, stack), count in chosen.stacks.items()],
        )

    def _add_executions(self, number: int, journal: Journal) -> None:
        """Rows of the journal; a later line about the same row replaces the earlier one.

        Statements with literals in them became one statement without, so their rows are added up here.
        """
        folded: dict[tuple[Any, ...], list[Any]] = {}
        for statement, site, activations, count, seconds, fetched, keys, sorts, calls in self._rows(journal):
            names = [f"{number}.{activation}" for activation in activations] or [f"{number}.0"]
            place = (statement, site, names[0], " ".join(names[1:]), sorts)
            _add(folded.setdefault(place, [0, 0, 0.0, -1, 0]), [calls, count, seconds, fetched, keys])
        self._connection.executemany(
            "insert into executions (statement, site, activation, around, sorts, calls, count, seconds, rows, keys)"
            " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            ((*place, *numbers) for place, numbers in folded.items()),
        )

    def _rows(self, journal: Journal) -> Iterator[Line]:
        """The last line about each row, with our numbers for its statement and site."""
        statements: dict[int, int] = {}
        sites: dict[int, int] = {}
        rows: dict[int, Line] = {}
        for kind, key, *rest in journal.lines:
            if kind == "statement":
                statements[key] = self._statement(*rest)
            elif kind == "site":
                sites[key] = self._stack([Frame(*frame) for frame in reversed(rest[0])])
            elif kind == "execution":
                rows[key] = rest
        for statement, site, *others in rows.values():
            if statement in statements and site in sites:
                yield [statements[statement], sites[site], *others]

    def _stack(self, frames: Iterable[Frame]) -> int:
        """The number of a stack given root first; our own frames are left out."""
        stack = 0
        for frame in frames:
            key = (stack, self._frame(frame))
            if key[1] < 0:
                continue
            known = self._stacks.get(key)
            if known is None:
                known = self._stacks[key] = len(self._stacks) + 1
                self._connection.execute("insert into stacks values (?, ?, ?)", (known, *key))
            stack = known
        return stack

    def _frame(self, frame: Frame) -> int:
        known = self._frames.get(frame)
        if known is None:
            path = self._realpath(frame.path)
            package = self._libraries.package(frame.path) or self._libraries.package(path)
            known = self._frames[frame] = -1 if package == OURS else len(self._frames) + 1
            if known > 0:
                values = (known, path, frame.function, frame.line, package)
                self._connection.execute("insert into frames values (?, ?, ?, ?, ?)", values)
        return known

    def _realpath(self, path: str) -> str:
        found = self._real.get(path)
        if found is None:
            found = self._real[path] = path if path.startswith("<") else os.path.realpath(path)
        return found

    def _statement(self, driver: str, database: str, text: str) -> int:
        known = self._statements.get((driver, database, text))
        if known is None:
            base = self._databases.setdefault((driver, database), len(self._databases) + 1)
            self._connection.execute("insert or ignore into databases values (?, ?, ?)", (base, driver, database))
            known = self._statements[driver, database, text] = len(self._statements) + 1
            self._connection.execute("insert into statements values (?, ?, ?)", (known, text, base))
        return known


def _add(row: list[Any], more: list[Any]) -> None:
    """Add calls, count, seconds, rows (-1: unknown) and keys of another row of the same activation."""
    row[0] = max(row[0], more[0])
    row[1] += more[1]
    row[2] += more[2]
    row[3] = more[3] if row[3] < 0 else row[3] + max(more[3], 0)
    row[4] += more[4]


def _samples(journal: Journal) -> Seen:
    """What the process sampled itself."""
    process = journal.process
    seen = Seen(process["pid"], process.get("parent", 0), " ".join(process.get("argv", ())))
    stacks = sampled_stacks(journal)
    for kind, key, *rest in journal.lines:
        if kind == "sample" and rest[0] in stacks:
            seen.stacks[key, stacks[rest[0]]] += rest[1]
    return seen
