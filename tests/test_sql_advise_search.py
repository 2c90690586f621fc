"""What `advise` considers, how it searches, and how large it takes indexes to be; without a server."""

from __future__ import annotations

import random
from itertools import combinations

import pytest

from perfprof.optimizer.indexes.candidates import Facts, candidates
from perfprof.optimizer.indexes.relevance import may_use
from perfprof.optimizer.indexes.selection import Program, Way, bits, undominated
from perfprof.optimizer.indexes.sizes import PAGE, tree_pages
from perfprof.optimizer.statements.workload import Seen, workload
from perfprof.rules.catalog import Dictionary, Table
from perfprof.rules.schema.indexes import Key, candidate

pytest.importorskip("highspy")
BOOK = Dictionary([Table("t", ("a", "b", "c", "d", "kind"), 100_000)], "postgresql")
FACTS = Facts(kinds=frozenset([("t", "kind")]))


def conditions(*texts: str, code: bool = True) -> set[str]:
    found = workload([Seen(text, code=code) for text in texts], "postgresql")
    return {one.where for one in candidates(found.queries, BOOK, FACTS) if one.where}


def cost(program: Program, chosen: int) -> float:
    ways = sum(
        program.weights[query] * min(way.cost for way in ways if not way.needs & ~chosen)
        for query, ways in program.ways.items()
    )
    return ways + sum(program.upkeep[at] for at in bits(chosen))


@pytest.mark.parametrize("seed", range(12))
def test_the_solution_is_as_cheap_as_the_best_of_all_sets(seed: int) -> None:
    draw = random.Random(seed)
    sizes = [draw.uniform(1, 10) for _ in range(8)]
    ways = {
        query: undominated([Way(100.0, 0), *(Way(draw.uniform(1, 99), draw.getrandbits(8)) for _ in range(6))])
        for query in "abcdef"
    }
    weights = {query: draw.uniform(1, 5) for query in ways}
    program = Program(ways, weights, sizes, [draw.uniform(0, 9) for _ in sizes], lambda _, at: 1 << at)
    found = program.solved(20.0)
    fitting = (
        sum(1 << at for at in some)
        for count in range(9)
        for some in combinations(range(8), count)
        if sum(sizes[at] for at in some) <= 20.0
    )
    assert sum(sizes[at] for at in bits(found)) <= 20.0
    assert cost(program, found) <= 1.01 * min(cost(program, one) for one in fitting)


def test_an_index_that_stands_for_another_pays_for_both() -> None:
    ways = {"one": [Way(1.0, 0b01), Way(100.0, 0)], "other": [Way(1.0, 0b10), Way(100.0, 0)]}
    stands = {0: 0b11, 1: 0b10}
    program = Program(ways, {"one": 1.0, "other": 1.0}, [5.0, 6.0], [0.0, 0.0], lambda _, at: stands[at])
    assert program.solved(20.0) == 0b10


def test_conditions_on_two_columns_of_a_row_make_indexes_partial() -> None:
    assert conditions("SELECT a FROM t WHERE t.a = 5 AND t.b < t.c", code=False) == {"b < c"}
    assert conditions("SELECT a FROM t x, t y WHERE x.b < y.c AND x.a = 5", code=False) == set()
    assert conditions("SELECT a FROM t WHERE a = 5 AND (b < c OR d = 1)", code=False) == set()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT a FROM t WHERE a = 5 AND kind = 'open'", {"\"kind\" = 'open'"}),
        ("SELECT a FROM t WHERE a = 5 AND kind <> 'open'", {"kind <> 'open'"}),
        ("SELECT a FROM t WHERE a = 5 AND kind IN ('open', 'late')", {"kind IN ('open', 'late')"}),
        ("SELECT a FROM t WHERE a = 5 AND b = 'somebody@x.org'", set()),
        ("SELECT a FROM t WHERE a = 5 AND kind = $1", set()),
    ],
)
def test_constants_come_from_the_code_and_of_columns_with_few_values(text: str, expected: set[str]) -> None:
    assert conditions(text) == expected
    assert conditions(text, code=False) == set()


def test_a_literal_that_changes_is_no_constant() -> None:
    texts = ("SELECT a FROM t WHERE a = 5 AND kind = 'open'", "SELECT a FROM t WHERE a = 5 AND kind = 'done'")
    assert conditions(*texts) == set()


def test_an_expression_has_no_partial_index() -> None:
    found = workload([Seen("SELECT a FROM t WHERE lower(b) = 'x' AND c IS NULL", code=True)], "postgresql")
    expressions = [one for one in candidates(found.queries, BOOK, FACTS) if one.columns[0].expression]
    assert expressions
    assert not any(one.where for one in expressions)


def test_a_statement_is_not_planned_with_what_it_does_not_name() -> None:
    (query,) = workload([Seen("SELECT d FROM t WHERE a = 5 ORDER BY b")], "postgresql").queries
    may = may_use(query, BOOK)
    assert [may(candidate("t", (), (Key(name),))) for name in "abcd"] == [True, True, False, False]
    assert not may(candidate("other", (), (Key("a"),)))


@pytest.mark.parametrize(
    ("rows", "distinct", "key", "merges", "built"),
    [
        (6_001_215, 1_500_000, 8, True, 77.9),  # lineitem (l_orderkey) of TPC-H, and so on
        (6_001_215, 200_000, 8, True, 45.1),
        (6_001_215, 10_000, 8, True, 42.6),
        (6_001_215, 2_526, 8, True, 42.7),
        (1_500_000, 2_406, 8, True, 10.9),
        (1_500_000, 1_464_556, 16, False, 46.9),
        (1_500_000, 1_500_000, 8, True, 33.7),
        (150_000, 25, 8, True, 1.06),
    ],
)
def test_forecasts_are_within_a_twentieth_of_what_was_built(
    rows: int, distinct: int, key: int, merges: bool, built: float
) -> None:
    assert tree_pages(rows, distinct, key, merges=merges) * PAGE / 1e6 == pytest.approx(built, rel=0.05)
