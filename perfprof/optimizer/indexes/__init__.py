"""Which indexes to propose, and what they would give."""
