"""A workload of python-benedict: entries of a catalogue that say the same are left out."""

import random

from benedict import benedict

dice = random.Random(47)
catalogue = benedict(
    {f"item-{number}": f"title {dice.randrange(3_000)}" for number in range(4_000)}, keypath_separator=None
)
catalogue.unique()
print(len(catalogue))
