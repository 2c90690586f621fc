"""Sequences taken as a whole in each turn: sorted, summed up or cut again."""
