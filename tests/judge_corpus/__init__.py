"""Rewrites that the judge must see through, and such that it must let pass; all but ``LATER`` before the gate was tuned."""

from __future__ import annotations

from judge_corpus.rewrite import Rewrite
from judge_corpus.right_faster import FASTER
from judge_corpus.right_same import SAME
from judge_corpus.wrong_classics import CLASSICS
from judge_corpus.wrong_effects import EFFECTS
from judge_corpus.wrong_later import LATER
from judge_corpus.wrong_limits import LIMITS
from judge_corpus.wrong_order import ORDER
from judge_corpus.wrong_values import VALUES

WRONG = (*CLASSICS, *ORDER, *VALUES, *LIMITS, *EFFECTS, *LATER)
RIGHT = (*SAME, *FASTER)

__all__ = ["RIGHT", "WRONG", "Rewrite"]
