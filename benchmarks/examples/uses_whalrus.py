"""A workload of whalrus: one election, counted by many rules."""

import random

from whalrus import (
    Priority,
    RuleBaldwin,
    RuleBlack,
    RuleBorda,
    RuleBucklinByRounds,
    RuleCoombs,
    RuleCopeland,
    RuleIRV,
    RuleMaximin,
    RuleNanson,
    RulePlurality,
    RuleRankedPairs,
    RuleSchulze,
    RuleTwoRound,
)

dice = random.Random(8)
people = [f"c{number:02}" for number in range(14)]
ballots = [" > ".join(sorted(people, key=lambda name: people.index(name) + dice.gauss(0, 6))) for _ in range(300)]
for rule in (
    RulePlurality,
    RuleBorda,
    RuleIRV,
    RuleCoombs,
    RuleBaldwin,
    RuleNanson,
    RuleCopeland,
    RuleMaximin,
    RuleRankedPairs,
    RuleSchulze,
    RuleBlack,
    RuleTwoRound,
    RuleBucklinByRounds,
):
    print(rule.__name__, rule(ballots, tie_break=Priority.ASCENDING).winner_)
