"""A workload of pycuber: cubes are turned, formulae mirrored, and one is solved."""

import random

import pycuber as pc
from pycuber.solver import CFOPSolver

random.seed(14)
done = 0
for _ in range(2):
    cube = pc.Cube()
    algorithm = pc.Formula()
    cube(algorithm.random(20))
    solver = CFOPSolver(cube)
    done += len(solver.solve(suppress_progress_messages=True)) > 0
formula = pc.Formula("R U R' U' R' F R2 U' R' U' R U R' F'")
cube = pc.Cube()
for _ in range(60):
    formula.mirror("LR")
    cube(formula)
    formula.reverse()
    cube(formula)
print(done, len(str(cube)))
