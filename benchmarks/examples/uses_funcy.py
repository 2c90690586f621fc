"""A workload of funcy: records without what is known, and fields that may be shown."""

import random

from funcy import lwithout, omit, project

dice = random.Random(61)
names = [f"user-{number}" for number in range(6_000)]
gone = dice.sample(names, 1_500)
print(len(lwithout(names, *gone)))
prices = {name: number for number, name in enumerate(names)}
print(len(omit(prices, gone)), len(project(prices, gone)))
