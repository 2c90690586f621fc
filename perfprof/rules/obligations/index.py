"""When building an index is safe and worth it: the obligations of `missing-index`, each shown on the catalog."""

from __future__ import annotations

import math

from perfprof.rules.catalog import Catalog
from perfprof.rules.obligations.proofs import obligation, observed, proved, unproved
from perfprof.rules.rule import Case, Evidence, Proof
from perfprof.rules.schema.ddl import create_index
from perfprof.rules.schema.indexes import covering
from perfprof.rules.schema.needs import SMALLEST_TABLE, Need, Served

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


def _catalog(case: Case) -> Catalog:
    assert case.catalog is not None, "a finding in statements is argued with the catalog it was found in"
    return case.catalog


@obligation
def no_index_covers_it(case: Case) -> Proof:
    """No index that exists already does its work."""
    need: Need = case.suspect.reading
    indexes = [index for index in _catalog(case).indexes() if index.table == need.table.name]
    name = covering(need.candidate, indexes, need.table)
    if name:
        why = f"{name} begins with these columns, but the plan does not use it"
        return unproved(why)
    why = f"none of the {len(indexes)} indexes of {need.table.name}, nor its primary key, begins with these columns"
    return proved(why)


@obligation
def planner_picks_it(case: Case) -> Proof:
    """The planner uses it for the statements that it is for."""
    need: Need = case.suspect.reading
    catalog = _catalog(case)
    create = create_index(need.candidate, need.name, dialect=catalog.dialect)
    plans = catalog.what_if((create,), tuple(one.asked.text for one in need.served))
    users = [one for one, plan in zip(need.served, plans, strict=True) if any(s.index == need.name for s in plan)]
    if not users:
        why = "with the index built on a copy, the planner does not use it"
        return unproved(why)
    why = f"with the index built on a copy, {len(users)} of {len(need.served)} statements use it"
    return observed(why)


@obligation
def results_stay_the_same(case: Case) -> Proof:
    """No statement depends on rows that its text leaves open."""
    need: Need = case.suspect.reading
    loose = [one for one in need.served if _leaves_rows_open(one)]
    if loose and not _one_row_a_key(need, _catalog(case)):
        why = f"{len(loose)} statements have LIMIT and no ORDER BY, so which rows they get is up to the plan"
        return unproved(why)
    if loose:
        why = f"no two rows of {need.table.name} have the same {', '.join(need.candidate.names)}, so LIMIT chooses nothing"
        return observed(why)
    why = "an index that is not unique changes which rows are read, never which rows a statement means"
    return proved(why)


def _leaves_rows_open(one: Served) -> bool:
    """LIMIT without ORDER BY: any rows are right. With ORDER BY only ties are open, and the judge compares those."""
    reading = one.asked.reading
    ordered = {use.block for use in reading.uses if use.how == "order"}
    return bool(reading.limited - ordered)


def _one_row_a_key(need: Need, catalog: Catalog) -> bool:
    return catalog.distinct(need.table.key, need.candidate.names) >= need.table.rows


@obligation
def writes_stay_cheap(case: Case) -> Proof:
    """The writes that keep it up to date cost less than it saves."""
    need: Need = case.suspect.reading
    price = need.writes * (WRITE_IN_ROWS + math.log2(max(need.table.rows, 2)))
    aside = f" (besides {need.filled:,} rows that filled the table)" if need.filled else ""
    what = f"{need.writes:,} recorded writes{aside} would pay as much as reading {price:,.0f} rows"
    if price * LEAST_GAIN > need.saved:
        return unproved(f"{what}, and only {max(need.saved, 0):,.0f} are saved")
    return observed(f"{what}, and {need.saved:,.0f} are saved")


@obligation
def not_inside_a_transaction(case: Case) -> Proof:
    """Building it blocks nobody for long."""
    if _catalog(case).dialect == "sqlite":
        why = "SQLite builds an index in one short transaction of its own"
    else:
        why = "it is built CONCURRENTLY, which does not block writers, and by a file without a transaction"
    return proved(why)
