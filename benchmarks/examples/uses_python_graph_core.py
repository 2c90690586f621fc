"""A workload of python-graph-core: a road map is searched, measured, cut and coloured."""

import random

from pygraph.algorithms.accessibility import accessibility, connected_components, cut_edges, mutual_accessibility
from pygraph.algorithms.critical import critical_path
from pygraph.algorithms.cycles import find_cycle
from pygraph.algorithms.minmax import maximum_flow, minimal_spanning_tree, shortest_path
from pygraph.algorithms.searching import breadth_first_search, depth_first_search
from pygraph.algorithms.sorting import topological_sorting
from pygraph.classes.digraph import digraph
from pygraph.classes.graph import graph

dice = random.Random(52)
roads = graph()
roads.add_nodes([f"town {number}" for number in range(400)])
for _ in range(900):
    one, two = f"town {dice.randrange(400)}", f"town {dice.randrange(400)}"
    if one != two and not roads.has_edge((one, two)):
        roads.add_edge((one, two), wt=dice.randint(1, 30))
tree = minimal_spanning_tree(roads)
ways = [len(shortest_path(roads, f"town {number}")[1]) for number in range(0, 400, 80)]
parts = connected_components(roads)
wide = breadth_first_search(roads, "town 0")
deep = depth_first_search(roads, "town 0")
bridges = cut_edges(roads)
plan = digraph()
plan.add_nodes(range(250))
for _ in range(500):
    one, two = sorted(dice.sample(range(250), 2))
    if not plan.has_edge((one, two)):
        plan.add_edge((one, two), wt=dice.randint(1, 9))
order = topological_sorting(plan)
path = critical_path(plan)
mutual = mutual_accessibility(plan)
flow = maximum_flow(plan, 0, 249)
reach = accessibility(plan)
roads.del_node("town 7")
print(
    len(tree),
    sum(ways),
    len(set(parts.values())),
    len(wide[1]),
    len(deep[1]),
    len(bridges),
    len(order),
    len(path),
    len(mutual),
    len(flow[0]),
    len(reach),
    find_cycle(plan),
)
