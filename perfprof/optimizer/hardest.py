"""Which of the open obligations is told: the one that remains when a reader has settled the easy ones."""

from __future__ import annotations

from collections.abc import Sequence

from perfprof.rules.rule import Level, Proof

# Settled by moving a line, by another name, or by a test in front.
EASY = frozenset(
    {
        "additions-have-lines",
        "asked-before-it-is-taken-from",
        "builtins-are-builtin",
        "deque-is-free",
        "deque-is-free-in-the-class",
        "index-has-a-place",
        "insort-is-free",
        "is-a-list",
        "loop-has-lines",
        "name-means-itself",
        "name-means-this-function",
        "names-are-free",
        "never-taken-when-empty",
        "new-code-means-the-same",
        "new-names-mean-the-same",
        "statement-has-lines",
        "steps-have-lines",
    }
)
# Settled only by another structure, or by knowing what objects of that class mean by equal.
HARD = frozenset({"elements-hash-as-equal", "every-use-of-it-alike", "keys-hash-as-equal", "members-hash-as-equal"})


def hardest(proofs: Sequence[Proof]) -> Proof:
    """Of those that are open the hardest for a reader; among equals the first. Raises ValueError if none is open."""
    left = [proof for proof in proofs if proof.level is Level.OPEN]
    return min(left, key=lambda proof: (proof.obligation not in HARD, proof.obligation in EASY))
