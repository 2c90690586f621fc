"""Decides, rewrites, judges and reports."""
