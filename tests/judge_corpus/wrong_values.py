"""Wrong rewrites: numbers, text, identity, kinds of result."""

from __future__ import annotations

from judge_corpus.rewrite import rewrite

VALUES = (
    rewrite(
        "sums in another order",
        "total",
        "def total(xs):\n    s = 0.0\n    for x in xs:\n        s += x\n    return s\n",
        "def total(xs):\n    return sum(xs[::2]) + sum(xs[1::2]) + 0.0\n",
        "[(([0.1, 0.2, 0.3, 0.4, 0.7],), {})]",
        "replay",
    ),
    rewrite(
        "sums more exactly",
        "total",
        "def total(xs):\n    s = 0.0\n    for x in xs:\n        s += x\n    return s\n",
        "import math\n\ndef total(xs):\n    return math.fsum(xs)\n",
        "[(([0.5, 0.25, 1.0],), {}), (([0.1] * 3,), {})]",
        "differential",
    ),
    rewrite(
        "zero loses its sign",
        "positive",
        "def positive(xs):\n    return [x if x > 0 else -x for x in xs]\n",
        "def positive(xs):\n    return [abs(x) for x in xs]\n",
        "[(([1.5, -2.5],), {})]",
        "differential",
    ),
    rewrite(
        "integer zero of no numbers",
        "total",
        "def total(xs):\n    s = 0.0\n    for x in xs:\n        s = s + x\n    return s\n",
        "def total(xs):\n    return sum(xs)\n",
        "[(([1.5, 2.0],), {}), (([4.0],), {})]",
        "differential",
    ),
    rewrite(
        "least of what has no order",
        "least",
        "def least(xs):\n    return sorted(xs)[0]\n",
        "def least(xs):\n    return min(xs)\n",
        "[(([2.5, 1.5, 3.0],), {}), (([1.0, 7.0],), {})]",
        "differential",
    ),
    rewrite(
        "division rounds to zero",
        "halves",
        "def halves(xs):\n    return [x // 2 for x in xs]\n",
        "def halves(xs):\n    return [int(x / 2) for x in xs]\n",
        "[(([4, 7, 10],), {})]",
        "differential",
    ),
    rewrite(
        "rounds to even",
        "rounded",
        "import math\n\ndef rounded(xs):\n    return [math.floor(x + 0.5) for x in xs if x < 1e9]\n",
        "import math\n\ndef rounded(xs):\n    return [round(x) for x in xs if x < 1e9]\n",
        "[(([1.2, 3.7],), {})]",
        "differential",
    ),
    rewrite(
        "overflows where it did not",
        "squares",
        "def squares(xs):\n    return [x * x for x in xs]\n",
        "def squares(xs):\n    return [x ** 2 for x in xs]\n",
        "[(([1.5, 2.5],), {})]",
        "differential",
    ),
    rewrite(
        "numbers in the order of text",
        "ordered",
        "def ordered(xs):\n    return sorted(xs)\n",
        "def ordered(xs):\n    return sorted(xs, key=str)\n",
        "[(([3, 1, 2],), {}), (([9, 4],), {})]",
        "differential or hostile",
    ),
    rewrite(
        "identity for equality",
        "others",
        "def others(xs, x):\n    return [y for y in xs if y != x]\n",
        "def others(xs, x):\n    return [y for y in xs if y is not x]\n",
        "[(([3, 1, 2], 1), {}), (([9, 4], 7), {})]",
        "differential or hostile",
    ),
    rewrite(
        "equality for identity",
        "held",
        "def held(xs, x):\n    return any(y is x for y in xs)\n",
        "def held(xs, x):\n    return x in xs\n",
        "[(([[1], [2]], [3]), {})]",
        "differential",
    ),
    rewrite(
        "one and true in one memo",
        "shown",
        "def shown(x):\n    return f'<{x}>'\n",
        """
        _SEEN = {}

        def shown(x):
            try:
                return _SEEN[x]
            except KeyError:
                return _SEEN.setdefault(x, f'<{x}>')
            except TypeError:
                return f'<{x}>'
        """,
        "[((1,), {}), ((2,), {})]",
        "hostile",
    ),
    rewrite(
        "case folded further",
        "same",
        "def same(names, name):\n    return [n for n in names if n.lower() == name.lower()]\n",
        "def same(names, name):\n    return [n for n in names if n.casefold() == name.casefold()]\n",
        "[((['Ann', 'bob'], 'ann'), {})]",
        "differential or hostile",
    ),
    rewrite(
        "any white space",
        "words",
        "def words(text):\n    return text.split(' ')\n",
        "def words(text):\n    return text.split()\n",
        "[(('a b c',), {}), (('hello',), {})]",
        "differential",
    ),
    rewrite(
        "letters for a prefix",
        "bare",
        """
        def bare(name):
            if name.startswith("re"):
                return name[2:]
            return name
        """,
        "def bare(name):\n    return name.lstrip('re')\n",
        "[(('reply',), {}), (('index',), {})]",
        "differential or hostile",
    ),
    rewrite(
        "lines at every line end",
        "lines",
        "def lines(text):\n    return text.split('\\n')\n",
        "def lines(text):\n    return text.splitlines()\n",
        "[(('a\\nb',), {}), (('one',), {})]",
        "differential",
    ),
    rewrite(
        "last newline lost",
        "written",
        """
        def written(rows):
            text = ""
            for row in rows:
                text += row + "\\n"
            return text
        """,
        "def written(rows):\n    return '\\n'.join(rows)\n",
        "[((['a', 'b'],), {})]",
        "replay",
    ),
    rewrite(
        "absent and none",
        "known",
        "def known(table, names):\n    return [name for name in names if name in table]\n",
        "def known(table, names):\n    return [name for name in names if table.get(name) is not None]\n",
        "[(({'a': 1, 'b': 2}, ['a', 'c']), {})]",
        "hostile",
    ),
    rewrite(
        "zero is a value",
        "stock",
        "def stock(table, name):\n    return table[name] if name in table else -1\n",
        "def stock(table, name):\n    return table.get(name) or -1\n",
        "[(({'a': 3, 'b': 2}, 'a'), {}), (({'a': 3}, 'z'), {})]",
        "differential",
    ),
    rewrite(
        "empty is not none",
        "counted",
        "def counted(xs):\n    return len(xs) if xs is not None else -1\n",
        "def counted(xs):\n    return len(xs) if xs else -1\n",
        "[(([1, 2],), {}), ((None,), {})]",
        "differential",
    ),
    rewrite(
        "yes for the thing itself",
        "first",
        """
        def first(xs):
            for x in xs:
                if x > 1:
                    return x
            return None
        """,
        "def first(xs):\n    return any(x > 1 for x in xs) or None\n",
        "[(([0, 5],), {})]",
        "replay",
    ),
    rewrite(
        "an iterator for a list",
        "doubled",
        "def doubled(xs):\n    return [x * 2 for x in xs]\n",
        "def doubled(xs):\n    return map(lambda x: x * 2, xs)\n",
        "[(([1, 5],), {})]",
        "replay",
    ),
    rewrite(
        "a view for a list",
        "names",
        "def names(table):\n    return list(table)\n",
        "def names(table):\n    return table.keys()\n",
        "[(({'a': 1},), {})]",
        "replay",
    ),
    rewrite(
        "a table that makes entries",
        "counts",
        """
        def counts(xs):
            out = {}
            for x in xs:
                out[x] = out.get(x, 0) + 1
            return out
        """,
        """
        from collections import defaultdict

        def counts(xs):
            out = defaultdict(int)
            for x in xs:
                out[x] += 1
            return out
        """,
        "[((['a', 'b', 'a'],), {})]",
        "replay",
    ),
    rewrite(
        "records become tuples",
        "late",
        """
        from collections import namedtuple

        Row = namedtuple("Row", "name days")

        def late(rows):
            return [row for row in rows if row.days > 3]
        """,
        """
        from collections import namedtuple

        Row = namedtuple("Row", "name days")

        def late(rows):
            return [(name, days) for name, days in rows if days > 3]
        """,
        "[(([Row('a', 5), Row('b', 1)],), {})]",
        "replay",
    ),
    rewrite(
        "equal by their own rule",
        "distinct",
        """
        class Name:
            def __init__(self, text):
                self.text = text

            def __eq__(self, other):
                return self.text[:1] == other.text[:1]

            def __hash__(self):
                return hash(self.text)

        def distinct(names):
            out = []
            for name in names:
                if name not in out:
                    out.append(name)
            return out
        """,
        """
        class Name:
            def __init__(self, text):
                self.text = text

            def __eq__(self, other):
                return self.text[:1] == other.text[:1]

            def __hash__(self):
                return hash(self.text)

        def distinct(names):
            return list(dict.fromkeys(names))
        """,
        "[(([Name('ann'), Name('bob'), Name('cid')],), {})]",
        "differential",
    ),
    rewrite(
        "functions share the last value",
        "adders",
        "def adders(xs):\n    return [lambda y, x=x: x + y for x in xs]\n",
        "def adders(xs):\n    return [lambda y: x + y for x in xs]\n",
        "[(([1, 2],), {})]",
        "cannot tell",
    ),
    rewrite(
        "the time of the first call",
        "stamped",
        """
        import time

        def stamped(xs):
            return [(x, time.time()) for x in xs[:1]]
        """,
        """
        import time

        _NOW = []

        def stamped(xs):
            if not _NOW:
                _NOW.append(time.time())
            return [(x, _NOW[0]) for x in xs[:1]]
        """,
        "[(([1, 2],), {}), (([3],), {})]",
        "replay",
    ),
    rewrite(
        "a number drawn once",
        "salted",
        """
        import random

        def salted(name):
            return f"{name}-{random.randrange(10 ** 9)}"
        """,
        """
        import random

        _SALT = random.randrange(10 ** 9)

        def salted(name):
            return f"{name}-{_SALT}"
        """,
        "[(('a',), {}), (('b',), {})]",
        "replay",
    ),
)
