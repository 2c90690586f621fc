"""A workload of automathon: automata are determinised, combined and asked for words."""

import random

from automathon import DFA, NFA

dice = random.Random(18)
states = {f"q{number}" for number in range(11)}
delta = {f"q{number}": {"a": {f"q{(number + 1) % 11}"}, "b": {f"q{number}"}} for number in range(11)}
delta["q0"]["a"] = {"q0", "q1"}
delta["q3"][""] = {"q5"}
some = NFA(states, {"a", "b"}, delta, "q0", {"q10"})
plain = some.remove_epsilon_transitions()
fixed = plain.get_dfa()


def counter(size: int, name: str) -> DFA:
    """An automaton that counts the letters a, by turns."""
    return DFA(
        {f"{name}{number}" for number in range(size)},
        {"a", "b"},
        {f"{name}{n}": {"a": f"{name}{(n + 1) % size}", "b": f"{name}{n}"} for n in range(size)},
        f"{name}0",
        {f"{name}0"},
    )


one, two = counter(43, "x"), counter(41, "y")
both = one.intersection(two)
either = one.union(two)
words = ["".join(dice.choice("ab") for _ in range(dice.randint(6, 14))) for _ in range(40)]
said = sum(both.accept(word) for word in words), sum(either.accept(word) for word in words)
same = sum(fixed.accept(word) for word in words), sum(plain.accept(word) for word in words)
print(len(fixed.q), len(both.q), said, same, either.is_valid())
