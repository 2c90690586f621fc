"""A workload of Dijkstar: ways through a town of many crossings."""

import random

from dijkstar import Graph, find_path

dice = random.Random(2)
side = 260
graph = Graph(undirected=True)
for x in range(side):
    for y in range(side):
        if x + 1 < side:
            graph.add_edge((x, y), (x + 1, y), dice.randrange(1, 20))
        if y + 1 < side:
            graph.add_edge((x, y), (x, y + 1), dice.randrange(1, 20))
print(find_path(graph, (0, 0), (side - 1, side - 1)).total_cost)
for _ in range(20):
    a, b = (dice.randrange(side), dice.randrange(side)), (dice.randrange(side), dice.randrange(side))
    print(find_path(graph, a, b, heuristic_func=lambda u, v, edge, prev: 0).total_cost)
