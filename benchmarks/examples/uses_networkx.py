"""Builds trees and graphs of thousands of nodes and measures them."""

import networkx as nx

tree = nx.full_rary_tree(2, 60_000)
graph = nx.extended_barabasi_albert_graph(250, 3, 0.3, 0.3, seed=7)
colors = nx.greedy_color(tree, strategy="largest_first")
tour = nx.approximation.christofides(nx.complete_graph(40))
order = list(nx.bfs_tree(tree, 0))
degrees = [4] * 500
havel = nx.bipartite.alternating_havel_hakimi_graph(degrees, degrees)
names = list(nx.lexicographical_topological_sort(nx.DiGraph((i, i + 1) for i in range(3_000))))
spanning = nx.minimum_spanning_tree(nx.connected_watts_strogatz_graph(1_500, 6, 0.1, seed=3))
print(len(colors), len(tour), len(order), len(havel), len(names), len(spanning), len(graph))
