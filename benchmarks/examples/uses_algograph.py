"""A workload of algograph: a friendship graph is built, searched, coloured, matched and measured."""

import random

from AlgoGraph import Edge, Graph, Vertex
from AlgoGraph.algorithms import (
    betweenness_centrality,
    bfs,
    closeness_centrality,
    connected_components,
    dijkstra,
    dsatur,
    edge_coloring,
    find_bridges,
    kruskal,
    maximum_matching,
    pagerank,
    prim,
    strongly_connected_components,
    topological_sort,
    welsh_powell,
)

dice = random.Random(56)
names = [f"p{number}" for number in range(160)]
edges = {tuple(sorted(dice.sample(names, 2))) for _ in range(420)}
graph = Graph(
    {Vertex(name) for name in names},
    {Edge(one, two, directed=False, weight=dice.randint(1, 9)) for one, two in edges},
)
ranks = pagerank(graph)
near = closeness_centrality(graph)
between = betweenness_centrality(graph)
parts = connected_components(graph)
colours = welsh_powell(graph), dsatur(graph), edge_coloring(graph)
trees = len(kruskal(graph).edges), len(prim(graph).edges)
pairs = maximum_matching(graph)
plan = Graph({Vertex(name) for name in names}, {Edge(one, two) for one, two in edges})
order = topological_sort(plan)
print(
    len(ranks),
    len(near),
    len(between),
    len(parts),
    max(colours[0].values()),
    trees,
    len(pairs),
    len(order),
    len(find_bridges(graph)),
    len(strongly_connected_components(plan)),
    len(bfs(graph, "p0")),
    len(dijkstra(graph, "p0")),
)
