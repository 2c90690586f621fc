"""Old against new over hostile inputs, for what strangers' programs had and no rule found: listed keys, last matches, deques."""

from __future__ import annotations

import random

import pytest
from hostile import cases, compare
from test_rules_hostile_spelled import KINDS, ROWS, arguments, imagined, source_of

RUNS = 250
DEQUE = "import collections\n    again = []\n    out = collections.deque()\n    "
EACH = "out = [find(ys, a) for a in xs]"
YIELDS = "    for row in rows:\n        if row == key:\n            yield row"
HELD = "held = Held(ys)\n    "

SPELLINGS: dict[str, str | tuple[str, str, str]] = {
    # keys that a function lists anew each time
    "listed": (
        ROWS + "out = [a for a in xs if a not in find(rows)]",
        "rows",
        "    return [row.get('k') for row in rows]",
    ),
    "listed-item": (
        ROWS + "out = [a for a in xs if a in find(rows)]",
        "rows",
        "    return {row['i'] for row in rows}",
    ),
    "listed-missing": (
        ROWS + "try:\n        out += [a for a in xs if a in find(rows)]\n"
        "    except KeyError as error:\n        out = [str(error)]",
        "rows",
        "    return [row['k'] for row in rows]",
    ),
    "listed-rows": ("out = [a for a in xs if a in find(ys)]", "rows", "    return list(row for row in rows)"),
    "listed-set": (
        "try:\n        for a in xs:\n            if a in find(ys):\n                out.append(a)\n"
        "    except TypeError as error:\n        out.append(str(error))",
        "rows",
        "    return set(row for row in rows)",
    ),
    "listed-method": (
        HELD + "out = [a for a in xs if a not in held.kept()]",
        "self",
        "    return [row for row in self.rows]",
    ),
    "listed-method-item": (
        HELD + "out = [a for a in zip(xs, xs) if a[0] in held.kept()]",
        "self",
        "    return [row for row in self.rows]",
    ),
    # the last match
    "last-method": (
        HELD + "out = [held.kept(a) for a in xs]",
        "self, key",
        "    found = None\n    for row in self.rows:\n        if row == key:\n            found = row\n    return found",
    ),
    # the place of a key, through a function
    "place": (EACH, "rows, key", "    if key in rows:\n        return rows.index(key)\n    return -1"),
    "place-else": (
        EACH,
        "rows, key",
        "    if key not in rows:\n        return None\n    else:\n        return rows.index(key)",
    ),
    "place-chosen": (EACH, "rows, key", "    return rows.index(key) if key in rows else []"),
    "place-tried": (
        EACH,
        "rows, key",
        "    try:\n        return rows.index(key)\n    except ValueError:\n        return 'none'",
    ),
    "place-passed": (
        EACH,
        "rows, key",
        "    try:\n        return rows.index(key)\n    except ValueError:\n        pass\n    return 0",
    ),
    "place-or-error": (
        "try:\n        for a in xs:\n            out.append(find(ys, a))\n    except ValueError as error:\n        out.append(str(error))",
        "rows, key",
        "    return rows.index(key)",
    ),
    "place-item": (
        "asked = [{'q': a} if a else {} for a in xs]\n    try:\n        for row in asked:\n            out.append(find(ys, row['q']))\n"
        "    except KeyError as error:\n        out.append(str(error))",
        "rows, key",
        "    if key in rows:\n        return rows.index(key)\n    return -1",
    ),
    "place-method": (
        HELD + "out = [held.kept(a) for a in xs]",
        "self, key",
        "    if key in self.rows:\n        return self.rows.index(key)\n    return -1",
    ),
    # generators that give the rows of a key, consumed at once
    "generated": ("out = [list(find(ys, a)) for a in xs]", "rows, key", YIELDS),
    "generated-walked": (
        "for a in xs:\n        for b in find(ys, a):\n            out.append((a, b))\n            if len(out) > 3:\n                break",
        "rows, key",
        YIELDS,
    ),
    "generated-asked": ("out = [any(b is a for b in find(ys, a)) for a in xs]", "rows, key", YIELDS),
    "generated-else": (
        "for a in xs:\n        for b in find(ys, a):\n            out.append(b)\n        else:\n            out.append(a)",
        "rows, key",
        "    for row in rows:\n        if row != key:\n            continue\n        yield row, key",
    ),
    # deques that grow while they are asked
    "deque": DEQUE + "for a in xs:\n        if a not in out:\n            out.append(a)\n    out = list(out)",
    "deque-extended": (
        DEQUE + "for a in xs:\n        if a in out:\n            again.append(a)\n            continue\n"
        "        out.extend([a])\n    out = [*out, again]"
    ),
    "deque-twice": (
        DEQUE
        + "for a in xs:\n        if a in out:\n            again.append(a)\n        out.append(a)\n    out = [*out, again]"
    ),
}


CASES = list(cases({name: source_of(one) for name, one in SPELLINGS.items()}, KINDS, imagined))


def test_every_spelling_is_understood() -> None:
    missing = set(SPELLINGS) - {str(case.values[0]) for case in CASES}  # type: ignore[attr-defined]
    assert not missing


@pytest.mark.parametrize(("name", "source", "new", "friendly"), CASES)
def test_old_and_new_agree_on_hostile_inputs(name: str, source: str, new: str, friendly: list[object]) -> None:
    chance = random.Random(name)
    compare(source, new, RUNS, lambda: arguments(chance, friendly))
