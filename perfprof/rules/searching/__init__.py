"""Searches that a loop repeats: what walks a collection for a match, and the set or index that answers instead."""
