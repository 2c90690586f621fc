"""Textbook algorithms on inputs of some thousand elements."""

from algorithms.array.remove_duplicates import remove_duplicates
from algorithms.graph.count_islands_bfs import count_islands
from algorithms.graph.prims_minimum_spanning import prims_minimum_spanning
from algorithms.graph.traversal import bfs_traverse
from algorithms.greedy.gale_shapley import gale_shapley
from algorithms.string.unique_morse import unique_morse

nodes = 4_000
star = {0: list(range(1, 60_000)), **{i: [0] for i in range(1, 60_000)}}
ring = {i: [[1 + i % 7, i % nodes + 1], [2, (i - 2) % nodes + 1]] for i in range(1, nodes + 1)}
people = 260
men = {f"m{i}": [f"w{(i + j) % people}" for j in range(people)] for i in range(people)}
women = {f"w{i}": [f"m{(i * 7 - j) % people}" for j in range(people)] for i in range(people)}
words = ["".join(chr(97 + (i // 26**k) % 26) for k in range(4)) for i in range(3_000)]
print(
    len(remove_duplicates([[i % 900] for i in range(4_000)])),
    count_islands([[1] * 220 for _ in range(220)]),
    prims_minimum_spanning(ring),
    len(bfs_traverse(star, 0)),
    len(gale_shapley(men, women)),
    unique_morse(words),
)
