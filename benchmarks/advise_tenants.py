"""How good is `perfprof advise` on an application nearer to life, beside Extend: cost, real time, WAL, HOT?

    python benchmarks/advise_tenants.py [--budget 200] [--database URL] [--seconds 300]      URL: filled by an earlier run

36 weighted reads and 13 weighted writes on 3 million rows: soft deletes, a skewed status, lower(email), LIKE 'prefix%',
JSONB, ORDER BY … LIMIT, a partitioned table, a second schema, duplicate and useless indexes (advise_tenants.sql). The
advice is applied for real to a copy of the database, as is Extend's, and everything is run by turns without and with: the
medians of the server's processor time, measured on near 1.1x until it is clear. Writes are repeated on other rows and committed, for WAL and HOT.
"""

from __future__ import annotations

import argparse
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from advise_extend import Extend

from perfprof.optimizer.indexes.advise import advise
from perfprof.optimizer.indexes.asked import Asked
from perfprof.optimizer.indexes.shapes import shape
from perfprof.optimizer.indexes.sides import by_turns
from perfprof.optimizer.indexes.what_if import Measured
from perfprof.optimizer.scratch.postgres import Server
from perfprof.optimizer.scratch.postgres_clone import cloned
from perfprof.optimizer.scratch.postgres_writes import processor_time
from perfprof.optimizer.scratch.sources import Source
from perfprof.optimizer.statements.workload import Seen, Workload, workload
from perfprof.rules.reading.placeholders import separated
from perfprof.rules.schema.ddl import create_index

HERE = Path(__file__).parent
REPEATED = 4  # each write is run its weight divided by this many times
_UPDATED = "SELECT sum(n_tup_hot_upd), sum(n_tup_upd) FROM pg_stat_user_tables"


def statements() -> Workload:
    """The workload; each statement stands behind its weight."""
    text = (HERE / "advise_tenants_workload.sql").read_text("utf-8")
    found = re.findall(r"-- (\d+)\n(.*?);\n", text, re.DOTALL)
    return workload([Seen(one, float(weight), code=True) for weight, one in found], "postgresql")


def load(connection: psycopg.Connection[Any]) -> None:
    """Tables, data, statistics."""
    connection.execute("SET synchronous_commit = on")
    connection.execute("SELECT setseed(0.5)")
    for statement in separated((HERE / "advise_tenants.sql").read_text("utf-8"), "postgresql"):
        connection.execute(statement)
    connection.execute("VACUUM ANALYZE")


class Applied:
    """A copy of the database with one set of indexes."""

    def __init__(self, source: Source, name: str, changes: list[str]) -> None:
        self.name = name
        with psycopg.connect(source.secret, dbname="postgres", autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name}")
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {urlsplit(source.secret).path.lstrip('/')}")
        self.connection = psycopg.connect(source.secret, dbname=name, autocommit=True)
        self.connection.execute("SET max_parallel_workers_per_gather = 0")
        before = self.indexes()
        for change in changes:
            self.connection.execute(change)
        self.bytes = self.indexes() - before
        self.connection.execute("ANALYZE")

    def indexes(self) -> int:
        """Bytes of all indexes."""
        return self.number("SELECT sum(pg_relation_size(indexrelid)) FROM pg_stat_user_indexes")

    def number(self, query: str) -> int:
        """The answer to a query that has one."""
        return int(self.connection.execute(query).fetchone()[0])  # type: ignore[arg-type, index]

    def cost(self, text: str) -> float:
        """By the planner."""
        return float(self.plan(text)["Total Cost"])

    def plan(self, text: str) -> dict[str, Any]:
        """As the planner makes it."""
        found: dict[str, Any] = self.connection.execute(f"EXPLAIN (FORMAT JSON) {text}").fetchone()[0][0]["Plan"]  # type: ignore[index]
        return found

    def time(self, text: str) -> float:
        """Milliseconds of one execution: of the processor, or by the clock where that is less."""
        pid = self.connection.info.backend_pid
        start = processor_time(pid)
        row = self.connection.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {text}").fetchone()
        return min(processor_time(pid) - start, float(row[0][0]["Execution Time"]))  # type: ignore[index]

    def write(self, found: Workload) -> tuple[int, float]:
        """Bytes of WAL and the share of updates that were HOT, after all writes."""
        self.connection.execute("CHECKPOINT")
        start = self.connection.execute("SELECT pg_current_wal_insert_lsn()").fetchone()[0]  # type: ignore[index]
        for text in repeated(found):
            self.connection.execute(text)
        self.connection.execute("SELECT pg_stat_force_next_flush()")
        wal = self.number(f"SELECT pg_current_wal_insert_lsn() - '{start}'::pg_lsn")
        hot, updated = self.connection.execute(_UPDATED).fetchone()  # type: ignore[misc]
        return wal, float(hot) / float(updated)


def repeated(found: Workload) -> Iterator[str]:
    """The writes by turns, each on a few rows that it comes back to, as applications do."""
    writes = [query for query in found.queries if not query.reads]
    for turn in range(max(int(query.calls) for query in writes) // REPEATED):
        for query in writes:
            if turn < query.calls / REPEATED:
                step = turn if query.reading.kind in ("insert", "delete") else turn // 3
                number = re.search(r"(?<=\bid = )\d+|(?<=VALUES \()\d+", query.texts[0])
                assert number is not None, query.name
                yield f"{query.texts[0][:number.start()]}{int(number[0]) + step}{query.texts[0][number.end():]}"


def timed(places: list[Applied], found: Workload) -> dict[str, list[tuple[Measured, Measured]]]:
    """Of each read, the first place and each other one by turns until it is settled."""
    times: dict[str, list[tuple[Measured, Measured]]] = {}
    for query in found.queries:
        text = query.texts[0]
        for place in places if query.reads else ():
            place.time(text)
        if query.reads:
            times[query.name] = [_compared(places[0], place, text) for place in places[1:]]
    return times


def _compared(one: Applied, other: Applied, text: str) -> tuple[Measured, Measured]:
    """The medians of both; of one plan with the same indexes, what differs is the machine, so the first stands for both."""
    if shape(one.plan(text), {}) == shape(other.plan(text), {}):
        known = Measured(min(one.time(text) for _ in range(3)))
        return known, known
    return by_turns(*_both(one, other, text)).medians


def _both(one: Applied, other: Applied, text: str) -> tuple[Callable[[], Measured], Callable[[], Measured]]:
    return lambda: Measured(one.time(text)), lambda: Measured(other.time(text))


def report(places: list[Applied], found: Workload) -> None:
    """The table."""
    reads = {query.name: query for query in found.queries if query.reads}
    costs = [sum(one.calls * place.cost(one.texts[0]) for one in reads.values()) for place in places]
    times = timed(places, found)
    totals = [[sum(reads[name].calls * some[at][side].cost for name, some in times.items()) for side in (0, 1)] for at in range(len(places) - 1)]  # fmt: skip
    shares = [1.0, *(after / before for before, after in totals)]
    print(f"{'':10}{'index MB':>9}{'cost':>8}{'time':>8}{'worst':>7}{'slower':>7}{'WAL kB':>9}{'WAL':>7}{'HOT':>7}")
    first = 0
    for at, place in enumerate(places):
        sides = {name: some[at - 1] for name, some in times.items()} if at else {}
        ratios = {name: new.cost / old.cost for name, (old, new) in sides.items() if new.cost - old.cost > 0.05}
        wal, hot = place.write(found)
        first = first or wal
        worst, slower = max(ratios.values(), default=1.0), sum(ratio > 1.1 for ratio in ratios.values())
        print(
            f"{place.name:10}{place.bytes / 1e6:9.1f}{costs[at] / costs[0]:8.2%}{shares[at]:8.2%}"
            f"{worst:7.2f}{slower:7}{wal / 1000:9.0f}{wal / first:7.2f}{hot:7.1%}"
        )
        for name, ratio in ratios.items():
            if ratio > 1.1:
                print(f"    {ratio:.2f}x slower: {name[:100]}")


def compare(source: Source, server: Server, folder: Path, budget: float, seconds: float) -> None:
    """Advise, apply, run."""
    found = statements()
    with cloned(source, server, folder) as clone, source.connected() as original:
        texts = [query.texts[0] for query in found.queries]
        pairs = [[cost(place, text) for place in (original, clone.connection)] for text in texts]
        print(f"clone: {sum(one != other for one, other in pairs)} of {len(pairs)} costs differ")
        picked = Extend(clone, found).chosen(budget)
        extend = [create_index(one, f"extend_{number}", dialect="postgresql") for number, one in enumerate(picked)]
    advice = advise(source, found, Asked(budget, execute=True, complete=True, seconds=seconds), folder)
    ours = [one for proposal in advice.proposals for one in separated(proposal.migration.up, "postgresql")]
    ours += [one for gone in advice.removals for one in separated(gone.migration.up, "postgresql")]
    for proposal in advice.proposals:
        made = re.findall(r"CREATE INDEX.*? ON (?:ONLY )?(.*?);", proposal.migration.up)[:1]
        print(f"  {proposal.decision} {proposal.forecast / 1e6:6.1f} {proposal.built / 1e6:6.1f} MB  {made[0]}")
    for gone in advice.removals:
        print(f"  drop {gone.name}: {gone.reason} {gone.instead}")
    print(*(f"  {note}" for note in advice.notes), sep="\n")
    wal = f"WAL {advice.wal_before / 1e6:.1f} -> {advice.wal_after / 1e6:.1f} MB"
    print(
        f"own measurement: time {advice.measured_share:.2%}, {wal}, {advice.explains} EXPLAINs, {advice.seconds:.0f} s"
    )
    places = [Applied(source, "nothing", []), Applied(source, "extend", extend), Applied(source, "perfprof", ours)]
    report(places, found)


def cost(connection: psycopg.Connection[Any], text: str) -> float:
    """By the planner."""
    return float(connection.execute(f"EXPLAIN (FORMAT JSON) {text}").fetchone()[0][0]["Plan"]["Total Cost"])  # type: ignore[index, call-overload]


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--budget", type=float, default=200.0, help="megabytes")
    parser.add_argument("--seconds", type=float, default=300.0, help="that running may take")
    parser.add_argument("--database", help="one that an earlier run has filled")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tenants-") as name, Server.start(Path(name)) as server:
        url = given.database
        if not url:
            with psycopg.connect(server.dsn, autocommit=True) as connection:
                connection.execute("CREATE DATABASE tenants TEMPLATE template0 LOCALE 'C.UTF-8'")
            with psycopg.connect(server.dsn_of("tenants"), autocommit=True) as connection:
                load(connection)
            url = server.url_of("tenants")
        compare(Source.of(url, Path("/")), server, Path(name), given.budget * 1e6, given.seconds)


if __name__ == "__main__":
    main()
