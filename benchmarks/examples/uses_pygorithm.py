"""A workload of pygorithm: the way through a network, and a line of people at a till."""

from pygorithm.data_structures.queue import Queue
from pygorithm.searching import breadth_first_search

SIDE = 50
grid = {
    (across, down): {(across + 1, down), (across, down + 1), (across - 1, down), (across, down - 1)}
    for across in range(SIDE)
    for down in range(SIDE)
}
graph = {place: {one for one in near if one in grid} for place, near in grid.items()}
print(len(breadth_first_search.search(graph, (0, 0))))
till = Queue(30_000)
for person in range(30_000):
    till.enqueue(person)
print(sum(till.dequeue() for _ in range(30_000)))
