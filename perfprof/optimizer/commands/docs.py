"""``perfprof docs``: the rules' pages as files, for perfprof's own repository."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("docs", hidden=True)
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path("docs/rules"))
@click.option("--check", is_flag=True, help="Write nothing; exit code 1 if a page is not up to date.")
@click.pass_context
def command(ctx: click.Context, folder: Path, check: bool) -> None:
    """Write a page for each rule into FOLDER."""
    from perfprof.optimizer.reports import rule_pages
    from perfprof.rules import registry

    texts = rule_pages.pages(registry())
    if not check:
        rule_pages.write(texts, folder)
        return
    stale = rule_pages.stale(texts, folder)
    for name in stale:
        click.echo(f"{folder / name}: not up to date; run perfprof docs", err=True)
    ctx.exit(1 if stale else 0)
