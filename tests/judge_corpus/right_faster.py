"""Right rewrites that are worth it: the judge must accept them."""

from __future__ import annotations

from judge_corpus.rewrite import rewrite

FASTER = (
    rewrite(
        "text is joined",
        "backwards",
        """
        def backwards(parts):
            out = ""
            for part in parts:
                out = part + out
            return out
        """,
        """
        def backwards(parts):
            if type(parts) is list and all(type(part) is str for part in parts):
                return "".join(reversed(parts))
            out = ""
            for part in parts:
                out = part + out
            return out
        """,
        "[((['a', 'b', 'c'],), {}), (([],), {})]",
        large="((['part'] * 5000,), {})",
    ),
    rewrite(
        "appends",
        "doubled",
        """
        def doubled(xs):
            out = []
            for x in xs:
                out = out + [x * 2]
            return out
        """,
        """
        def doubled(xs):
            out = []
            for x in xs:
                out.append(x * 2)
            return out
        """,
        "[(([1, 2],), {}), (([],), {})]",
        large="((list(range(1500)),), {})",
    ),
    rewrite(
        "the largest is looked for once",
        "below",
        "def below(xs):\n    return [max(xs) - x for x in xs]\n",
        """
        def below(xs):
            if not xs:
                return []
            top = max(xs)
            return [top - x for x in xs]
        """,
        "[(([1, 2],), {}), (([],), {})]",
        large="((list(range(300)),), {})",
    ),
    rewrite(
        "lists are chained",
        "flat",
        "def flat(lists):\n    return sum(lists, [])\n",
        """
        from itertools import chain

        def flat(lists):
            if all(type(one) is list for one in lists):
                return list(chain.from_iterable(lists))
            return sum(lists, [])
        """,
        "[(([[1], [2, 3]],), {}), (([],), {})]",
        large="(([[i, i] for i in range(600)],), {})",
    ),
    rewrite(
        "updates one table",
        "merged",
        """
        def merged(tables):
            out = {}
            for table in tables:
                out = {**out, **table}
            return out
        """,
        """
        def merged(tables):
            out = {}
            for table in tables:
                if type(table) is dict:
                    out.update(table)
                else:
                    out = {**out, **table}
            return out
        """,
        "[(([{'a': 1}, {'b': 2}],), {}), (([],), {})]",
        large="(([{i: i} for i in range(400)],), {})",
    ),
    rewrite(
        "drains at once",
        "drain",
        """
        def drain(queue):
            out = []
            while queue:
                out.append(queue.pop(0))
            return out
        """,
        """
        def drain(queue):
            if type(queue) is not list:
                out = []
                while queue:
                    out.append(queue.pop(0))
                return out
            out = list(queue)
            queue.clear()
            return out
        """,
        "[(([3, 1],), {}), (([],), {})]",
        large="((list(range(9000)),), {})",
    ),
    rewrite(
        "pattern is compiled once",
        "numbered",
        """
        import re

        def numbered(texts):
            return [text for text in texts if re.search(r"[0-9]+", text)]
        """,
        """
        import re

        _NUMBER = re.compile(r"[0-9]+")

        def numbered(texts):
            search = _NUMBER.search
            return [text for text in texts if search(text)]
        """,
        "[((['a1', 'b'],), {}), (([],), {})]",
        large="((['item 7', 'none'] * 500,), {})",
    ),
    rewrite(
        "ranks by halving",
        "ranks",
        "def ranks(xs, ys):\n    return [sum(1 for y in ys if y < x) for x in xs]\n",
        """
        import bisect

        def ranks(xs, ys):
            if all(type(x) is int for x in xs) and all(type(y) is int for y in ys):
                ordered = sorted(ys)
                return [bisect.bisect_left(ordered, x) for x in xs]
            return [sum(1 for y in ys if y < x) for x in xs]
        """,
        "[(([1, 5], [2, 3, 9]), {}), (([], [1]), {})]",
        large="((list(range(200)), list(range(400))), {})",
    ),
    rewrite(
        "counts up instead of down",
        "fib",
        """
        def fib(n):
            return n if n < 2 else fib(n - 1) + fib(n - 2)
        """,
        """
        def fib(n):
            if type(n) is not int:
                return n if n < 2 else fib(n - 1) + fib(n - 2)
            if n < 2:
                return n
            before, last = 0, 1
            for _ in range(n - 1):
                before, last = last, before + last
            return last
        """,
        "[((5,), {}), ((0,), {})]",
        large="((16,), {})",
    ),
    rewrite(
        "splits once, still lazily",
        "fields",
        """
        def fields(text):
            for i in range(len(text.split(","))):
                yield text.split(",")[i]
        """,
        """
        def fields(text):
            yield from text.split(",")
        """,
        "[(('a,b',), {}), (('',), {})]",
        large="((','.join('abc' for _ in range(300)),), {})",
    ),
    rewrite(
        "asynchronous and appending",
        "answered",
        """
        async def one(x):
            return x

        async def answered(xs):
            out = []
            for x in xs:
                out = out + [await one(x)]
            return out
        """,
        """
        async def one(x):
            return x

        async def answered(xs):
            out = []
            for x in xs:
                out.append(await one(x))
            return out
        """,
        "[(([1, 2, 4],), {}), (([],), {})]",
        large="((list(range(1500)),), {})",
    ),
    rewrite(
        "asynchronous generator that remembers",
        "fresh",
        """
        async def fresh(xs):
            seen = []
            for x in xs:
                if x not in seen:
                    seen.append(x)
                    yield x
        """,
        """
        _SAFE = frozenset({int, bool, str, bytes})

        async def fresh(xs):
            seen = []
            known = set()
            for x in xs:
                if (x in known) if type(x) in _SAFE and len(known) == len(seen) else (x in seen):
                    continue
                seen.append(x)
                if type(x) in _SAFE:
                    known.add(x)
                yield x
        """,
        "[(([1, 2, 1],), {}), (([],), {})]",
        large="((list(range(400)),), {})",
    ),
    rewrite(
        "running sum",
        "sums",
        "def sums(xs):\n    return [sum(xs[:i + 1]) for i in range(len(xs))]\n",
        """
        from itertools import accumulate

        def sums(xs):
            if all(type(x) is int for x in xs):
                return list(accumulate(xs))
            return [sum(xs[:i + 1]) for i in range(len(xs))]
        """,
        "[(([1, 2, 3],), {}), (([],), {})]",
        large="((list(range(500)),), {})",
    ),
    rewrite(
        "method with an index",
        "Shop.names",
        """
        class Shop:
            def __init__(self, rows):
                self.rows = rows

            def names(self, keys):
                out = []
                for key in keys:
                    for row in self.rows:
                        if row[0] == key:
                            out.append(row[1])
                            break
                return out
        """,
        """
        class Shop:
            def __init__(self, rows):
                self.rows = rows

            def names(self, keys):
                out = []
                if all(type(row) is tuple and len(row) == 2 and type(row[0]) in (int, str) for row in self.rows):
                    index = {}
                    for row in self.rows:
                        index.setdefault(row[0], row)
                    for key in keys:
                        if type(key) in (int, str):
                            if key in index:
                                out.append(index[key][1])
                        else:
                            out.extend(row[1] for row in next(([r] for r in self.rows if r[0] == key), ()))
                    return out
                for key in keys:
                    for row in self.rows:
                        if row[0] == key:
                            out.append(row[1])
                            break
                return out
        """,
        "[((Shop([(1, 'a'), (2, 'b'), (1, 'c')]), [2, 1, 5]), {}), ((Shop([]), [1]), {})]",
        large="((Shop([(i, str(i)) for i in range(300)]), list(range(300))), {})",
    ),
    rewrite(
        "method that empties its object",
        "Stack.drain",
        """
        class Stack:
            def __init__(self, items):
                self.items = items

            def drain(self):
                out = []
                while self.items:
                    out.append(self.items.pop(0))
                return out
        """,
        """
        class Stack:
            def __init__(self, items):
                self.items = items

            def drain(self):
                out = list(self.items)
                self.items.clear()
                return out
        """,
        "[((Stack([3, 1]),), {}), ((Stack([]),), {})]",
        large="((Stack(list(range(9000))),), {})",
    ),
    rewrite(
        "same error at the same place",
        "allowed",
        """
        def allowed(xs, bad, out):
            for x in xs:
                if x in bad:
                    raise ValueError(f"not allowed: {x!r}")
                out.append(x)
        """,
        """
        _SAFE = frozenset({int, bool, str, bytes})

        def allowed(xs, bad, out):
            known = frozenset(bad) if _SAFE.issuperset(map(type, bad)) else bad
            for x in xs:
                if x in (known if type(x) in _SAFE else bad):
                    raise ValueError(f"not allowed: {x!r}")
                out.append(x)
        """,
        "[(([1, 2], [7, 8], []), {}), (([7], [7], []), {})]",
        large="((list(range(300)), list(range(1000, 1300)), []), {})",
    ),
    rewrite(
        "groups in one pass",
        "grouped",
        """
        def grouped(keys, rows):
            return {key: [row[1] for row in rows if row[0] == key] for key in keys}
        """,
        """
        _SAFE = frozenset({int, bool, str, bytes})

        def grouped(keys, rows):
            if not (_SAFE.issuperset(map(type, keys)) and all(
                type(row) is tuple and len(row) == 2 and type(row[0]) in _SAFE for row in rows
            )):
                return {key: [row[1] for row in rows if row[0] == key] for key in keys}
            index = {}
            for row in rows:
                index.setdefault(row[0], []).append(row[1])
            return {key: list(index.get(key, ())) for key in keys}
        """,
        "[((['a', 'b', 'a'], [('a', 1), ('b', 2), ('a', 3), ('c', 4)]), {}), (([], []), {})]",
        large="((list(range(150)), [(i % 150, i) for i in range(600)]), {})",
    ),
    rewrite(
        "counted in one pass",
        "counts",
        "def counts(words):\n    return [words.count(word) for word in words]\n",
        """
        _SAFE = frozenset({int, str, bytes})

        def counts(words):
            if not _SAFE.issuperset(map(type, words)):
                return [words.count(word) for word in words]
            found = {}
            for word in words:
                found[word] = found.get(word, 0) + 1
            return [found[word] for word in words]
        """,
        "[((['a', 'b', 'a'],), {}), (([],), {})]",
        large="((['w%d' % (i % 90) for i in range(400)],), {})",
    ),
    rewrite(
        "positions with the old error",
        "places",
        "def places(names, wanted):\n    return [names.index(name) for name in wanted]\n",
        """
        _SAFE = frozenset({int, str, bytes})

        def places(names, wanted):
            if not _SAFE.issuperset(map(type, names)):
                return [names.index(name) for name in wanted]
            first = {}
            for place, name in enumerate(names):
                first.setdefault(name, place)
            return [
                first[name] if type(name) in _SAFE and name in first else names.index(name) for name in wanted
            ]
        """,
        "[((['a', 'b', 'a'], ['b', 'a']), {}), (([], []), {})]",
        large="((list(range(400)), list(range(400))), {})",
    ),
    rewrite(
        "asks the table itself",
        "known",
        "def known(table, names):\n    return [name for name in names if name in list(table)]\n",
        """
        _SAFE = frozenset({int, bool, str, bytes})

        def known(table, names):
            if type(table) is not dict or not _SAFE.issuperset(map(type, table)):
                return [name for name in names if name in list(table)]
            return [name for name in names if name in (table if type(name) in _SAFE else list(table))]
        """,
        "[(({'a': 1, 'b': 2}, ['b', 'z']), {}), (({}, ['a']), {})]",
        large="((dict.fromkeys(range(300)), list(range(300))), {})",
    ),
    rewrite(
        "queue at both ends",
        "visited",
        """
        def visited(graph, start):
            queue = [start]
            seen = {start: 0}
            while queue:
                node = queue.pop(0)
                for other in graph.get(node, ()):
                    if other not in seen:
                        seen[other] = seen[node] + 1
                        queue.append(other)
            return seen
        """,
        """
        from collections import deque

        def visited(graph, start):
            queue = deque([start])
            seen = {start: 0}
            while queue:
                node = queue.popleft()
                for other in graph.get(node, ()):
                    if other not in seen:
                        seen[other] = seen[node] + 1
                        queue.append(other)
            return seen
        """,
        "[(({'a': ['b', 'c'], 'b': ['c']}, 'a'), {}), (({}, 'z'), {})]",
        large="(({0: list(range(1, 12000))}, 0), {})",
    ),
    rewrite(
        "text of an object in one piece",
        "Page.render",
        """
        class Page:
            def __init__(self, parts):
                self.parts = parts
                self.text = ""

            def render(self):
                for part in self.parts:
                    self.text = part + "\\n" + self.text
                return len(self.text)
        """,
        """
        class Page:
            def __init__(self, parts):
                self.parts = parts
                self.text = ""

            def render(self):
                if type(self.text) is str and all(type(part) is str for part in self.parts):
                    self.text = "".join([part + "\\n" for part in reversed(self.parts)]) + self.text
                    return len(self.text)
                for part in self.parts:
                    self.text = part + "\\n" + self.text
                return len(self.text)
        """,
        "[((Page(['a', 'b']),), {}), ((Page([]),), {})]",
        large="((Page(['some line of text'] * 3000),), {})",
    ),
    rewrite(
        "split before the loop",
        "echoed",
        """
        def echoed(text):
            out = []
            i = 0
            while i < len(text.split()):
                out.append(i)
                i += 1
            return out
        """,
        """
        def echoed(text):
            count = len(text.split())
            out = []
            i = 0
            while i < count:
                out.append(i)
                i += 1
            return out
        """,
        "[(('a b',), {}), (('',), {})]",
        large="((' '.join('abc' for _ in range(300)),), {})",
    ),
    rewrite(
        "draws the same random numbers",
        "drawn",
        """
        import random

        def drawn(xs, n):
            return [random.choice(sorted(xs)) for _ in range(min(n, 50))]
        """,
        """
        import random

        def drawn(xs, n):
            n = min(n, 50)
            if n < 1:
                return []
            ordered = sorted(xs)
            return [random.choice(ordered) for _ in range(n)]
        """,
        "[(([3, 1, 2], 4), {}), (([1], 0), {})]",
        large="((list(range(800)), 50), {})",
    ),
    rewrite(
        "error found by index",
        "place",
        """
        def place(xs, x):
            for i in range(len(xs)):
                if xs[i] == x:
                    return i
            raise LookupError(f"no {x!r}")
        """,
        """
        _SAFE = frozenset({int, str, bytes})

        def place(xs, x):
            if type(xs) is list and type(x) in _SAFE and _SAFE.issuperset(map(type, xs)):
                try:
                    return xs.index(x)
                except ValueError:
                    raise LookupError(f"no {x!r}") from None
            for i in range(len(xs)):
                if xs[i] == x:
                    return i
            raise LookupError(f"no {x!r}")
        """,
        "[(([4, 5, 4], 5), {}), (([], 1), {})]",
        large="((list(range(4000)), 3999), {})",
    ),
    rewrite(
        "a tuple from a list",
        "frozen",
        """
        def frozen(xs):
            out = ()
            for x in xs:
                out += (x,)
            return out
        """,
        "def frozen(xs):\n    return tuple([x for x in xs])\n",
        "[(([1, 2],), {}), (([],), {})]",
        large="((list(range(1500)),), {})",
    ),
    rewrite(
        "the last one, as before",
        "latest",
        """
        def latest(keys, rows):
            out = {}
            for key in keys:
                for row in rows:
                    if row[0] == key:
                        out[key] = row[1]
            return out
        """,
        """
        _SAFE = frozenset({int, str, bytes})

        def latest(keys, rows):
            if not (_SAFE.issuperset(map(type, keys)) and all(
                type(row) is tuple and len(row) == 2 and type(row[0]) in _SAFE for row in rows
            )):
                out = {}
                for key in keys:
                    for row in rows:
                        if row[0] == key:
                            out[key] = row[1]
                return out
            last = {row[0]: row[1] for row in rows}
            return {key: last[key] for key in keys if key in last}
        """,
        "[((['a', 'b'], [('a', 1), ('b', 2), ('a', 3)]), {}), (([], []), {})]",
        large="((list(range(300)), [(i, i) for i in range(300)]), {})",
    ),
    rewrite(
        "an iterator used up, as before",
        "gathered",
        """
        def gathered(it):
            out = []
            for x in it:
                out = out + [x]
            return out
        """,
        "def gathered(it):\n    return list(it)\n",
        "[((iter([1, 2]),), {}), ((iter([]),), {})]",
        large="((iter(list(range(1500))),), {})",
    ),
    rewrite(
        "the time is read as before",
        "stamped",
        """
        import time

        def stamped(xs):
            now = time.time()
            out = []
            for x in xs:
                out = out + [(x, now)]
            return out
        """,
        """
        import time

        def stamped(xs):
            now = time.time()
            return [(x, now) for x in xs]
        """,
        "[(([1, 2],), {}), (([],), {})]",
        large="((list(range(1500)),), {})",
    ),
    rewrite(
        "as unordered as before",
        "listed",
        """
        def listed(names):
            out = []
            for name in set(names):
                out = out + [name]
            return out
        """,
        "def listed(names):\n    return [name for name in set(names)]\n",
        "[((['beta', 'alpha', 'gamma', 'delta', 'eta'],), {}), (([],), {})]",
        large="((['n%d' % i for i in range(1200)],), {})",
    ),
)
