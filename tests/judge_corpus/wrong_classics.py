"""The first thirty wrong rewrites: the classics of each family."""

from __future__ import annotations

from judge_corpus.rewrite import rewrite
from judge_corpus.shared import COMMON, COMMON_CALLS, JOIN, JOIN_CALLS, UNIQUE, UNIQUE_CALLS

CLASSICS = (
    rewrite(
        "off by one",
        "total",
        "def total(xs):\n    s = 0\n    for i in range(len(xs)):\n        s += xs[i]\n    return s\n",
        "def total(xs):\n    return sum(xs[1:])\n",
        "[(([1, 2, 3],), {})]",
        "replay",
    ),
    rewrite(
        "keeps the last of equal keys",
        "join",
        JOIN,
        """
        def join(orders, customers):
            index = {customer["id"]: customer["name"] for customer in customers}
            return [(o["number"], index[o["customer"]]) for o in orders if o["customer"] in index]
        """,
        JOIN_CALLS,
        "differential",
    ),
    rewrite(
        "drops duplicates",
        "common",
        COMMON,
        """
        def common(left, right):
            return list(dict.fromkeys(item for item in left if item in set(right)))
        """,
        COMMON_CALLS,
        "replay",
    ),
    rewrite(
        "loses the order",
        "common",
        COMMON,
        """
        def common(left, right):
            return sorted(item for item in left if item in set(right))
        """,
        "[(([1, 2, 3, 9], [2, 3, 4]), {})]",
        "differential",
    ),
    rewrite(
        "order of hashes",
        "unique",
        UNIQUE,
        "def unique(items):\n    return list(set(items))\n",
        UNIQUE_CALLS,
        "replay",
    ),
    rewrite(
        "NaN is found by identity",
        "matches",
        """
        def matches(left, right):
            return [(a, b) for a in left for b in right if a == b]
        """,
        """
        def matches(left, right):
            index = {}
            for b in right:
                index.setdefault(b, []).append(b)
            return [(a, b) for a in left for b in index.get(a, ())]
        """,
        "[(([1.5, 2.5], [2.5, 3.5, 2.5]), {}), (([], [1.0]), {})]",
        "differential",
    ),
    rewrite(
        "unhashable elements",
        "common",
        COMMON,
        """
        def common(left, right):
            known = set(right)
            return [item for item in left if item in known]
        """,
        COMMON_CALLS,
        "hostile",
    ),
    rewrite(
        "catches only one side of the unhashable",
        "common",
        COMMON,
        """
        def common(left, right):
            try:
                known = set(right)
            except TypeError:
                known = right
            return [item for item in left if item in known]
        """,
        COMMON_CALLS,
        "hostile",
    ),
    rewrite(
        "drains its argument",
        "drain",
        """
        def drain(queue):
            out = []
            while queue:
                out.append(queue.pop(0))
            return out
        """,
        "def drain(queue):\n    return list(queue)\n",
        "[(([3, 1, 2],), {})]",
        "replay",
    ),
    rewrite(
        "sorts in place",
        "least",
        "def least(xs, k):\n    return sorted(xs)[:k]\n",
        "def least(xs, k):\n    xs.sort()\n    return xs[:k]\n",
        "[(([3, 1, 2], 2), {})]",
        "replay",
    ),
    rewrite(
        "gives the argument itself",
        "copied",
        "def copied(xs):\n    return [x for x in xs]\n",
        "def copied(xs):\n    return xs\n",
        "[(([3, 1, 2],), {})]",
        "replay",
    ),
    rewrite(
        "shares one bucket",
        "buckets",
        "def buckets(n):\n    return [[] for _ in range(n)]\n",
        "def buckets(n):\n    return [[]] * n\n",
        "[((3,), {})]",
        "replay",
    ),
    rewrite(
        "another exception type",
        "position",
        """
        def position(xs, x):
            return xs.index(x)
        """,
        """
        def position(xs, x):
            return {value: index for index, value in reversed(list(enumerate(xs)))}[x]
        """,
        "[(([4, 5, 4], 4), {})]",
        "differential",
    ),
    rewrite(
        "another exception text",
        "first",
        """
        def first(xs):
            if not xs:
                raise ValueError("nothing given")
            return xs[0]
        """,
        """
        def first(xs):
            for x in xs:
                return x
            raise ValueError("empty")
        """,
        "[(([4, 5],), {})]",
        "differential",
    ),
    rewrite(
        "prints no more",
        "report",
        """
        def report(rows):
            for row in rows:
                print(row)
            return len(rows)
        """,
        "def report(rows):\n    return len(rows)\n",
        "[(([4, 5],), {})]",
        "replay",
    ),
    rewrite(
        "logs no more",
        "report",
        """
        import logging

        def report(rows):
            if not rows:
                logging.getLogger("shop").warning("no rows")
            return len(rows)
        """,
        "import logging\n\ndef report(rows):\n    return len(rows)\n",
        "[(([4, 5],), {})]",
        "differential",
    ),
    rewrite(
        "registers no more",
        "register",
        """
        KNOWN = {}

        def register(name, value):
            KNOWN.setdefault(name, []).append(value)
            return value
        """,
        "KNOWN = {}\n\ndef register(name, value):\n    return value\n",
        "[(('a', 1), {}), (('a', 2), {})]",
        "replay",
    ),
    rewrite(
        "stale cache",
        "price",
        """
        def price(name, table):
            return next((row[1] for row in table if row[0] == name), None)
        """,
        """
        _CACHE = {}

        def price(name, table):
            if name not in _CACHE:
                _CACHE[name] = next((row[1] for row in table if row[0] == name), None)
            return _CACHE[name]
        """,
        "[(('a', [('a', 1)]), {}), (('a', [('a', 2)]), {})]",
        "replay",
    ),
    rewrite(
        "cached list is shared",
        "parts",
        "def parts(text):\n    return text.split(',')\n",
        """
        import functools

        @functools.lru_cache
        def parts(text):
            return text.split(",")
        """,
        "[(('a,b',), {}), (('1',), {})]",
        "differential",
    ),
    rewrite(
        "generator consumed",
        "evens",
        """
        def evens(xs):
            for x in xs:
                if x % 2 == 0:
                    yield x
        """,
        "def evens(xs):\n    return [x for x in xs if x % 2 == 0]\n",
        "[(([1, 2, 4],), {})]",
        "replay",
    ),
    rewrite(
        "iterates twice",
        "spread",
        """
        def spread(xs):
            items = list(xs)
            return [x - min(items) for x in items]
        """,
        "def spread(xs):\n    return [x - low for low in [min(xs)] for x in xs]\n",
        "[((iter([3, 4]),), {}), ((iter([7]),), {})]",
        "replay",
    ),
    rewrite(
        "eager where it was lazy",
        "taken",
        """
        def taken(queue):
            while queue:
                yield queue.pop(0)
        """,
        """
        def taken(queue):
            rest = list(queue)
            queue.clear()
            yield from rest
        """,
        "[(([1, 2, 4],), {})]",
        "replay",
    ),
    rewrite(
        "wrong for the empty list only",
        "least",
        """
        def least(xs):
            return sorted(xs)[0] if xs else None
        """,
        "def least(xs):\n    return min(xs, default=0)\n",
        "[(([3, 1],), {}), (([9],), {})]",
        "differential",
    ),
    rewrite(
        "last of the ties",
        "cheapest",
        """
        def cheapest(rows):
            best = None
            for row in rows:
                if best is None or row[1] > best[1]:
                    best = row
            return best
        """,
        "def cheapest(rows):\n    return sorted(rows, key=lambda row: row[1])[-1] if rows else None\n",
        "[(([('a', 1), ('b', 3), ('c', 2)],), {})]",
        "differential",
    ),
    rewrite(
        "wrong for a type never seen",
        "same",
        """
        def same(names, wanted):
            return [name for name in names if name == wanted]
        """,
        "def same(names, wanted):\n    return [wanted] * sum(hash(name) == hash(wanted) for name in names)\n",
        "[((['a', 'b'], 'b'), {})]",
        "hostile",
    ),
    rewrite(
        "a falsy value is not none",
        "named",
        """
        def named(value, default):
            return default if value is None else value
        """,
        "def named(value, default):\n    return value or default\n",
        "[((3, 7), {}), ((None, 7), {})]",
        "differential",
    ),
    rewrite(
        "a tuple for a list",
        "pairs",
        "def pairs(xs):\n    return [x for x in xs]\n",
        "def pairs(xs):\n    return tuple(xs)\n",
        "[(([3, 1],), {})]",
        "replay",
    ),
    rewrite(
        "one for true",
        "flags",
        "def flags(xs):\n    return [x for x in xs if x == 1]\n",
        "def flags(xs):\n    return [1 for x in xs if x == 1]\n",
        "[(([1, 0],), {})]",
        "hostile",
    ),
    rewrite(
        "draws other random numbers",
        "drawn",
        """
        import random

        def drawn(xs):
            return [x for x in xs if random.random() >= 0]
        """,
        "import random\n\ndef drawn(xs):\n    return list(xs)\n",
        "[(([1, 0],), {})]",
        "replay",
    ),
    rewrite(
        "method forgets to count",
        "Shop.find",
        """
        class Shop:
            def __init__(self, rows):
                self.rows = rows
                self.asked = 0

            def find(self, key):
                self.asked += 1
                for row in self.rows:
                    if row[0] == key:
                        return row
                return None
        """,
        """
        class Shop:
            def __init__(self, rows):
                self.rows = rows
                self.asked = 0

            def find(self, key):
                return next((row for row in self.rows if row[0] == key), None)
        """,
        "[((Shop([(1, 'a'), (2, 'b')]), 2), {})]",
        "replay",
    ),
    rewrite(
        "never ends",
        "halves",
        """
        def halves(n):
            out = []
            while n > 1:
                n //= 2
                out.append(n)
            return out
        """,
        """
        def halves(n):
            out = []
            while n > 1:
                n = n / 2 if n != 8 else n
                out.append(1)
                out.clear()
            return out
        """,
        "[((8,), {})]",
        "replay",
    ),
    rewrite(
        "writes a file",
        "noted",
        "def noted(x):\n    return x\n",
        "def noted(x):\n    open('noted.txt', 'w').close()\n    return x\n",
        "[((8,), {})]",
        "replay",
    ),
)
