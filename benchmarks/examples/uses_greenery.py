"""Reverses, minimizes and compares automata of some hundred states."""

from greenery import parse

long = parse("(a|b|c)*" + "".join("abc"[i % 3] for i in range(24))).to_fsm()
other = parse("(ab|c){12}x?").to_fsm()
print(
    len(long.reversed().states), len((long | other).states), all(map(long.islive, long.states)), other.cardinality()
)
