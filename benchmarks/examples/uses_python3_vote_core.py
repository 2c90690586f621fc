"""A workload of python3-vote-core: elections of a society by several methods."""

import random

from py3votecore.condorcet import CondorcetHelper
from py3votecore.irv import IRV
from py3votecore.plurality import Plurality
from py3votecore.plurality_at_large import PluralityAtLarge
from py3votecore.ranked_pairs import RankedPairs
from py3votecore.schulze_method import SchulzeMethod
from py3votecore.schulze_npr import SchulzeNPR
from py3votecore.stv import STV

dice = random.Random(7)
people = [f"candidate {number:02}" for number in range(22)]
ballots = []
for _ in range(1_500):
    order = sorted(people, key=lambda name: people.index(name) + dice.gauss(0, 8))
    ballots.append(order[: dice.randint(3, 22)])
ranked = [{"count": 1 + number % 3, "ballot": [[name] for name in order]} for number, order in enumerate(ballots)]
plain = [{"count": 1 + number % 3, "ballot": list(order)} for number, order in enumerate(ballots)]


def grouped() -> list:
    """The ballots, anew: the methods change theirs."""
    return [{"count": one["count"], "ballot": [list(part) for part in one["ballot"]]} for one in ranked]


said = [
    SchulzeMethod(grouped(), ballot_notation=CondorcetHelper.BALLOT_NOTATION_GROUPING).as_dict()["winner"],
    RankedPairs(grouped(), ballot_notation=CondorcetHelper.BALLOT_NOTATION_GROUPING).as_dict()["winner"],
    SchulzeNPR(grouped(), winner_threshold=5, ballot_notation=CondorcetHelper.BALLOT_NOTATION_GROUPING).as_dict()[
        "order"
    ],
    IRV([{"count": one["count"], "ballot": list(one["ballot"])} for one in plain]).as_dict()["winner"],
    sorted(
        STV(
            [{"count": one["count"], "ballot": list(one["ballot"])} for one in plain], required_winners=6
        ).as_dict()["winners"]
    ),
    Plurality([{"count": one["count"], "ballot": one["ballot"][0]} for one in plain]).as_dict()["winner"],
    len(
        PluralityAtLarge(
            [{"count": one["count"], "ballot": one["ballot"][:3]} for one in plain], required_winners=3
        ).as_dict()["winners"]
    ),
]
print(said)
