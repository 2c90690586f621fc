"""Wrong rewrites: mutation, aliasing, state, laziness, asynchronous code."""

from __future__ import annotations

from judge_corpus.rewrite import rewrite

CART = """
    class Cart:
        def __init__(self, rows):
            self.rows = rows
            self.total = None

        def add(self, row):
            self.rows.append(row)
            self.total = None
            return len(self.rows)
    """
PRICE = """
    class Item:
        def __init__(self, price):
            self._price = price
            self.reads = 0

        @property
        def price(self):
            self.reads += 1
            return self._price
    """
ONE = """
    import asyncio

    async def one(x, log):
        log.append(x)
        await asyncio.sleep(0)
        if x < 0:
            raise ValueError("below zero")
        log.append(x)
        return x * 2
    """

EFFECTS = (
    rewrite(
        "extends in place",
        "longer",
        "def longer(xs, x):\n    xs = xs + [x]\n    return xs\n",
        "def longer(xs, x):\n    xs += [x]\n    return xs\n",
        "[(([1, 2], 3), {})]",
        "replay",
    ),
    rewrite(
        "merges into its argument",
        "merged",
        "def merged(a, b):\n    return {**a, **b}\n",
        "def merged(a, b):\n    a.update(b)\n    return a\n",
        "[(({'a': 1}, {'b': 2}), {})]",
        "replay",
    ),
    rewrite(
        "copies only the outside",
        "raised",
        """
        import copy

        def raised(rows):
            rows = copy.deepcopy(rows)
            for row in rows:
                row["n"] += 1
            return rows
        """,
        """
        import copy

        def raised(rows):
            rows = list(rows)
            for row in rows:
                row["n"] += 1
            return rows
        """,
        "[(([{'n': 1}],), {})]",
        "replay",
    ),
    rewrite(
        "default list is shared",
        "gathered",
        """
        def gathered(x, out=None):
            out = [] if out is None else out
            out.append(x)
            return len(out)
        """,
        """
        def gathered(x, out=[]):
            out.append(x)
            return len(out)
        """,
        "[((1,), {}), ((2,), {})]",
        "replay",
    ),
    rewrite(
        "attribute of the class is shared",
        "filled",
        """
        class Bag:
            def __init__(self):
                self.items = []

        def filled(x):
            bag = Bag()
            bag.items.append(x)
            return len(bag.items)
        """,
        """
        class Bag:
            items = []

            def __init__(self):
                pass

        def filled(x):
            bag = Bag()
            bag.items.append(x)
            return len(bag.items)
        """,
        "[((1,), {}), ((2,), {})]",
        "replay",
    ),
    rewrite(
        "total is not forgotten",
        "Cart.add",
        CART,
        CART.replace("            self.total = None\n            return", "            return"),
        "[((Cart([1, 2]), 3), {}), ((Cart([]), 3), {})]",
        "hostile",
    ),
    rewrite(
        "a setting that was read once",
        "limit",
        """
        LIMITS = {"a": 1}

        def limit(name, value=None):
            if value is not None:
                LIMITS[name] = value
            return LIMITS.get(name)
        """,
        """
        LIMITS = {"a": 1}
        _READ = {}

        def limit(name, value=None):
            if value is not None:
                LIMITS[name] = value
            if name not in _READ:
                _READ[name] = LIMITS.get(name)
            return _READ[name]
        """,
        "[(('a',), {}), (('a', 2), {}), (('a',), {})]",
        "replay",
    ),
    rewrite(
        "remembered by address",
        "total",
        "def total(rows):\n    return sum(row[1] for row in rows)\n",
        """
        _KNOWN = {}

        def total(rows):
            key = id(rows)
            if key not in _KNOWN:
                _KNOWN[key] = sum(row[1] for row in rows)
            return _KNOWN[key]
        """,
        "[(([('a', 1), ('b', 2)],), {}), (([('a', 5), ('b', 2)],), {}), (([('a', 7)],), {})]",
        "replay or differential",
    ),
    rewrite(
        "sorts the rows of its object",
        "Table.best",
        """
        class Table:
            def __init__(self, rows):
                self.rows = rows

            def best(self):
                return sorted(self.rows)[0]
        """,
        """
        class Table:
            def __init__(self, rows):
                self.rows = rows

            def best(self):
                self.rows.sort()
                return self.rows[0]
        """,
        "[((Table([3, 1, 2]),), {})]",
        "replay",
    ),
    rewrite(
        "property is read once",
        "charged",
        PRICE + "\n    def charged(item, n):\n        return [item.price for _ in range(n)]\n",
        PRICE + "\n    def charged(item, n):\n        return [item.price] * n\n",
        "[((Item(3), 2), {})]",
        "replay",
    ),
    rewrite(
        "checks in another order",
        "passed",
        """
        def passed(rows, log):
            return [row for row in rows if row > 1 and not log.append(row)]
        """,
        """
        def passed(rows, log):
            return [row for row in rows if not log.append(row) and row > 1]
        """,
        "[(([3, 1, 2], []), {})]",
        "replay",
    ),
    rewrite(
        "prints to the other stream",
        "told",
        "import sys\n\ndef told(x):\n    print(x, file=sys.stderr)\n",
        "import sys\n\ndef told(x):\n    print(x)\n",
        "[((3,), {})]",
        "replay",
    ),
    rewrite(
        "warns no more",
        "mean",
        """
        import warnings

        def mean(xs):
            if not xs:
                warnings.warn("no values")
                return 0
            return sum(xs) / len(xs)
        """,
        "import warnings\n\ndef mean(xs):\n    return sum(xs) / len(xs) if xs else 0\n",
        "[(([3, 1],), {})]",
        "differential",
    ),
    rewrite(
        "logs at another level",
        "noted",
        "import logging\n\ndef noted(x):\n    logging.getLogger('shop').warning('x %s', x)\n",
        "import logging\n\ndef noted(x):\n    logging.getLogger('shop').error('x %s', x)\n",
        "[((3,), {})]",
        "replay",
    ),
    rewrite(
        "takes all before it gives one",
        "passing",
        "def passing(it):\n    for x in it:\n        yield x\n",
        "def passing(it):\n    yield from list(it)\n",
        "[((iter([3, 4, 5]),), {})]",
        "replay",
    ),
    rewrite(
        "notes before it gives",
        "logged",
        """
        def logged(xs, log):
            for x in xs:
                yield x
                log.append(x)
        """,
        """
        def logged(xs, log):
            for x in xs:
                log.append(x)
                yield x
        """,
        "[(([3, 4, 5], []), {})]",
        "replay",
    ),
    rewrite(
        "works before it is asked",
        "started",
        """
        def started(xs, log):
            log.append("start")
            for x in xs:
                yield x
        """,
        """
        def started(xs, log):
            log.append("start")
            return (x for x in xs)
        """,
        "[(([3, 4, 5], []), {})]",
        "replay",
    ),
    rewrite(
        "never cleans up",
        "opened",
        """
        def opened(xs, log):
            try:
                for x in xs:
                    yield x
            finally:
                log.append("closed")
        """,
        """
        def opened(xs, log):
            for x in xs:
                yield x
            log.append("closed")
        """,
        "[(([3, 4, 5], []), {}), (([1], []), {})]",
        "replay",
    ),
    rewrite(
        "all at once",
        "fetched",
        ONE + "\n    async def fetched(xs, log):\n        return [await one(x, log) for x in xs]\n",
        ONE
        + "\n    async def fetched(xs, log):\n        return list(await asyncio.gather(*(one(x, log) for x in xs)))\n",
        "[(([1, 2], []), {})]",
        "replay",
    ),
    rewrite(
        "errors among the answers",
        "fetched",
        ONE + """
    async def fetched(xs):
        out = []
        for x in xs:
            out.append(await one(x, []))
        return out
    """,
        ONE + """
    async def fetched(xs):
        return list(await asyncio.gather(*(one(x, []) for x in xs), return_exceptions=True))
    """,
        "[(([1, 2],), {}), (([],), {})]",
        "differential",
    ),
    rewrite(
        "nobody waits for it",
        "answer",
        ONE + "\n    async def answer(x):\n        return await one(x, [])\n",
        ONE + "\n    async def answer(x):\n        return one(x, [])\n",
        "[((1,), {})]",
        "replay",
    ),
    rewrite(
        "asynchronous and eager",
        "taken",
        """
        async def taken(queue):
            while queue:
                yield queue.pop(0)
        """,
        """
        async def taken(queue):
            rest = list(queue)
            queue.clear()
            for item in rest:
                yield item
        """,
        "[(([1, 2, 4],), {})]",
        "replay",
    ),
    rewrite(
        "asynchronous, in another order",
        "streamed",
        """
        async def streamed(xs):
            for x in xs:
                yield x
        """,
        """
        async def streamed(xs):
            for x in sorted(xs):
                yield x
        """,
        "[(([1, 4, 2],), {})]",
        "replay",
    ),
)
