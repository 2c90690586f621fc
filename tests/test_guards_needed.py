"""A guard that always holds is not written; one that may fail is, however alike the program looks."""

from __future__ import annotations

import pytest
from hostile import rewrites, seen

from perfprof.profilers.observations import Seen, Watch
from perfprof.rules import guards

ASKS = "for a in xs:\n        if a in ys:\n            zs.append(a)"
LATER = "for a in xs:\n        print(a)\n        if a in ys.all:\n            zs.append(a)"
GROWS = "for a in xs:\n        if a not in out:\n            out.append(a)"
# (what stands before the loop, the loop), a guard, whether it is needed
SHAPES: dict[str, tuple[str, str, bool]] = {
    "comprehension": (f"ys = [a for a in ys if a]\n    {ASKS}", "type(ys) is list", False),
    "comprehension-or-argument": (
        f"if xs:\n        ys = [a for a in ys if a]\n    {ASKS}",
        "type(ys) is list",
        True,
    ),
    "list-in-a-loop": (f"for b in zs:\n        ys = list(zs)\n    {ASKS}", "type(ys) is list", True),
    "list-before-a-loop": (
        f"ys = list(ys)\n    for b in zs:\n        len(b)\n    {ASKS}",
        "type(ys) is list",
        False,
    ),
    "list-or-caught": (
        f"try:\n        ys = list(ys)\n        ys = tuple(zs)\n    except TypeError:\n        pass\n    {ASKS}",
        "type(ys) is list",
        True,
    ),
    "list-then-unpacked": (f"ys = list(ys)\n    (ys, b) = zs\n    {ASKS}", "type(ys) is list", True),
    "walked-comprehension": (f"xs = [a for a in xs if a]\n    {ASKS}", "type(xs) is list", False),
    "walked-or-argument": (f"if zs:\n        xs = [a for a in xs if a]\n    {ASKS}", "type(xs) is list", True),
    "begun-empty": (
        f"out = []\n    if xs:\n        out = []\n        {GROWS.replace(chr(10), chr(10) + '    ')}",
        "{a",
        False,
    ),
    "begun-filled": (f"out = []\n    out.extend(ys)\n    {GROWS}", "{a", True),
    "parts": (f'ys = f"{{zs}} x".split()\n    {ASKS}', "set(map(type, ys))", False),
    "parts-and-more": (f'ys = f"{{zs}} x".split()\n    ys.append(xs)\n    {ASKS}', "set(map(type, ys))", True),
    "parts-of-anything": (f"ys = zs.split()\n    {ASKS}", "set(map(type, ys))", True),
    "texts": (
        f'out = []\n    for b in xs:\n        a = f"{{b}};"\n        {GROWS[13:].lstrip()}',
        "type(a)",
        False,
    ),
    "formatted": (
        f'out = []\n    for b in xs:\n        a = f"{{b}}"\n        {GROWS[13:].lstrip()}',
        "type(a)",
        True,
    ),
    "numbers": (
        "out = []\n    for b in xs:\n        if isinstance(b, (float, complex)):\n            out.append(b)\n"
        "        elif b not in out:\n            out.append(b)",
        "if b is None",
        False,
    ),
    "numbers-and-text": (
        "out = []\n    for b in xs:\n        if isinstance(b, (float, str)):\n            out.append(b)\n"
        "        elif b not in out:\n            out.append(b)",
        "if b is None or type(b) is str",
        False,
    ),
    "just-read": (
        ASKS.replace("in xs", "in ys.all").replace("in ys:", "in ys.all:")
        + f"\n    {ASKS.replace('in ys', 'in ys.all')}",
        "getattr(",
        False,
    ),
    "not-read": (LATER, "getattr(", True),
    "read-perhaps": (f"if zs:\n        len(ys.all)\n    {LATER}", "getattr(", True),
    "read-of-another": (f"len(ys.all)\n    ys = zs\n    {LATER}", "getattr(", True),
    "read-and-taken-away": (
        f"len(ys.all)\n    del ys.all\n    {LATER}",
        "getattr(",
        True,
    ),
    "tested-before": (ASKS.replace("zs.append(a)", "print(a)"), "type(a) is", False),
    "perhaps-the-walked": (ASKS, "type(a) is", True),
    "left-early": (ASKS.replace("zs.append(a)", "return a"), "type(a) is", True),
    "walked-and-changed": (ASKS.replace("zs.append(a)", "xs.append(a)"), "type(a) is", True),
    "walked-bound-anew": (
        ASKS.replace("        if", "        a = zs\n        if").replace("zs.append(a)", "len(zs)"),
        "type(a) is",
        True,
    ),
    "made-since": (
        f"table = np.zeros(9)\n    {ASKS.replace('zs.append(a)', 'table[0] = 1')}",
        "is not table",
        False,
    ),
    "made-by-another": (
        f"table = own.zeros(9)\n    {ASKS.replace('zs.append(a)', 'table[0] = 1')}",
        "is not table",
        True,
    ),
    "made-and-given": (
        f"table = np.zeros(9)\n    ys = table if zs else ys\n    {ASKS.replace('zs.append(a)', 'table[0] = 1')}",
        "is not table",
        True,
    ),
    "read-first": (
        "xs = tuple(xs)\n    for a in xs:\n        if a in ys.all:\n            print(a)",
        "getattr(",
        False,
    ),
    "read-first-of-two": (
        "xs = tuple(xs)\n    for a in xs:\n        if not a in ys.all and zs:\n            print(a)",
        "getattr(",
        False,
    ),
    "read-in-a-pair": (
        "xs = tuple(xs)\n    for a in zip(xs, zs):\n        if a in ys.all:\n            print(a)",
        "getattr(",
        True,
    ),
    "read-after-a-test": (
        "xs = tuple(xs)\n    for a in xs:\n        if zs and a in ys.all:\n            print(a)",
        "getattr(",
        True,
    ),
    "read-after-a-call": (
        "xs = tuple(xs)\n    for a in xs:\n        print(a)\n        if a in ys.all:\n            print(a)",
        "getattr(",
        True,
    ),
    "read-after-an-item": (
        "xs = tuple(xs)\n    for a in xs:\n        if a[0] in ys.all:\n            print(a)",
        "getattr(",
        True,
    ),
    "read-in-turns-unknown": (
        "for a in zs.given:\n        if a in ys.all:\n            print(a)",
        "getattr(",
        True,
    ),
    "counted": ("zs = [a for a in range(9) if a not in ys]", "type(a)", False),
    "counted-by-another": ("zs = [a for b in range(9) for a in b if a not in ys]", "type(a)", True),
    "written-out": (
        "marks = ['-', 'x', ':']\n    zs = [a for b in zs for a in marks if a in ys]",
        "type(a)",
        False,
    ),
    "written-out-and-more": (
        "marks = ['-', 'x', ':']\n    marks.extend(xs)\n    zs = [a for b in zs for a in marks if a in ys]",
        "type(a)",
        True,
    ),
}


def imagined(watch: Watch) -> Seen:
    texts = {"builtins.str": 1000}
    listed = watch.kind == "collection" or watch.id.rpartition(":")[2].startswith(("loop", "also"))
    return seen(watch, {"builtins.list": 1000} if listed else texts, texts)


@pytest.mark.parametrize("name", SHAPES)
def test_a_guard_is_written_where_it_may_fail(name: str) -> None:
    body, guard, needed = SHAPES[name]
    source = f"import numpy as np\nimport own\n\n\ndef work(xs, ys, zs):\n    {body}\n    return zs\n"
    made = [new for _, new in rewrites(source, imagined, {"list-membership"})]
    assert made
    assert (guard in made[-1]) == needed, made[-1]


@pytest.mark.parametrize(
    ("seen_types", "wanted"),
    [
        (("builtins.str",), ("builtins.int", "builtins.str")),
        (
            ("builtins.NoneType", "builtins.bool"),
            ("builtins.NoneType", "builtins.bool", "builtins.int", "builtins.str"),
        ),
        (("builtins.bytes",), ("builtins.bytes",)),
        (("builtins.tuple[builtins.str]",), ("builtins.tuple[builtins.str]",)),
        (("decimal.Decimal",), ("decimal.Decimal",)),
        (("shop.Item",), ("shop.Item",)),
    ],
)
def test_texts_and_numbers_go_together(seen_types: tuple[str, ...], wanted: tuple[str, ...]) -> None:
    assert guards.widened(seen_types) == wanted


@pytest.mark.parametrize(
    ("tests", "wanted"),
    [
        (["set(map(type, a)) <= {str}"], ["set(map(type, a)) <= {str}"]),
        (
            ["set(map(type, a.b)) <= {str}", "type(c) is list", "set(map(type, c)) <= {str}"],
            ["type(c) is list", "{*map(type, a.b), *map(type, c)} <= {str}"],
        ),
        (["set(map(type, a)) <= {str}", "set(map(type, b)) <= {int}"], None),
        (["set(map(type, a)) <= {str}", "set(map(type, a)) <= {str}"], ["set(map(type, a)) <= {str}"]),
        (
            ["all(kind.__eq__ is object.__eq__ for kind in set(map(type, a)) - {type(None)})"] * 2,
            ["all(kind.__eq__ is object.__eq__ for kind in set(map(type, a)) - {type(None)})"],
        ),
        (
            ["set(map(type, f(a)[0])) <= {str}", "set(map(type, b)) <= {str}"],
            ["{*map(type, f(a)[0]), *map(type, b)} <= {str}"],
        ),
        (["set(map(type, f(g(a)))) <= {str}", "set(map(type, b)) <= {str}"], None),
        (["len(a) > 8", "len(b) > 8"], None),
    ],
)
def test_tests_of_several_collections_are_one(tests: list[str], wanted: list[str] | None) -> None:
    assert guards.together(tests) == (wanted or tests)
