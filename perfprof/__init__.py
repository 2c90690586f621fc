"""Make slow Python programs fast, and prove it."""

__version__ = "0.1.0"
