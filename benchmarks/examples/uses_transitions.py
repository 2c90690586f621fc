"""A machine of 400 states, one of nested states, and their descriptions as graphs."""

from transitions import Machine
from transitions.extensions import GraphMachine, HierarchicalMachine
from transitions.extensions.markup import HierarchicalMarkupMachine

states = [f"s{i}" for i in range(400)]
flat = Machine(states=states, initial="s0")
flat.add_ordered_transitions()
for _ in range(1_500):
    flat.next_state()
flat.add_transition("reset", "*", "s0")
nested = [
    {"name": f"n{i}", "initial": "a", "children": [{"name": "a"}, {"name": "b", "children": ["x", "y"]}]}
    for i in range(60)
]
deep = HierarchicalMachine(states=nested, initial="n0", ignore_invalid_triggers=True)
for i in range(60):
    deep.add_transition("go", f"n{i}", f"n{(i + 1) % 60}")
for _ in range(200):
    deep.go()
marked = HierarchicalMarkupMachine(states=nested, initial="n0")
graph = GraphMachine(states=states[:40], initial="s0", graph_engine="mermaid")
print(flat.state, deep.state, len(marked.markup), len(flat.get_triggers("s3")), len(str(graph.get_graph())))
