"""Walks a wide tree of 36,001 nodes level by level, searches it and exports it."""

from anytree import LevelOrderGroupIter, Node, PreOrderIter, findall, search
from anytree.exporter import DictExporter
from anytree.importer import DictImporter

root = Node("root")
branches = [Node(f"branch {i}", parent=root) for i in range(12_000)]
leaves = [Node(f"{branch.name}.{i}", parent=branch) for branch in branches for i in range(2)]
for _ in range(3):
    assert sum(len(group) for group in LevelOrderGroupIter(root)) == 36_001
assert len(findall(root, filter_=lambda node: node.is_leaf)) == 24_000
assert search.find_by_attr(root, "branch 11999.1") is leaves[-1]
copy = DictImporter().import_(DictExporter().export(root))
print(sum(1 for _ in PreOrderIter(copy)))
