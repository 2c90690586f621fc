"""Wrong rewrites: which of several, in which order, how many."""

from __future__ import annotations

from judge_corpus.rewrite import rewrite

ORDER = (
    rewrite(
        "keeps the first where the last counted",
        "settings",
        """
        def settings(pairs):
            out = {}
            for key, value in pairs:
                out[key] = value
            return out
        """,
        """
        def settings(pairs):
            out = {}
            for key, value in pairs:
                out.setdefault(key, value)
            return out
        """,
        "[(([('a', 1), ('b', 2), ('c', 3)],), {})]",
        "differential",
    ),
    rewrite(
        "last window lost",
        "windows",
        """
        def windows(xs, k):
            out = []
            for i in range(len(xs) - k + 1):
                out.append(xs[i:i + k])
            return out
        """,
        "def windows(xs, k):\n    return [xs[i:i + k] for i in range(len(xs) - k)]\n",
        "[(([1, 2, 3, 4], 2), {})]",
        "replay",
    ),
    rewrite(
        "inserts before its equals",
        "placed",
        """
        def placed(rows, row):
            out = list(rows)
            for place, other in enumerate(out):
                if other[0] > row[0]:
                    out.insert(place, row)
                    return out
            return [*out, row]
        """,
        """
        import bisect

        def placed(rows, row):
            out = list(rows)
            out.insert(bisect.bisect_left([other[0] for other in out], row[0]), row)
            return out
        """,
        "[(([(1, 'a'), (3, 'b')], (2, 'c')), {}), (([], (1, 'x')), {})]",
        "differential",
    ),
    rewrite(
        "ties by name",
        "ranked",
        "def ranked(rows):\n    return sorted(rows, key=lambda row: row[1])\n",
        "def ranked(rows):\n    return sorted(rows, key=lambda row: (row[1], row[0]))\n",
        "[(([('b', 2), ('a', 1), ('c', 3)],), {})]",
        "differential",
    ),
    rewrite(
        "reversed ties",
        "ranked",
        "def ranked(rows):\n    return sorted(rows, key=lambda row: row[1], reverse=True)\n",
        "def ranked(rows):\n    return sorted(rows, key=lambda row: row[1])[::-1]\n",
        "[(([('b', 2), ('a', 1), ('c', 3)],), {})]",
        "differential",
    ),
    rewrite(
        "groups only neighbours",
        "grouped",
        """
        def grouped(rows):
            out = {}
            for row in rows:
                out.setdefault(row[0], []).append(row[1])
            return out
        """,
        """
        import itertools

        def grouped(rows):
            groups = itertools.groupby(rows, key=lambda row: row[0])
            return {key: [row[1] for row in some] for key, some in groups}
        """,
        "[(([('a', 1), ('a', 2), ('b', 3)],), {})]",
        "differential",
    ),
    rewrite(
        "zeros are not counted",
        "tally",
        "def tally(words, text):\n    return {word: text.count(word) for word in words}\n",
        """
        from collections import Counter

        def tally(words, text):
            known = set(words)
            return dict(Counter(word for word in text if word in known))
        """,
        "[((['a', 'b'], ['a', 'b', 'a']), {})]",
        "differential",
    ),
    rewrite(
        "keys in the order of hashes",
        "sizes",
        """
        def sizes(rows):
            out = {}
            for name, size in rows:
                if name not in out:
                    out[name] = sum(s for n, s in rows if n == name)
            return out
        """,
        """
        def sizes(rows):
            return {name: sum(s for n, s in rows if n == name) for name in {name for name, _ in rows}}
        """,
        "[(([('gamma', 1), ('beta', 2), ('alpha', 3), ('delta', 4), ('eta', 5)],), {})]",
        "replay",
    ),
    rewrite(
        "some element of the set",
        "chosen",
        "def chosen(names):\n    return sorted(set(names))[0]\n",
        "def chosen(names):\n    return next(iter(set(names)))\n",
        "[((['delta', 'beta', 'gamma', 'alpha', 'eta', 'zeta'],), {})]",
        "differential",
    ),
    rewrite(
        "buckets by the hash of text",
        "bucket",
        """
        import zlib

        def bucket(name, count):
            return zlib.crc32(name.encode()) % count
        """,
        "import zlib\n\ndef bucket(name, count):\n    return hash(name) % count\n",
        "[(('alpha', 1000), {}), (('beta', 1000), {})]",
        "replay",
    ),
    rewrite(
        "only the first match",
        "found",
        """
        def found(rows, key):
            out = []
            for row in rows:
                if row[0] == key:
                    out.append(row[1])
            return out
        """,
        """
        def found(rows, key):
            for row in rows:
                if row[0] == key:
                    return [row[1]]
            return []
        """,
        "[(([(1, 'a'), (2, 'b')], 2), {}), (([(1, 'a')], 5), {})]",
        "differential",
    ),
    rewrite(
        "searches what is not sorted",
        "known",
        "def known(xs, x):\n    return x in xs\n",
        """
        import bisect

        def known(xs, x):
            place = bisect.bisect_left(xs, x)
            return place < len(xs) and xs[place] == x
        """,
        "[(([1, 4, 9], 4), {}), (([1, 4], 7), {})]",
        "differential",
    ),
    rewrite(
        "prints in another order",
        "listed",
        """
        def listed(names):
            for name in names:
                print(name)
        """,
        "def listed(names):\n    for name in sorted(names):\n        print(name)\n",
        "[((['b', 'a', 'c'],), {})]",
        "replay",
    ),
)
