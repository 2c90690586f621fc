"""Old against new over hostile inputs, for keys of the standard library's types: UUIDs, dates, times, decimals and paths."""

from __future__ import annotations

import datetime
import decimal
import enum
import fractions
import pathlib
import random
import uuid
from collections.abc import Iterator
from functools import partial

import pytest
from hostile import POOL, compare, entangled, lists, rewrites, seen

from perfprof.profilers.observations import Seen, Watch
from perfprof.rules import guards
from perfprof.rules.guards import LIBRARY

RUNS = 250
DICTS = "rows = [{'k': y, 'i': i} if y is not None else {'i': i} for i, y in enumerate(ys)]\n    "
SPELLINGS = {
    "first": DICTS + "out = [next((row['i'] for row in rows if row['k'] == a), None) for a in xs]",
    "all": "out = [b for a in xs for b in ys if b == a]",
    "text": "out = [b for a in xs for b in ys if str(b) == a]",
    "in": "out = [a for a in xs if a in ys]",
    "grown": "for a in xs:\n        if a not in out:\n            out.append(a)",
    "grown-rows": "for a in xs:\n        if not any(b == a for b in out):\n            out.append(a)",
}
PAIRS = {
    "first": (
        "rows = [{'k': y, 'n': i % 2} for i, y in enumerate(ys)]\n    wanted = [{'k': x, 'n': 1} for x in xs]\n"
        "    out = [next((b['k'] for b in rows if (b['k'], b['n']) == (a['k'], a['n'])), None) for a in wanted]"
    ),
    "in": "pairs = [(y, i % 2) for i, y in enumerate(ys)]\n    out = [a for a in xs if (a, 1) in pairs]",
    "grown": "for a in xs:\n        if (a, 1) not in out:\n            out.append((a, 1))",
}
IMPORTS = {
    "": "",
    "from": "from uuid import UUID\nfrom datetime import date, datetime\nfrom decimal import Decimal\n",
    "whole": "import uuid, datetime as dt\nimport decimal\n",
}


class Same(uuid.UUID):
    """Equal to every UUID."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = uuid.UUID.__hash__


class Day(datetime.date):
    """A date that is equal to text."""

    def __eq__(self, other: object) -> bool:
        return str(self) == str(other)

    __hash__ = datetime.date.__hash__


class Zone(datetime.tzinfo):
    """A zone of the program's own."""

    def tzname(self, moment: datetime.datetime | None) -> str:
        return "own"

    def dst(self, moment: datetime.datetime | None) -> None:
        return None


class Nowhere(Zone):
    """It cannot tell its time."""

    def utcoffset(self, moment: datetime.datetime | None) -> datetime.timedelta:
        raise RuntimeError("no offset")


class Wandering(Zone):
    """It moves whenever it is asked."""

    def __init__(self) -> None:
        self.times = 0

    def utcoffset(self, moment: datetime.datetime | None) -> datetime.timedelta:
        self.times += 1
        return datetime.timedelta(hours=self.times % 3)


class Kind(enum.IntEnum):
    """Members that are equal to ints."""

    ONE = 1


UTC, WEST = datetime.timezone.utc, datetime.timezone(datetime.timedelta(hours=-5))
DAY, NOON = datetime.date(2024, 5, 1), datetime.datetime(2024, 5, 1, 12)
FRIENDLY: dict[str, list[object]] = {
    "uuid.UUID": [uuid.UUID(int=1), uuid.UUID(int=1), uuid.UUID(int=2), uuid.UUID(int=3)],
    "datetime.date": [DAY, datetime.date(2024, 5, 1), datetime.date(2024, 5, 2)],
    "datetime.datetime": [
        *(NOON, datetime.datetime(2024, 5, 1), NOON.replace(tzinfo=UTC), NOON.replace(hour=7, tzinfo=WEST)),
        *(NOON.replace(fold=1), NOON.replace(tzinfo=WEST, fold=1), datetime.datetime(2024, 5, 1, 12)),
    ],
    "decimal.Decimal": [decimal.Decimal(text) for text in ("1", "1.0", "-0", "0", "2.50", "2.5", "1E+400")],
    "pathlib.PosixPath": [pathlib.Path("a"), pathlib.Path("a/"), pathlib.Path("b"), pathlib.Path("A")],
}
HOSTILE: list[object] = [one for values in FRIENDLY.values() for one in values]
HOSTILE += [decimal.Decimal("NaN"), decimal.Decimal("sNaN"), decimal.Decimal("Infinity"), float("inf"), 2.5, 0.1]
HOSTILE += [
    decimal.Decimal("0.1"),
    decimal.Decimal.from_float(0.1),
    fractions.Fraction(5, 2),
    fractions.Fraction(1),
    10**400,
]
HOSTILE += [Same(int=1), Day(2024, 5, 1), Kind.ONE, "2024-05-01", "a", uuid.UUID(int=1).int, str(uuid.UUID(int=1))]
HOSTILE += [NOON.replace(tzinfo=Nowhere()), datetime.datetime(2024, 5, 1, tzinfo=Nowhere()), None]
HOSTILE += [pathlib.PurePosixPath("a"), pathlib.PureWindowsPath("a"), datetime.time(12), datetime.timedelta(1), 1]


def source_of(body: str, imports: str) -> str:
    return f"{imports}\n\ndef work(xs, ys, zs):\n    out = []\n    {body}\n    return out, zs\n"


def imagined(source: str, kinds: dict[str, int], watch: Watch) -> Seen:
    """Lists of keys of these types, or of dicts with them."""
    name = watch.id.rpartition(":")[2]
    rows = {"builtins.dict": 1000} if "rows = [{" in source else kinds
    if watch.kind == "collection" or name.startswith(("loop", "also")):
        return seen(watch, {"builtins.list": 1000}, rows)
    if name.startswith("item"):
        return seen(watch, rows, rows)
    computed = "str(b)" in source and name in ("inner", "outer")
    return seen(watch, {"builtins.str": 1000} if computed else kinds, rows)


def cases() -> Iterator[object]:
    beside = {"alone": {}, "text": {"builtins.str": 9}, "numbers": {"builtins.int": 9, "builtins.NoneType": 9}}
    for name, body in SPELLINGS.items():
        for written, imports in IMPORTS.items():
            source, known = source_of(body, imports), set[str]()
            for kind in FRIENDLY:
                for word, others in beside.items():
                    if written and word != "alone":
                        continue
                    for rule, new in rewrites(source, partial(imagined, source, {kind: 1000} | others)):
                        if new not in known:
                            yield pytest.param(kind, source, new, id=f"{name}-{rule.name}-{kind}-{word}-{written}")
                        known.add(new)


def pairs() -> Iterator[object]:
    """Keys that are pairs of such a value and a number."""
    for name, body in PAIRS.items():
        source = source_of(body, "")
        for kind in ("uuid.UUID", "datetime.date", "pathlib.PosixPath"):
            pair = {f"builtins.tuple[{kind},builtins.int]": 1000}
            for rule, new in rewrites(source, partial(paired, pair, kind, source)):
                yield pytest.param(kind, source, new, id=f"pair-{name}-{rule.name}-{kind}")


def paired(pair: dict[str, int], kind: str, source: str, watch: Watch) -> Seen:
    """The parts of a key are of their own types."""
    name = watch.id.rpartition(":")[2]
    rows = {"builtins.dict": 1000} if "rows = [{" in source else pair
    if watch.kind == "collection" or name.startswith(("loop", "also")):
        return seen(watch, {"builtins.list": 1000}, rows)
    if name.startswith("item"):
        return seen(watch, rows, rows)
    parts = {"leaf0": {kind: 1000}, "leaf1": {"builtins.int": 1000}}
    return seen(watch, parts.get(name, pair), pair)


CASES = [*cases(), *pairs()]


def test_every_type_is_guarded() -> None:
    told = [case.id for case in CASES]  # type: ignore[attr-defined]
    for kind in FRIENDLY:
        assert {one.split("-")[0] for one in told if f"-{kind}-" in one} >= {"first", "all", "in", "grown"}
    assert set(FRIENDLY) <= set(LIBRARY)
    assert {one.split("-")[1] for one in told if one.startswith("pair")} == set(PAIRS)


@pytest.mark.parametrize(
    "types", [["builtins.tuple[builtins.int,builtins.str]"], ["builtins.int", "builtins.tuple[]"]]
)
def test_a_guard_of_pairs_holds_for_pairs(types: list[str]) -> None:
    items = [(1, "a"), ("b", 2)] if "str" in types[0] else [1, ()]
    assert eval(guards.all_keys("items", tuple(types)), {"items": items})
    assert eval(guards.is_key("item", types), {"item": items[0]})
    assert not eval(guards.all_keys("items", tuple(types)), {"items": [*items, (1, [])]})


@pytest.mark.parametrize(("kind", "source", "new"), CASES)
def test_old_and_new_agree_on_hostile_inputs(kind: str, source: str, new: str) -> None:
    chance = random.Random(kind + source)
    compare(source, new, RUNS, lambda: arguments(chance, kind))


def arguments(chance: random.Random, kind: str) -> list[object]:
    """Keys of one type; of all types against each other; with everything."""
    pool = chance.choice(
        [FRIENDLY[kind], [*FRIENDLY[kind], 1, None, "a"], HOSTILE, [*FRIENDLY[kind], *HOSTILE, *POOL]]
    )
    return entangled(chance, *lists(chance, pool, (0, 1, 2, 5, 9)))


def test_a_zone_of_others_is_asked_as_often_as_before() -> None:
    of_times = [case.values for case in CASES if case.values[0] == "datetime.datetime"]  # type: ignore[attr-defined]
    for _, source, new in of_times:
        asked = []
        for text in (source, new):
            names: dict[str, object] = {}
            exec(text, names)
            zone = Wandering()
            moments = [NOON.replace(tzinfo=one) for one in (zone, UTC, Wandering())]
            work = names["work"]
            assert callable(work)
            work(moments, moments[::-1], [])
            asked.append(zone.times)
        assert len(set(asked)) == 1, new


@pytest.mark.parametrize("name", ["uuid", "UUID"])
def test_names_that_mean_something_else(name: str) -> None:
    """A comprehension hides the name, the file has it for something else, or imports it where that never runs."""
    kinds = {"uuid.UUID": 1000}
    body = f"out = [{name} for {name} in xs if {name} in ys]"
    imports = "from uuid import UUID\n" if name == "UUID" else "import uuid\n"
    for source in (source_of(body, imports), source_of("out = [a for a in xs if a in ys]", "uuid = UUID = 1\n")):
        assert not list(rewrites(source, partial(imagined, source, kinds), {"list-membership"}))
    source = source_of(SPELLINGS["in"], f"if 0:\n    {imports}")
    for _, new in rewrites(source, partial(imagined, source, kinds), {"list-membership"}):
        one = uuid.UUID(int=1)
        compare(source, new, 1, partial(list, [[one], [one], []]))
