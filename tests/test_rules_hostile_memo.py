"""Old against new over hostile inputs, for functions whose results are kept: the same values again, and their twins."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hostile import FRIENDLY, POOL, compare, lists, rewrites, seen

from perfprof.profilers.observations import Seen, Watch
from perfprof.rules.python import memoize
from perfprof.rules.reading.program import Program
from perfprof.rules.repeated.memoizing import worth_keeping
from perfprof.rules.rule import Case

RUNS = 500
BODIES = {
    "digits": "total = 0\n    for one in str(x):\n        total += ord(one)\n    return total",
    "repr": "return ''.join(one for one in repr(x) if one not in '()')",
    "kind": "for one in (1, 2):\n        if isinstance(x, bool):\n            return 'flag'\n    return isinstance(x, int) and x or 'no'",
    "prime": "for other in range(2, x):\n        if x % other == 0:\n            return False\n    return x > 1",
    "divided": "return sum(one / x for one in range(5))",
    "pair": "found = []\n    for one in (x, y):\n        found.insert(0, one)\n    return (found[0], found[1])",
    "compared": "return [one for one in (x, y) if one == x][0] is None or x == y",
    "caught": "for one in (x, y):\n        try:\n            return int(one) + len(one)\n        except (ValueError, TypeError):\n            pass\n    return None",
    "raises": "for one in (x,):\n        if not one:\n            raise KeyError(one)\n    return -one if one == 2 else one",
    "texts": "words = {one: one * 2 for one in (x, y)}\n    return f'{words!r:>3}'.strip()",
    "joined": "out = x\n    for one in (y, y):\n        out = out + one\n    return out",
    "no-number": "for one in (x, y):\n        if one:\n            return float('nan')\n    return 1.5",
    "inside": "step = str(y)\n    def more(one, by=2):\n        found = [one + step] * by\n        return ''.join(found)\n    return ' '.join(more(one) for one in str(x))",
    "inside-twice": "def outer(a):\n        def inner(b):\n            return [a, b, y]\n        return inner(x)\n    return len(outer(y)) + len(repr(outer(x)))",
    "lambda": "return str(sorted(str(x) + str(y), key=lambda one: -ord(one)))",
    "lambda-default": "return sum(map(lambda one, by=len(str(y)): by * len(one), str(x)))",
    "pattern": "return '|'.join(re.split('[a1]', str(x))) + re.sub('(.)', lambda found: found.group(1) * 2, str(y))",
    "standard": "return math.isqrt(len(str(x))) + len(os.path.join(str(y), 'a')) + sum(collections.Counter(str(x)).values())",
    "tried": "try:\n        n = int(x) if y else ord(x)\n    except (TypeError, ValueError):\n        n = -1\n    return sum(range(n))",
    "rebound": "x = x or y\n    y = [x, y]\n    return str(y) + ''.join(str(one) for one in y)",
    "default": "return {one: True for one in (x, y)}.get(y)",
}
TYPES = {
    "int": {"builtins.int": 5},
    "str": {"builtins.str": 5},
    "int-str": {"builtins.int": 5, "builtins.str": 5},
    "flag-none": {"builtins.bool": 5, "builtins.NoneType": 5},
    "int-flag": {"builtins.int": 5, "builtins.bool": 5},
    "bytes": {"builtins.bytes": 5, "builtins.int": 1},
}
GIVEN = {"builtins.int": 5, "builtins.str": 5, "builtins.bool": 5, "builtins.float": 1, "builtins.NoneType": 1}


def source_of(body: str) -> str:
    return (
        "import collections\nimport math\nimport os.path\nimport re\n\n\n"
        f"def computed(x, y=1):\n    'says it'\n    [(x, y) for _ in ()]\n    {BODIES[body]}\n\n\n"
        "def tried(*given):\n    try:\n        return computed(*given)\n"
        "    except Exception as error:\n        return type(error).__name__, str(error)\n\n\n"
        "def work(xs, ys, zs):\n    out = [tried(x, y) for x in xs for y in ys]\n"
        "    return out, [tried(x, y) for x in xs for y in ys], [tried(z) for z in zs], computed.__doc__, known_again(out)\n"
        "\n\ndef known_again(out):\n    strange = [one for one in out if type(one) is float and one != one]\n"
        "    return [one in strange[:number] for number, one in enumerate(strange)]\n"
    )


def imagined(types: dict[str, int]) -> object:
    def of(watch: Watch) -> Seen:
        made = watch.id.rpartition(":")[2].startswith("made")
        return seen(watch, GIVEN if made else types, GIVEN, 1000, 10)

    return of


CASES = [
    pytest.param(source_of(body), new, id=f"{body}-{types}")
    for body in BODIES
    for types, held in TYPES.items()
    for _, new in rewrites(source_of(body), imagined(held), {"memoize"})  # type: ignore[arg-type]
]


def test_every_program_is_rewritten() -> None:
    refused = 1  # a pattern that may be bytes
    assert len(CASES) == len(BODIES) * len(TYPES) - refused


@pytest.mark.parametrize(("old", "new"), CASES)
def test_old_and_new_agree(old: str, new: str) -> None:
    chance = random.Random(old)
    compare(old, new, RUNS, lambda: arguments(chance))


def arguments(chance: random.Random) -> list[object]:
    """Three lists of values, of which many come again and many are equal to another of another type."""
    pools: list[list[object]] = [*FRIENDLY.values(), [0, 1, True, False, 1.0, 0.0, -0.0, None, "1", b"1", 2], POOL]
    return [*lists(chance, chance.choice(pools), (0, 1, 2, 4))]


@pytest.mark.parametrize(("calls", "again"), [(0, 0), (1, 0), (3000, 12), (150, 149)])
def test_nothing_is_said_of_functions_that_are_not_asked_again(calls: int, again: int) -> None:
    program = Program(Path("/"), lambda path: source_of("prime"))
    module = program.module(Path("/app.py"))
    assert module is not None
    found = next(one for function in module.functions for one in memoize.looks_for(function, program))
    seen_again = Seen("", calls, reads={"again": again, "new": calls - again})
    told = worth_keeping(Case(found, program, {f"{found.finding.id}:again": seen_again}))
    assert (told.enough, told.reason) == (False, "")
