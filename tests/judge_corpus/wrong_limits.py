"""Wrong rewrites that are right for most inputs: sizes, ends, errors."""

from __future__ import annotations

from judge_corpus.rewrite import rewrite

LIMITS = (
    rewrite(
        "wrong for a single element only",
        "spread",
        """
        def spread(xs):
            if len(xs) < 2:
                return 0
            return max(xs) - min(xs) + len(xs) - 1
        """,
        """
        def spread(xs):
            if not xs:
                return 0
            return max(xs) - min(xs) + len(xs) - (len(xs) > 1)
        """,
        "[(([3, 5, 1],), {}), (([1, 9],), {})]",
        "differential",
    ),
    rewrite(
        "rest of the last batch lost",
        "batched",
        """
        def batched(xs):
            out = []
            for x in xs:
                out.append(x + 1)
            return out
        """,
        """
        def batched(xs):
            if len(xs) < 8:
                return [x + 1 for x in xs]
            out = []
            for start in range(0, len(xs) // 8 * 8, 8):
                out += [x + 1 for x in xs[start:start + 8]]
            return out
        """,
        "[((list(range(16)),), {}), ((list(range(3)),), {}), ((list(range(64)),), {})]",
        "differential",
    ),
    rewrite(
        "only so many",
        "latest",
        "def latest(xs):\n    out = []\n    for x in xs:\n        out.insert(0, x)\n    return out\n",
        """
        from collections import deque

        def latest(xs):
            out = deque(maxlen=100)
            for x in xs:
                out.appendleft(x)
            return list(out)
        """,
        "[((list(range(20)),), {}), ((list(range(3)),), {})]",
        "differential",
    ),
    rewrite(
        "stops at the shorter one",
        "added",
        """
        def added(left, right):
            out = []
            for i in range(len(left)):
                out.append(left[i] + right[i])
            return out
        """,
        "def added(left, right):\n    return [a + b for a, b in zip(left, right)]\n",
        "[(([1, 2], [3, 4]), {}), (([], []), {})]",
        "differential",
    ),
    rewrite(
        "counts from the end",
        "at",
        "def at(xs, i):\n    return xs[i] if 0 <= i < len(xs) else None\n",
        """
        def at(xs, i):
            try:
                return xs[i]
            except IndexError:
                return None
        """,
        "[(([1, 2], 1), {}), (([1, 2], 5), {})]",
        "differential",
    ),
    rewrite(
        "a negative number of the smallest",
        "smallest",
        "def smallest(xs, k):\n    return sorted(xs)[:k]\n",
        "import heapq\n\ndef smallest(xs, k):\n    return heapq.nsmallest(k, xs)\n",
        "[(([3, 1, 2], 2), {}), (([5], 1), {})]",
        "differential",
    ),
    rewrite(
        "errors are passed over",
        "numbers",
        """
        def numbers(texts):
            out = []
            for text in texts:
                out.append(int(text))
            return out
        """,
        """
        def numbers(texts):
            out = []
            for text in texts:
                try:
                    out.append(int(text))
                except ValueError:
                    continue
            return out
        """,
        "[((['1', '22'],), {})]",
        "differential",
    ),
    rewrite(
        "all or nothing before an error",
        "collected",
        """
        def collected(texts, out):
            for text in texts:
                out.append(int(text))
        """,
        "def collected(texts, out):\n    out.extend([int(text) for text in texts])\n",
        "[((['1', '22'], []), {})]",
        "differential",
    ),
    rewrite(
        "not taken back after an error",
        "guarded",
        """
        def guarded(state, texts):
            state["busy"] = 1
            try:
                return [int(text) for text in texts]
            finally:
                state["busy"] = 0
        """,
        """
        def guarded(state, texts):
            state["busy"] = 1
            out = [int(text) for text in texts]
            state["busy"] = 0
            return out
        """,
        "[(({'busy': 0}, ['1', '22']), {})]",
        "differential",
    ),
    rewrite(
        "another key in the error",
        "looked_up",
        "def looked_up(table, name):\n    return table[name]\n",
        """
        def looked_up(table, name):
            if name not in table:
                raise KeyError(f"no {name}")
            return table[name]
        """,
        "[(({'a': 1, 'b': 2}, 'a'), {})]",
        "differential",
    ),
    rewrite(
        "raises before it looks",
        "halved",
        """
        def halved(xs, divisor):
            out = []
            for x in xs:
                out.append(x + 1 // divisor)
            return out
        """,
        """
        def halved(xs, divisor):
            part = 1 // divisor
            return [x + part for x in xs]
        """,
        "[(([4, 6], 2), {}), (([3], 1), {})]",
        "differential or hostile",
    ),
    rewrite(
        "end of the iterator breaks it",
        "pairs",
        """
        def pairs(xs):
            it = iter(xs)
            while True:
                try:
                    yield next(it), next(it)
                except StopIteration:
                    return
        """,
        """
        def pairs(xs):
            it = iter(xs)
            for first in it:
                yield first, next(it)
        """,
        "[(([1, 2, 3, 4],), {}), (([],), {})]",
        "differential",
    ),
)
