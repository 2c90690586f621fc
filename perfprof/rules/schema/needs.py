"""Which indexes a workload lacks: from plans that scan, through candidates, to as few indexes as serve them all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from perfprof.profilers.recording import Execution
from perfprof.rules.catalog import Catalog, Dictionary, Scan, Table
from perfprof.rules.reading.predicates import TableUse, Use
from perfprof.rules.schema.ddl import create_index, index_name
from perfprof.rules.schema.indexes import Candidate, Key, candidate, covering, merge_all, serves
from perfprof.rules.schema.workload import Asked, asked

SMALLEST_TABLE = 1_000  # rows; below it a scan costs about as much as opening the index
WIDEST = 3  # columns; a fourth rarely narrows what three leave, and each one weighs on every write
FEW = 4.0  # rows left for one key: narrowing further gains less than a wider index costs
_EQUAL = ("equality", "in", "null")


@dataclass(frozen=True, slots=True)
class Served:
    """A statement that the index is for. before, after: rows that one execution reads of the table, estimated."""

    asked: Asked
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Need:
    """An index that the workload lacks. name: it will have.

    writes: rows whose change must keep it up to date. filled: rows that the run began by filling the table with.
    """

    candidate: Candidate
    name: str
    table: Table
    served: tuple[Served, ...]
    writes: int
    filled: int = 0

    @property
    def executions(self) -> int:
        """Of all statements that it serves."""
        return sum(one.asked.count for one in self.served)

    @property
    def saved(self) -> float:
        """Rows that the workload no longer reads."""
        return sum(one.asked.count * (one.before - one.after) for one in self.served)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A candidate, the statement that wants it, and the rows it leaves for one execution."""

    candidate: Candidate
    asked: Asked
    table: Table
    left: float
    before: float = 0.0


def needs(executions: tuple[Execution, ...], catalog: Catalog) -> Iterator[Need]:
    """One for each index that some planned statement lacks, the most saving first."""
    workload = asked(executions, catalog.dialect)
    shapes = _Shapes(catalog)
    wanted = [one for item in workload for one in _picked(list(shapes.of(item)), item, catalog)]
    taken = {index.name for index in catalog.indexes()} | {table.name for table in catalog.tables()}
    found = []
    for new in merge_all({one.candidate: None for one in wanted}, WIDEST):
        name = index_name(new, taken)
        taken.add(name)
        mine = _once(one for one in wanted if serves(new, one.candidate))
        served = tuple(Served(one.asked, one.before, min(one.left, one.before)) for one in mine)
        found.append(Need(new, name, mine[0].table, served, *writes(workload, new, catalog)))
    yield from sorted(found, key=lambda need: -need.saved)


def _once(wanted: Iterable[_Wanted]) -> list[_Wanted]:
    """Each statement once, with the candidate that leaves it the fewest rows."""
    best: dict[str, _Wanted] = {}
    for one in sorted(wanted, key=lambda one: -one.left):
        best[one.asked.reading.fingerprint] = one
    return list(best.values())


def _picked(wanted: list[_Wanted], item: Asked, catalog: Catalog) -> list[_Wanted]:
    """Of several indexes for one statement those that the planner would use; all, if it uses none of them."""
    distinct = list({one.candidate: one for one in wanted}.values())
    if len(distinct) < 2:
        return distinct
    names = {f"perfprof_candidate_{number}": one for number, one in enumerate(distinct)}
    creates = tuple(create_index(one.candidate, name, dialect=catalog.dialect) for name, one in names.items())
    (plan,) = catalog.what_if(creates, (item.text,))
    used = [names[scan.index] for scan in plan if scan.index in names]
    return list({one.candidate: one for one in used}.values()) or distinct[:1]


def writes(workload: tuple[Asked, ...], new: Candidate, catalog: Catalog) -> tuple[int, int]:
    """Rows inserted, deleted, or changed in a column of the index; and rows with which the run filled the table."""
    book = Dictionary(catalog.tables(), catalog.dialect)
    total, filled = 0, 0
    for item in workload:
        table = book.table(item.reading.writes) if item.reading.writes else None
        if table is None or (table.schema, table.name) != (new.schema, new.table):
            continue
        changed = {book.column(table, name) for name in item.reading.changes}
        if item.fills(table.rows):
            filled += item.changed
        elif item.reading.kind != "update" or changed & set(new.names):
            total += item.changed
    return total, filled


class _Shapes:
    """Reads plans and predicates into candidates; asks the catalog for how selective columns are."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.book = Dictionary(catalog.tables(), catalog.dialect)

    def of(self, item: Asked) -> Iterator[_Wanted]:
        """The candidates of one statement, for each table that its plan reads in vain."""
        plan = self.catalog.plan(item.text)
        for use, uses in item.reading.by_table(self.book.columns):
            table = self.book.table(use.name)
            if table is None or table.rows < SMALLEST_TABLE:
                continue
            sorts = use.block in item.reading.limited and any(step.step == "sort" for step in plan)
            steps = [step for step in plan if _wasteful(step, table, sorts)]
            if steps:
                yield from self._for_steps(steps, self._shaped(item, use, uses, table))

    def _for_steps(self, steps: list[Scan], wanted: Iterable[_Wanted]) -> Iterator[_Wanted]:
        """Candidates with the rows read so far; none that an index covers through which all of the plan goes already."""
        by_index = all(step.index for step in steps)
        for one in wanted:
            if not (by_index and covering(one.candidate, self.catalog.indexes(), one.table)):
                yield replace(one, before=max(self._reads(step, one.table) for step in steps))

    def _reads(self, step: Scan, table: Table) -> float:
        """Rows that one pass of this access reads; the first column of an index decides most of it."""
        if step.whole:
            return float(table.rows)
        index = next((one for one in self.catalog.indexes() if one.name == step.index), None)
        first = index.columns[:1] if index is not None else ()
        if first and first[0] in table.columns:
            return table.rows / self.catalog.distinct(table.key, first)
        return 1.0 if step.index else float(table.rows)

    def _shaped(self, item: Asked, use: TableUse, uses: tuple[Use, ...], table: Table) -> Iterator[_Wanted]:
        plain = [one for one in uses if not one.optional and not one.wrapped]
        constants = self._columns(table, plain, _EQUAL)
        joins = self._columns(table, plain, ("join",))
        ranges = self._columns(table, plain, ("range",))
        order = self._order(item, use, uses, table)
        for equal in [constants, (*constants, *joins), joins] if joins else [constants]:
            found = self._narrowed(item, table, equal, ranges, order)
            if found is not None:
                yield _Wanted(found[0], item, table, self._left(item, table, found[1]))

    def _narrowed(
        self, item: Asked, table: Table, equal: tuple[str, ...], ranges: tuple[str, ...], order: tuple[Key, ...]
    ) -> tuple[Candidate, float] | None:
        """Equality columns while they narrow, then one range or the order if many rows are left for a key."""
        chosen, left = self._selective(table, equal) if not self._told(item, table, equal) else (equal, FEW)
        rest: tuple[Key, ...] = ()
        room = WIDEST - len(chosen) if left > FEW else 0
        if room and ranges:
            rest, left = (Key(ranges[0]),), left / 3  # the planners' own guess for a range
        elif order and len(order) <= room and set(chosen) == set(equal):
            rest, left = order, FEW
        return (candidate(table.name, chosen, rest, table.schema), left) if chosen or rest else None

    def _told(self, item: Asked, table: Table, equal: tuple[str, ...]) -> bool:
        """Whether the only key narrows by what its statement gave, where a copy without data tells nothing."""
        if len(equal) != 1 or self.catalog.distinct(table.key, equal) > 1:
            return False
        return 0 < self._left(item, table, table.rows) <= table.rows / 2

    def _selective(self, table: Table, equal: tuple[str, ...]) -> tuple[tuple[str, ...], float]:
        """The columns that each halve the rows at least, the most selective first; and the rows of one key."""
        chosen: tuple[str, ...] = ()
        left = float(table.rows)
        for column in sorted(equal, key=lambda name: -self.catalog.distinct(table.key, (name,))):
            now = table.rows / self.catalog.distinct(table.key, (*chosen, column))
            if len(chosen) < WIDEST and left > FEW and now <= left / 2:
                chosen, left = (*chosen, column), now
        return chosen, left

    def _left(self, item: Asked, table: Table, estimated: float) -> float:
        """What was recorded knows better than an average: a plain statement reads what it returns."""
        if item.rows >= 0 and not item.reading.complex and len(item.reading.tables) == 1:
            return min(estimated, item.rows) if estimated < table.rows else item.rows
        return estimated

    def _order(self, item: Asked, use: TableUse, uses: tuple[Use, ...], table: Table) -> tuple[Key, ...]:
        """The columns of ORDER BY if the block stops early and all are of this table."""
        mine = [one for one in uses if one.how == "order"]
        every = [one for one in item.reading.uses if one.how == "order" and one.block == use.block]
        if use.block not in item.reading.limited or len(mine) != len(every):
            return ()
        return tuple(Key(self.book.column(table, one.column.name), one.descending) for one in mine)

    def _columns(self, table: Table, uses: Iterable[Use], hows: tuple[str, ...]) -> tuple[str, ...]:
        names = (self.book.column(table, one.column.name) for one in uses if one.how in hows)
        return tuple(dict.fromkeys(name for name in names if name))


def _wasteful(step: Scan, table: Table, sorts: bool) -> bool:
    """A scan that drops rows, is repeated for each row of another, or feeds a sort that LIMIT cuts short."""
    if step.table != table.key or step.step != "scan":
        return False
    return step.filtered or (not step.index and (step.inner or sorts))
