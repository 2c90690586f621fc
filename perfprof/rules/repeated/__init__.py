"""Work done again: what stays the same between turns, places or calls, and where its result is kept."""
