"""Look-ups in loops: finding them, planning the batch, and writing it."""
