"""A workload of pythonds3: graphs, heaps, trees, queues and hash tables of a course."""

import random

from pythonds3.basic import Deque, Queue, Stack
from pythonds3.graphs import Graph
from pythonds3.trees import AVLTree, BinaryHeap, BinarySearchTree

dice = random.Random(51)
graph = Graph()
for number in range(1_500):
    for _ in range(3):
        graph.add_edge(number, dice.randrange(1_500), dice.randint(1, 9))
graph.bfs(graph.get_vertex(0))
reached = sum(vertex.get_distance() < 10_000 for vertex in graph)
graph.reset_distances()
graph.dijkstra(graph.get_vertex(0))
heap = BinaryHeap()
heap.heapify([dice.randrange(9_000) for _ in range(3_000)])
least = [heap.delete() for _ in range(1_000)]
tree, balanced = BinarySearchTree(), AVLTree()
for number in dice.sample(range(3_000), 3_000):
    tree.put(number, number)
    balanced.put(number, number)
found = sum(tree.get(number) == balanced.get(number) for number in range(0, 3_000, 3))
queue, deque, stack = Queue(), Deque(), Stack()
printed = 0
for number in range(20_000):
    queue.enqueue(number)
    deque.add_front(number)
    stack.push(number)
while not queue.is_empty():
    printed += queue.dequeue() - deque.remove_rear() + stack.pop()
print(reached, sum(least), found, printed)
