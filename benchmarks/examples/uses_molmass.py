"""A workload of molmass: masses, compositions and spectra of many molecules."""

import random

from molmass import Formula

dice = random.Random(5)
total = 0.0
for number in range(5_000):
    text = f"C{dice.randrange(2, 30)}H{dice.randrange(4, 60)}N{dice.randrange(1, 6)}O{dice.randrange(1, 9)}"
    if number % 5 == 0:
        text += f"(SO4){dice.randrange(2, 4)}Cl{dice.randrange(1, 4)}"
    formula = Formula(text)
    total += formula.mass + len(formula.composition()) + len(formula.spectrum())
    total += len(formula.empirical) + formula.monoisotopic_mass
print(round(total, 3), Formula("peptide(GPAVLIMCFYW)").formula)
