"""A workload of HyperNetX: the homology of a hypergraph of co-authors, and how well a group is set apart."""

import random

import hypernetx as hnx
from hypernetx.algorithms import homology_mod2
from hypernetx.algorithms.clustering import hypergraph_modularity

dice = random.Random(7)
papers = {
    f"paper {number}": {f"author {dice.randrange(260)}" for _ in range(dice.randrange(2, 5))}
    for number in range(420)
}
graph = hnx.Hypergraph(papers)
edges = homology_mod2.kchainbasis(graph, 1)
triangles = homology_mod2.kchainbasis(graph, 2)
nodes = homology_mod2.kchainbasis(graph, 0)
print(homology_mod2.bkMatrix(nodes, edges).sum(), homology_mod2.bkMatrix(edges, triangles).sum())
group = {f"author {number}" for number in range(90)} & set(graph.nodes)
print(hypergraph_modularity.conductance(graph, group))
