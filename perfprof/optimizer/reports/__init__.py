"""Renderings of one report.json."""
