"""Compares two lists of 600 records that are out of order, applies the difference, and searches."""

from deepdiff import DeepDiff, DeepSearch, Delta

old = [{"id": i, "name": f"name {i}", "tags": [i, i + 1, i + 2]} for i in range(600)]
new = [
    {"id": i, "name": f"name {i}" if i % 40 else "changed", "tags": [i + 1, i, i + 2]} for i in reversed(range(600))
]
difference = DeepDiff(old, list(reversed(new)))
assert Delta(difference) + old is not None
apart = DeepDiff(old[:120], new[-120:], ignore_order=True)
print(len(difference), len(apart), len(DeepSearch(old, "name 59")))
