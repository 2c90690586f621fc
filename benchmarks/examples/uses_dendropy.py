"""A workload of DendroPy: which groups of one tree another one lacks."""

import random

import dendropy
from dendropy.calculate import treecompare

dice = random.Random(23)


def newick(names):
    """A tree of these names, at random."""
    parts = list(names)
    while len(parts) > 1:
        first = parts.pop(dice.randrange(len(parts)))
        second = parts.pop(dice.randrange(len(parts)))
        parts.append(f"({first}:1,{second}:1):1")
    return parts[0] + ";"


names = [f"S{number}" for number in range(700)]
taxa = dendropy.TaxonNamespace(names)
one = dendropy.Tree.get(data=newick(names), schema="newick", taxon_namespace=taxa)
other = dendropy.Tree.get(data=newick(names), schema="newick", taxon_namespace=taxa)
print(len(treecompare.find_missing_bipartitions(one, other)), treecompare.symmetric_difference(one, other))
