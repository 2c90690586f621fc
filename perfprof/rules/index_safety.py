"""When building an index is safe and worth it: the obligations of `missing-index`, each shown on the catalog."""

from __future__ import annotations

import math

from perfprof.rules.catalog import Catalog
from perfprof.rules.ddl import create_index
from perfprof.rules.indexes import covering
from perfprof.rules.needs import SMALLEST_TABLE, Need, Served
from perfprof.rules.rule import Case, Evidence, Level, Obligation, Proof

# VM steps of SQLite, measured: a row that a scan reads and drops takes 3 to 4, keeping one more index up to date in an
# insert takes 6 to 12 and a search in its tree. PostgreSQL differs in unit, not in ratio: so writes weigh this much.
WRITE_IN_ROWS = 4.0
MOST_KEPT = 0.3  # of the table's rows: what leaves more of them is read as fast by a scan
LEAST_GAIN = 2.0


def worth_an_index(case: Case) -> Evidence:
    """Rows read before and after, over the whole workload, less what writes will pay."""
    need: Need = case.suspect.reading
    before = sum(one.asked.count * one.before for one in need.served)
    after = sum(one.asked.count * (one.after + math.log2(max(one.before, 2))) for one in need.served)
    gain = before / max(after, 1.0)
    numbers = {
        "rows": need.table.rows,
        "executions": need.executions,
        "statements": len(need.served),
        "rows read": round(before),
        "rows read with the index": round(after),
        "writes": need.writes,
    }
    if need.table.rows < SMALLEST_TABLE:
        return Evidence(False, f"{need.table.name} has {need.table.rows} rows; a scan of them is as fast", numbers)
    if all(one.after > MOST_KEPT * one.before for one in need.served):
        return Evidence(False, "most rows that are read are also wanted", numbers, gain)
    if gain < LEAST_GAIN:
        return Evidence(False, f"only {gain:.1f}x fewer rows would be read", numbers, gain)
    reason = f"{need.executions:,} executions read about {before:,.0f} rows, with the index {after:,.0f}"
    return Evidence(True, reason, numbers, gain)


def _proof(name: str, level: Level, why: str) -> Proof:
    return Proof(name, level, why)


def _catalog(case: Case) -> Catalog:
    assert case.catalog is not None, "a finding in statements is argued with the catalog it was found in"
    return case.catalog


def _no_index_covers_it(case: Case) -> Proof:
    need: Need = case.suspect.reading
    indexes = [index for index in _catalog(case).indexes() if index.table == need.table.name]
    name = covering(need.candidate, indexes, need.table)
    if name:
        why = f"{name} begins with these columns, but the plan does not use it"
        return _proof("no-index-covers-it", Level.OPEN, why)
    why = f"none of the {len(indexes)} indexes of {need.table.name}, nor its primary key, begins with these columns"
    return _proof("no-index-covers-it", Level.PROVED, why)


def _planner_picks_it(case: Case) -> Proof:
    need: Need = case.suspect.reading
    catalog = _catalog(case)
    create = create_index(need.candidate, need.name, dialect=catalog.dialect)
    plans = catalog.what_if((create,), tuple(one.asked.text for one in need.served))
    users = [one for one, plan in zip(need.served, plans, strict=True) if any(s.index == need.name for s in plan)]
    if not users:
        why = "with the index built on a copy, the planner does not use it"
        return _proof("planner-picks-it", Level.OPEN, why)
    why = f"with the index built on a copy, {len(users)} of {len(need.served)} statements use it"
    return _proof("planner-picks-it", Level.OBSERVED, why)


def _results_stay_the_same(case: Case) -> Proof:
    need: Need = case.suspect.reading
    loose = [one for one in need.served if _leaves_rows_open(one)]
    if loose and not _one_row_a_key(need, _catalog(case)):
        why = f"{len(loose)} statements have LIMIT and no ORDER BY, so which rows they get is up to the plan"
        return _proof("results-stay-the-same", Level.OPEN, why)
    if loose:
        why = f"no two rows of {need.table.name} have the same {', '.join(need.candidate.names)}, so LIMIT chooses nothing"
        return _proof("results-stay-the-same", Level.OBSERVED, why)
    why = "an index that is not unique changes which rows are read, never which rows a statement means"
    return _proof("results-stay-the-same", Level.PROVED, why)


def _leaves_rows_open(one: Served) -> bool:
    """LIMIT without ORDER BY: any rows are right. With ORDER BY only ties are open, and the judge compares those."""
    reading = one.asked.reading
    ordered = {use.block for use in reading.uses if use.how == "order"}
    return bool(reading.limited - ordered)


def _one_row_a_key(need: Need, catalog: Catalog) -> bool:
    return catalog.distinct(need.table.key, need.candidate.names) >= need.table.rows


def _writes_stay_cheap(case: Case) -> Proof:
    need: Need = case.suspect.reading
    price = need.writes * (WRITE_IN_ROWS + math.log2(max(need.table.rows, 2)))
    what = f"{need.writes:,} recorded writes would pay for what about {price:,.0f} rows cost to read"
    if price * LEAST_GAIN > need.saved:
        return _proof("writes-stay-cheap", Level.OPEN, f"{what}, and only {max(need.saved, 0):,.0f} are saved")
    return _proof("writes-stay-cheap", Level.OBSERVED, f"{what}, and {need.saved:,.0f} are saved")


def _not_inside_a_transaction(case: Case) -> Proof:
    if _catalog(case).dialect == "sqlite":
        why = "SQLite builds an index in one short transaction of its own"
    else:
        why = "it is built CONCURRENTLY, which does not block writers, and by a file without a transaction"
    return _proof("not-inside-a-transaction", Level.PROVED, why)


NO_INDEX_COVERS_IT = Obligation(
    "no-index-covers-it", "no index that exists already does its work", _no_index_covers_it
)
PLANNER_PICKS_IT = Obligation(
    "planner-picks-it", "the planner uses it for the statements that it is for", _planner_picks_it
)
RESULTS_STAY_THE_SAME = Obligation(
    "results-stay-the-same", "no statement depends on rows that its text leaves open", _results_stay_the_same
)
WRITES_STAY_CHEAP = Obligation(
    "writes-stay-cheap", "the writes that keep it up to date cost less than it saves", _writes_stay_cheap
)
NOT_INSIDE_A_TRANSACTION = Obligation(
    "not-inside-a-transaction", "building it blocks nobody for long", _not_inside_a_transaction
)
