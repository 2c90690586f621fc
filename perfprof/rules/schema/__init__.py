"""Schemas: statements as a workload, what indexes it lacks, and data definition as text."""
