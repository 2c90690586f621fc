"""``perfprof explain``: the page of one rule."""

from __future__ import annotations

import click


@click.command("explain", short_help="Print the page of a rule.")
@click.argument("rule")
def command(rule: str) -> None:
    """Print the page of RULE: what it claims, when it is safe, and its examples."""
    from perfprof.optimizer.nearest import rule_named
    from perfprof.optimizer.reports.rule_pages import page

    click.echo(page(rule_named(rule)), nl=False)
