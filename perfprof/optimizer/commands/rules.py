"""``perfprof rules``: all rules."""

from __future__ import annotations

import click


@click.command("rules", short_help="List the rules.")
def command() -> None:
    """List the rules; ``perfprof explain RULE`` tells more."""
    from perfprof.rules import registry

    rules = registry()
    width = max(map(len, rules), default=0)
    for name in sorted(rules):
        click.echo(f"{name:{width}}  {rules[name].title}")
