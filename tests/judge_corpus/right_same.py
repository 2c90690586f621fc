"""Right rewrites, some of them for nothing: the judge must see that they mean the same."""

from __future__ import annotations

from judge_corpus.rewrite import rewrite
from judge_corpus.shared import COMMON, COMMON_CALLS, JOIN, JOIN_CALLS, UNIQUE, UNIQUE_CALLS

SAME = (
    rewrite(
        "index with the first of equal keys",
        "join",
        JOIN,
        """
        _CORE = frozenset({int, str, bytes})

        def join(orders, customers):
            if not (_CORE.issuperset(type(c["id"]) for c in customers if type(c) is dict and "id" in c)
                    and all(type(c) is dict and "id" in c and "name" in c for c in customers)
                    and all(type(o) is dict and "number" in o and type(o.get("customer")) in _CORE for o in orders)):
                found = []
                for order in orders:
                    for customer in customers:
                        if customer["id"] == order["customer"]:
                            found.append((order["number"], customer["name"]))
                            break
                return found
            index = {}
            for customer in customers:
                index.setdefault(customer["id"], customer["name"])
            return [(o["number"], index[o["customer"]]) for o in orders if o["customer"] in index]
        """,
        JOIN_CALLS,
    ),
    rewrite(
        "guarded set",
        "common",
        COMMON,
        """
        _SAFE = frozenset({int, bool, str, bytes, float, type(None)})

        def common(left, right):
            known = frozenset(right) if _SAFE.issuperset(map(type, right)) else right
            result = []
            for item in left:
                if item in known if type(item) in _SAFE else item in right:
                    result.append(item)
            return result
        """,
        COMMON_CALLS,
    ),
    rewrite(
        "set beside the growing list",
        "unique",
        UNIQUE,
        """
        _SAFE = frozenset({int, bool, str, bytes, type(None)})

        def unique(items):
            seen = []
            known = set()
            for item in items:
                if type(item) in _SAFE:
                    if item not in known and (len(known) == len(seen) or item not in seen):
                        seen.append(item)
                        known.add(item)
                elif item not in seen:
                    seen.append(item)
            return seen
        """,
        UNIQUE_CALLS,
    ),
    rewrite(
        "comprehension",
        "squares",
        """
        def squares(xs):
            out = []
            for x in xs:
                out.append(x * x)
            return out
        """,
        "def squares(xs):\n    return [x * x for x in xs]\n",
        "[(([1, 2],), {}), (([],), {})]",
    ),
    rewrite(
        "method with super",
        "Child.total",
        """
        class Base:
            def total(self):
                return 0

        class Child(Base):
            def __init__(self, xs):
                self.xs = xs

            def total(self):
                s = super().total()
                for x in self.xs:
                    s = s + x
                return s
        """,
        """
        class Base:
            def total(self):
                return 0

        class Child(Base):
            def __init__(self, xs):
                self.xs = xs

            def total(self):
                total = super().total()
                for x in self.xs:
                    total = total + x
                return total
        """,
        "[((Child([1, 2]),), {}), ((Child([]),), {})]",
    ),
    rewrite(
        "new import and new helper",
        "grouped",
        """
        def grouped(rows):
            out = {}
            for key, value in rows:
                if key not in out:
                    out[key] = []
                out[key].append(value)
            return out
        """,
        """
        from itertools import chain

        def _put(out, key, value):
            out.setdefault(key, []).append(value)

        def grouped(rows):
            out = {}
            for key, value in chain(rows):
                _put(out, key, value)
            return out
        """,
        "[(([('a', 1), ('b', 2), ('a', 3)],), {})]",
    ),
    rewrite(
        "generator stays lazy",
        "evens",
        """
        def evens(xs):
            for x in xs:
                if x % 2 == 0:
                    yield x
        """,
        "def evens(xs):\n    yield from (x for x in xs if x % 2 == 0)\n",
        "[(([1, 2, 4],), {})]",
    ),
    rewrite(
        "coroutine",
        "answered",
        """
        async def answered(xs):
            out = []
            for x in xs:
                out.append(x)
            return out
        """,
        "async def answered(xs):\n    return [x for x in xs]\n",
        "[(([1, 2, 4],), {})]",
    ),
    rewrite(
        "decorated, with a keyword and a default",
        "weighed",
        """
        import functools

        def traced(function):
            @functools.wraps(function)
            def wrapper(*args, **kwargs):
                return function(*args, **kwargs)
            return wrapper

        @traced
        def weighed(xs, *, weight=2):
            out = []
            for x in xs:
                out.append((x, weight))
            return out
        """,
        """
        import functools

        def traced(function):
            @functools.wraps(function)
            def wrapper(*args, **kwargs):
                return function(*args, **kwargs)
            return wrapper

        @traced
        def weighed(xs, *, weight=2):
            return [(x, weight) for x in xs]
        """,
        "[(([1, 2],), {'weight': 5}), (([1, 2],), {})]",
    ),
    rewrite(
        "module constant becomes a set",
        "known",
        """
        NAMES = ["a", "b"]

        def known(x):
            return x in ("a", "b")
        """,
        """
        NAMES = ["a", "b"]
        _NAMES = {"a": 1, "b": 1}

        def known(x):
            return any(x is name or x == name for name in _NAMES)
        """,
        "[(('a',), {}), (('z',), {})]",
    ),
)
