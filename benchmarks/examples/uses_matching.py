"""A workload of matching: junior doctors and hospitals, matched and checked for blocking pairs."""

import random

from matching.games import HospitalResident

dice = random.Random(11)
residents = [f"R{number}" for number in range(600)]
hospitals = [f"H{number}" for number in range(12)]
choices = {one: dice.sample(hospitals, 8) for one in residents}
rankings = {one: [other for other in residents if one in choices[other]] for one in hospitals}
for ranked in rankings.values():
    dice.shuffle(ranked)
game = HospitalResident.create_from_dictionaries(choices, rankings, dict.fromkeys(hospitals, 50))
matched = game.solve(optimal="resident")
print(len(matched), game.check_validity(), game.check_stability())
