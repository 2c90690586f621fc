"""Old code that several rewrites start from, and its calls."""

from __future__ import annotations

JOIN = """
    def join(orders, customers):
        found = []
        for order in orders:
            for customer in customers:
                if customer["id"] == order["customer"]:
                    found.append((order["number"], customer["name"]))
                    break
        return found
    """
JOIN_CALLS = """[
    (([{"number": i, "customer": i % 4} for i in range(9)], [{"id": i, "name": f"n{i}"} for i in range(5)]), {}),
    (([], [{"id": 1, "name": "a"}]), {}),
]"""
COMMON = """
    def common(left, right):
        result = []
        for item in left:
            if item in right:
                result.append(item)
        return result
    """
COMMON_CALLS = "[(([1, 2, 3, 2, 9], [2, 3, 4, 4]), {}), (([5, 1], [1, 5]), {}), (([], [1]), {})]"
UNIQUE = """
    def unique(items):
        seen = []
        for item in items:
            if item not in seen:
                seen.append(item)
        return seen
    """
UNIQUE_CALLS = "[((['b', 'a', 'b', 'delta', 'c', 'a', 'zeta', 'echo'],), {}), (([],), {})]"
COUNT = """
    def tally(words, text):
        return [(word, text.count(word)) for word in words]
    """
