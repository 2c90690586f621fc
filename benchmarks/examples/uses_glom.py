"""Reshapes 36,000 nested records with glom."""

from glom import Assign, Coalesce, Flatten, Iter, Merge, T, glom
from glom.grouping import Group

target = {
    "systems": [
        {"name": f"s{i}", "planets": [{"name": f"p{i}.{j}", "moons": [i, j]} for j in range(4)]}
        for i in range(9_000)
    ]
}
names = glom(target, ("systems", [("planets", ["name"])], Flatten()))
moons = glom(target, "systems.*.planets.*.moons")
by = glom(names, Group({lambda name: name[1]: [T]}))
glom(target, Assign("systems.*.planets.*.seen", True))
merged = glom([{f"k{i}": i} for i in range(3_000)], Merge())
first = glom(target, ("systems", Iter().map(Coalesce("missing", "name")).unique().all()))
print(len(names), len(moons), len(by), len(merged), len(first))
