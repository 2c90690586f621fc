"""A workload of binpacking: files to discs of one size, and jobs to machines."""

import random

import binpacking

dice = random.Random(5)
files = {f"file{number}.dat": dice.randrange(1, 900) for number in range(14_000)}
discs = binpacking.to_constant_volume(files, 4_700)
jobs = [(f"job{number}", dice.randrange(1, 500)) for number in range(40_000)]
machines = binpacking.to_constant_bin_number(jobs, 250, weight_pos=1)
print(len(discs), sum(map(len, discs)), len(machines), max(sum(weight for _, weight in one) for one in machines))
