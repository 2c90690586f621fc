"""How good is `perfprof advise` on TPC-H, beside Extend, and do its indexes come out as forecast?

    python benchmarks/advise_tpch.py [--scale 0.1] [--keys] [--execute | --only-execute] [--budgets 250,500]      megabytes at scale 1

Data: tpchgen-cli. Texts: those inside the package duckdb-extension-tpch, without 2, 17 and 20, as the research on index
selection runs it (Kossmann, Halfpap, Jankrift, Schlosser, VLDB 2020). A PostgreSQL of its own, statistics target 1000.
--execute decides at the last budget by running, and runs all before and after it for real.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from advise_extend import Extend

from perfprof.optimizer.indexes.advice import Advice
from perfprof.optimizer.indexes.advise import advise
from perfprof.optimizer.indexes.asked import Asked
from perfprof.optimizer.indexes.shapes import shape
from perfprof.optimizer.indexes.sides import WORST, by_turns
from perfprof.optimizer.indexes.what_if import Measured, index_names
from perfprof.optimizer.scratch.postgres import Server
from perfprof.optimizer.scratch.postgres_clone import cloned
from perfprof.optimizer.scratch.postgres_writes import processor_time
from perfprof.optimizer.scratch.sources import Source
from perfprof.optimizer.statements.workload import Seen, Workload, workload
from perfprof.rules.schema.ddl import create_index

SECONDS = 200.0  # that --execute may search
LONGEST = 120  # seconds for one statement of the check: Q21 without indexes would take hours
LEFT_OUT = (2, 17, 20)
NUMBERS = [number for number in range(1, 23) if number not in LEFT_OUT]
TABLES = {
    "nation": "n_nationkey int, n_name char(25), n_regionkey int, n_comment varchar(152)",
    "region": "r_regionkey int, r_name char(25), r_comment varchar(152)",
    "part": "p_partkey int, p_name varchar(55), p_mfgr char(25), p_brand char(10), p_type varchar(25), p_size int, "
    "p_container char(10), p_retailprice decimal(15,2), p_comment varchar(23)",
    "supplier": "s_suppkey int, s_name char(25), s_address varchar(40), s_nationkey int, s_phone char(15), "
    "s_acctbal decimal(15,2), s_comment varchar(101)",
    "partsupp": "ps_partkey int, ps_suppkey int, ps_availqty int, ps_supplycost decimal(15,2), ps_comment varchar(199)",
    "customer": "c_custkey int, c_name varchar(25), c_address varchar(40), c_nationkey int, c_phone char(15), "
    "c_acctbal decimal(15,2), c_mktsegment char(10), c_comment varchar(117)",
    "orders": "o_orderkey int, o_custkey int, o_orderstatus char(1), o_totalprice decimal(15,2), o_orderdate date, "
    "o_orderpriority char(15), o_clerk char(15), o_shippriority int, o_comment varchar(79)",
    "lineitem": "l_orderkey int, l_partkey int, l_suppkey int, l_linenumber int, l_quantity decimal(15,2), "
    "l_extendedprice decimal(15,2), l_discount decimal(15,2), l_tax decimal(15,2), l_returnflag char(1), "
    "l_linestatus char(1), l_shipdate date, l_commitdate date, l_receiptdate date, l_shipinstruct char(25), "
    "l_shipmode char(10), l_comment varchar(44)",
}
KEYS = {"nation": "n_nationkey", "region": "r_regionkey", "part": "p_partkey", "supplier": "s_suppkey"}
KEYS |= {"partsupp": "ps_partkey, ps_suppkey", "customer": "c_custkey", "orders": "o_orderkey"}
KEYS |= {"lineitem": "l_orderkey, l_linenumber"}


def queries() -> Workload:
    """The 19 texts, as they stand in the binary of DuckDB's extension."""
    package = importlib.util.find_spec("duckdb_extension_tpch")
    if package is None or not package.submodule_search_locations:
        sys.exit("pip install duckdb-extension-tpch tpchgen-cli")
    file = next(Path(package.submodule_search_locations[0]).rglob("*.duckdb_extension"))
    held = file.read_bytes()
    middle = held.find(b"l_returnflag,\n")
    around = held[max(0, middle - 60_000) : middle + 60_000]
    texts = [one.decode() for one in re.findall(rb"(?:SELECT|WITH)\s[\t\n\x20-\x7e]{80,}?;\n?(?=\0)", around)]
    if len(texts) != 22:
        sys.exit(f"{len(texts)} texts instead of 22 in {file.name}")
    chosen = [text for number, text in enumerate(reversed(texts), 1) if number not in LEFT_OUT]
    return workload([Seen(text) for text in chosen], "postgresql")


def load(connection: psycopg.Connection[Any], scale: float, folder: Path, *, keys: bool) -> None:
    """Tables, data, statistics; a commit must be on disk before VACUUM believes that its rows are visible."""
    program = (
        shutil.which("tpchgen-cli", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}") or "tpchgen-cli"
    )
    command = [program, "csv", "-s", f"{scale:g}", "--output-dir", str(folder)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    connection.execute("SET synchronous_commit = on")
    for table, columns in TABLES.items():
        connection.execute(f"CREATE TABLE {table} ({columns.replace(',2)', ';2)').replace(',', ' NOT NULL,').replace(';2)', ',2)')} NOT NULL)")  # fmt: skip
        file = next(folder.rglob(f"{table}.csv"))
        copy = f"COPY {table} FROM STDIN (FORMAT csv, HEADER)"
        with file.open("rb") as source, connection.cursor().copy(copy) as target:
            while block := source.read(1 << 20):
                target.write(block)
        file.unlink()
        if keys:
            connection.execute(f"ALTER TABLE {table} ADD PRIMARY KEY ({KEYS[table]})")
    connection.execute("SET default_statistics_target = 1000")
    connection.execute("VACUUM ANALYZE")


def built(connection: psycopg.Connection[Any], creates: list[str], statements: Workload) -> tuple[list[int], float]:
    """Build them for real: bytes of each, and the planner's cost of the workload; then take them away."""
    sizes = []
    for number, create in enumerate(creates):
        name = f"real_{number}"
        connection.execute(re.sub(r'INDEX (CONCURRENTLY )?"(?:[^"]|"")+"', f"INDEX {name}", create, count=1))
        sizes.append(connection.execute("SELECT pg_relation_size(%s::regclass)", (name,)).fetchone()[0])  # type: ignore[index]
    cost = total(connection, statements)
    for number in range(len(creates)):
        connection.execute(f"DROP INDEX real_{number}")
    return sizes, cost


def costs(connection: psycopg.Connection[Any], statements: Workload) -> list[float]:
    """Of each statement, by EXPLAIN."""
    asked = (connection.execute(f"EXPLAIN (FORMAT JSON) {query.texts[0]}") for query in statements.queries)
    return [float(one.fetchone()[0][0]["Plan"]["Total Cost"]) for one in asked]  # type: ignore[index]


def total(connection: psycopg.Connection[Any], statements: Workload) -> float:
    """Of all of them."""
    return sum(costs(connection, statements))


def compare(source: Source, server: Server, folder: Path, budgets: list[float], statements: Workload) -> None:  # fmt: skip
    """Print the table; the clone's costs first, then Extend and perfprof."""
    with psycopg.connect(source.secret, autocommit=True) as connection:
        connection.execute("SET max_parallel_workers_per_gather = 0")
        base = total(connection, statements)
        with cloned(source, server, folder) as clone:
            pairs = list(zip(costs(connection, statements), costs(clone.connection, statements), strict=True))
            print(
                f"clone: {sum(one != other for one, other in pairs)} of {len(pairs)} costs differ; base {base:,.0f}"
            )
            print(f"{'':10}{'MB':>7}{'forecast':>10}{'built':>8}{'planned':>9}{'real':>8}{'EXPLAINs':>10}{'s':>7}")
            extend = Extend(clone, statements)
            for budget in budgets:
                start, before = time.perf_counter(), extend.what_if.explains
                picked = extend.chosen(budget)
                seconds = time.perf_counter() - start
                creates = [create_index(one, "x", dialect="postgresql") for one in picked]
                sizes, cost = built(connection, creates, statements)
                shares = (extend.total(picked) / base, cost / base)
                asked = extend.what_if.explains - before
                show("Extend", budget, extend.bytes_of(picked), sizes, shares, asked, seconds)
        for budget in budgets:
            advice = advise(source, statements, Asked(budget, execute=False), folder)
            sizes, cost = built(connection, created(advice), statements)
            forecast = [one.forecast for one in advice.proposals]
            shares = (advice.share, cost / base)
            show("perfprof", budget, sum(forecast), sizes, shares, advice.explains, advice.seconds)
            wrong = [f / s for f, s in zip(forecast, sizes, strict=True) if s > 1e6]
            if wrong:
                print(f"{'':10}forecast/built of indexes above 1 MB: {min(wrong):.2f} to {max(wrong):.2f}")


def created(advice: Advice) -> list[str]:
    """The statements that build."""
    ups = (one.migration.up for one in advice.proposals)
    return [re.search(r"CREATE INDEX[^;]*", up)[0] for up in ups]  # type: ignore[index]


def executed(source: Source, connection: psycopg.Connection[Any], budget: float, statements: Workload, folder: Path) -> None:  # fmt: skip
    """Advice that was decided by running, run again on the original: by turns without and with the indexes."""
    advice = advise(source, statements, Asked(budget, most_bytes=1 << 40, seconds=SECONDS), folder)
    print(
        f"executed: {len(advice.proposals)} indexes, own measurement {advice.measured_share:.1%}, {advice.seconds:.0f} s"
    )
    print(*(f"  {note}" for note in advice.notes), sep="\n")
    sizes = []
    for number, create in enumerate(created(advice)):
        connection.execute(re.sub(r'INDEX (CONCURRENTLY )?"(?:[^"]|"")+"', f"INDEX real_{number}", create, count=1))
        sizes.append(connection.execute(f"SELECT pg_relation_size('real_{number}')").fetchone()[0])  # type: ignore[index]
        print(f"  kept: {sizes[-1] / 1e6:5.1f} MB", " ".join(create.split()))
    connection.execute(f"SET statement_timeout = '{LONGEST}s'")
    found = [Compared.of(connection, query.texts[0]) for query in statements.queries]
    connection.execute("RESET statement_timeout")
    used = {name for one in found for name in index_names(one.plan)}
    print(f"  built {sum(sizes) / 1e6:.1f} MB; unused: {[n for n in range(len(sizes)) if f'real_{n}' not in used]}")
    for query, one in zip(NUMBERS, found, strict=True):
        print(f"  Q{query:<3}{one}")
    slow = [query for query, one in zip(NUMBERS, found, strict=True) if one.ratio > WORST]
    differ = [query for query, one in zip(NUMBERS, found, strict=True) if one.equal is False]
    stopped = [query for query, one in zip(NUMBERS, found, strict=True) if one.equal is None]
    print(f"  slower than 1.1x by processor time: {slow or 'none'}; another answer: {differ or 'none'}")
    print(f"  stopped after {LONGEST} s on one side, answers not compared: {stopped or 'none'}")
    for what in ("cost", "buffers"):  # pages of what was stopped are not known
        told = found if what == "cost" else [one for one in found if one.equal is not None]
        before, after = (sum(getattr(one.sides[side], what) for one in told) for side in (0, 1))
        print(f"  {'processor time' if what == 'cost' else what} {after / before:.1%} of before")
    for number in range(len(sizes)):
        connection.execute(f"DROP INDEX real_{number}")


@dataclass(frozen=True, slots=True)
class Compared:
    """A statement without and with the indexes: the medians, how many turns, its plan with them, whether the answers are equal.

    equal: None if one side was stopped at the limit; then its cost is the least that it takes.
    """

    sides: tuple[Measured, Measured]
    turns: int
    plan: Mapping[str, Any]
    same_plan: bool
    equal: bool | None

    @property
    def ratio(self) -> float:
        """Of the times, after to before."""
        return self.sides[1].cost / self.sides[0].cost

    def __str__(self) -> str:
        before, after = self.sides
        return (
            f"{before.cost:10.1f} -> {after.cost:8.1f} ms {self.ratio:6.2f}x in {self.turns:2} turns "
            f"{before.buffers:11,.0f} -> {after.buffers:11,.0f} buffers" + (", same plan" if self.same_plan else "")
        )

    @classmethod
    def of(cls, connection: psycopg.Connection[Any], text: str) -> Compared:
        """Measured by turns until it is settled, as `perfprof advise` does itself."""
        answers, plans = [], []
        for on in (False, True):
            switched(connection, on)
            answers.append(answered(connection, text))
            plans.append(connection.execute(f"EXPLAIN (FORMAT JSON) {text}").fetchone()[0][0]["Plan"])  # type: ignore[index]
        sides = by_turns(lambda: ran(connection, text, False), lambda: ran(connection, text, True))
        same = shape(plans[0], {}) == shape(plans[1], {})
        equal = None if None in answers else answers[0] == answers[1]
        return cls(sides.medians, len(sides.after), plans[1], same, equal)


def answered(connection: psycopg.Connection[Any], text: str) -> list[str] | None:
    """The rows in an order of their own; None if it was stopped."""
    try:
        return sorted(map(repr, connection.execute(text).fetchall()))
    except psycopg.errors.QueryCanceled:
        return None


def switched(connection: psycopg.Connection[Any], on: bool) -> None:
    """Let the planner see the new indexes, or not."""
    connection.execute(
        "UPDATE pg_index SET indisvalid = %s FROM pg_class WHERE pg_class.oid = indexrelid AND relname ~ '^real_[0-9]+$'",
        (on,),
    )


def ran(connection: psycopg.Connection[Any], text: str, on: bool) -> Measured:
    """One run: milliseconds of the server's processor, and buffers."""
    switched(connection, on)
    start = processor_time(connection.info.backend_pid)
    try:
        row = connection.execute(f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {text}").fetchone()
    except psycopg.errors.QueryCanceled:
        return Measured(processor_time(connection.info.backend_pid) - start, float("inf"))
    taken, plan = processor_time(connection.info.backend_pid) - start, row[0][0]["Plan"]  # type: ignore[index]
    return Measured(taken, plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


def show(who: str, budget: float, forecast: float, sizes: list[int], shares: tuple[float, float], explains: int, seconds: float) -> None:  # fmt: skip
    """A line."""
    print(
        f"{who:10}{budget / 1e6:7.0f}{forecast / 1e6:10.1f}{sum(sizes) / 1e6:8.1f}{shares[0]:9.2%}{shares[1]:8.2%}"
        f"{explains:10}{seconds:7.1f}",
        flush=True,
    )


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=0.1)
    parser.add_argument("--keys", action="store_true", help="with primary keys")
    parser.add_argument("--budgets", default="250,500", help="megabytes at scale 1")
    parser.add_argument("--execute", action="store_true", help="run everything for real as well")
    parser.add_argument("--only-execute", action="store_true", help="nothing else")
    parser.add_argument("--database", help="one that an earlier run has filled")
    given = parser.parse_args()
    budgets = [float(one) * 1e6 * given.scale for one in given.budgets.split(",")]
    with tempfile.TemporaryDirectory(prefix="tpch-") as name, Server.start(Path(name)) as server:
        url = given.database
        if not url:
            with psycopg.connect(server.dsn, autocommit=True) as connection:
                load(connection, given.scale, Path(name) / "data", keys=given.keys)
            url = server.url_of("postgres")
        source = Source.of(url, Path("/"))
        if not given.only_execute:
            compare(source, server, Path(name), budgets, queries())
        if given.execute or given.only_execute:
            with psycopg.connect(source.secret, autocommit=True) as connection:
                connection.execute("SET max_parallel_workers_per_gather = 0")
                executed(source, connection, budgets[-1], queries(), Path(name))


if __name__ == "__main__":
    main()
