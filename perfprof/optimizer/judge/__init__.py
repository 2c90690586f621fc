"""The gate: tests, replay, differential runs and paired benchmarks."""
