"""A run made by hand that holds every status, level and kind of measurement."""

from __future__ import annotations

from dataclasses import replace

from perfprof.optimizer.judge.verdict import Comparison, Layer, Status, Verdict
from perfprof.optimizer.patches import FileChange, Patch
from perfprof.optimizer.run import Outcome, Run, Step
from perfprof.rules.rule import Finding, Level, Migration, Proof

LAYERS = (
    Layer("syntax", "passed", "both files parse", 0.01),
    Layer("replay", "passed", "64 calls x 3 hash seeds", 2.4),
    Layer("differential", "passed", "500 generated inputs", 5.1),
    Layer("tests", "passed", "14 of 14 tests reach it", 3.2),
)
BEFORE = "def match(xs, ys):\n    for x in xs:\n        for y in ys:\n            if y.id == x.id:\n                return y\n"
AFTER = "def match(xs, ys):\n    by_id = {y.id: y for y in reversed(ys)}\n    for x in xs:\n        if x.id in by_id:\n            return by_id[x.id]\n"


def outcome(
    number: int,
    rule: str,
    path: str,
    function: str,
    title: str,
    status: Status,
    *,
    share: float | None = 0.1,
    level: Level = Level.PROVED,
    reason: str = "",
    evidence: dict[str, int | float | str] | None = None,
    compared: Comparison | None = None,
    migration: Migration | None = None,
) -> Outcome:
    """One finding with a patch and a verdict, unless its status says that there is none."""
    line = 10 * number + 8
    found = Finding(
        f"f{number:011d}", rule, path, line, line + 3, function, "ys", f"{title} here", share, evidence or {}
    )
    proofs = (
        Proof(
            "keys_hashable",
            level,
            "9,200 keys were exactly str" if level is Level.OBSERVED else "all are str",
            f"{path}:{line}",
        ),
        Proof("loop_reads_only", Level.PROVED, "nothing in the loop writes to ys", f"{path}:{line + 1}"),
    )
    changes = () if migration else (FileChange(path, BEFORE, AFTER),)
    patch = Patch(
        rule, title, changes, found, proofs, level, migration, why="each pass looks at every y", memory="+1.1 MB"
    )
    verdict = None
    if compared is not None:
        decision = status if status in ("rejected", "cannot tell") else "accepted"
        verdict = Verdict(patch.digest, ((path, "0" * 64),), decision, reason or "it wins", LAYERS, compared)  # type: ignore[arg-type]
    written = status not in ("cold", "open", "found")
    file = f"patches/{number:04d}-{rule}-{function}.patch" if written and not migration else ""
    return Outcome(
        found, status, reason, title, level, proofs, patch if written else None, file, verdict, 40.0, 3.5
    )


def cpu(before: float, ratio: float, low: float, high: float) -> Comparison:
    """Ten pairs around a ratio."""
    noise = (0.99, 1.0, 1.01, 0.995, 1.02, 0.985, 1.0, 1.005, 0.998, 1.012)
    return Comparison(
        "cpu",
        tuple(before * n for n in noise),
        tuple(before / ratio * n for n in reversed(noise)),
        ratio,
        low,
        high,
        0.03,
    )


INDEX = Migration(
    "0007_orders_customer_due",
    "postgresql",
    "localhost:5432/shop",
    "orders",
    ("customer_id", "due"),
    "CREATE INDEX CONCURRENTLY orders_customer_due ON orders (customer_id, due);",
    "DROP INDEX CONCURRENTLY orders_customer_due;",
)

OUTCOMES = (
    outcome(
        1,
        "nested-loop-join",
        "shop/matching.py",
        "Matcher.match",
        "nested loop -> dict index, first match",
        "applied",
        share=0.38,
        evidence={"outer": 4000, "inner": 9200, "entered": 2000},
        compared=cpu(0.412, 212, 198, 230),
    ),
    outcome(
        2,
        "n-plus-one",
        "shop/orders.py",
        "list_due",
        "N+1: 2,001 queries -> 2",
        "applied",
        share=0.21,
        level=Level.OBSERVED,
        evidence={"executions": 2000},
        compared=cpu(0.31, 31, 28, 34),
    ),
    outcome(
        3,
        "missing-index",
        "shop/orders.py",
        "list_due",
        "missing index, 14 MB",
        "applied",
        share=0.17,
        level=Level.GUARDED,
        evidence={"rows": 1_200_000, "size": 14_000_000},
        compared=Comparison("vm-steps", (1_260_000.0,), (10_000.0,), 126, 126, 126),
        migration=INDEX,
    ),
    outcome(
        4,
        "list-as-queue",
        "shop/queue.py",
        "drain",
        "list as queue -> deque",
        "rejected",
        share=0.03,
        reason="no gain",
        evidence={"length": 40},
        compared=cpu(0.02, 1.01, 0.98, 1.04),
    ),
    outcome(
        5,
        "list-membership",
        "shop/slow.py",
        "tag",
        "list -> set",
        "rejected",
        share=0.03,
        reason="slower",
        evidence={"length": 3},
        compared=cpu(0.02, 0.8, 0.75, 0.85),
    ),
    outcome(
        6,
        "list-membership",
        "shop/importers.py",
        "import_csv",
        "list -> set",
        "cannot tell",
        share=0.025,
        reason="this machine resolves 4 %, asked 3 %",
        evidence={"length": 60},
        compared=cpu(0.088, 0.98, 0.95, 1.02),
    ),
    outcome(
        7,
        "list-membership",
        "shop/tags.py",
        "known",
        "list -> set",
        "open",
        share=0.02,
        level=Level.OPEN,
        reason="a list was seen among the elements",
        evidence={"length": 900},
    ),
    outcome(
        8,
        "linear-search",
        "shop/orders.py",
        "list_due",
        "helper walks its argument -> index",
        "held back",
        share=0.02,
        reason="overlaps with n-plus-one in the same function",
        evidence={"outer": 120, "inner": 400},
    ),
    outcome(
        9,
        "linear-search",
        "shop/käse/überblick.py",
        "find",
        "search loop -> index",
        "cold",
        share=0.0,
        reason="it was entered 0 times",
        level=Level.OPEN,
    ),
)

RUN = Run(
    id="2026-11-23-1",
    verb="fix",
    folder="/home/somebody/shop/.perfprof/runs/2026-11-23-1",
    root="/home/somebody/shop",
    command="python -m shop.bench",
    applied=True,
    environment={"perfprof": "0.1.0", "python": "3.11.7", "cores": "2", "container": "", "database": "PostgreSQL 18", "revision": "main@4f2c1e"},
    steps=(
        Step("record", 12.4, "2,143 samples · 3 processes · 48,211 statements", "x1.02 CPU"),
        Step("find", 0.6, "41 hot functions read · 9 suspects"),
        Step("observe", 13.1, "8 confirmed · 1 cold"),
        Step("prove", 0.3, "6 proved · 1 guarded · 1 open"),
        Step("judge", 58.7, "2 patches and 1 migration accepted · 2 rejected · 1 held back"),
    ),
    outcomes=OUTCOMES,
    skipped={"shop/legacy.py": "line 3: it does not parse: invalid syntax", "shop/latin.py": "it is not UTF-8"},
    whole=cpu(12.1, 6.4, 6.1, 6.7),
    tests="212 passed before and after",
    files_changed=("shop/matching.py", "shop/orders.py"),
    migrations=("migrations/0007_orders_customer_due.sql",),
    hidden=4,
    stacks={
        "shop/bench.py:<module>;shop/bench.py:main;shop/matching.py:Matcher.match": 380,
        "shop/bench.py:<module>;shop/bench.py:main;shop/orders.py:list_due": 210,
        "shop/bench.py:<module>;shop/bench.py:main;shop/orders.py:list_due;psycopg": 170,
        "shop/bench.py:<module>;shop/bench.py:main;json": 190,
        "shop/bench.py:<module>;shop/bench.py:main;shop/queue.py:drain": 30,
        "shop/bench.py:<module>;shop/bench.py:main": 20,
    },
    asked="perfprof fix --apply -- python -m shop.bench",
)  # fmt: skip

WAITING = replace(
    RUN,
    applied=False,
    asked="perfprof fix -- python -m shop.bench",
    files_changed=(),
    outcomes=tuple(replace(one, status="accepted") if one.status == "applied" else one for one in OUTCOMES),
)
