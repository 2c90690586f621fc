"""Two recordings or two revisions, side by side: what changed, by how much, and whether a budget is broken."""
