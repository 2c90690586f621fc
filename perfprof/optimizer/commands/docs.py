"""``perfprof docs``: what perfprof's own repository keeps under docs/ but nobody writes."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("docs", hidden=True)
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path("docs"))
@click.option("--check", is_flag=True, help="Write nothing; exit code 1 if a file is not up to date.")
@click.pass_context
def command(ctx: click.Context, /, folder: Path, check: bool) -> None:
    """Write a page for each rule into FOLDER/rules, and the schema of report.json into FOLDER."""
    wanted = _wanted(folder)
    orphans = [path for path in (folder / "rules").glob("*.md") if path not in wanted]
    stale = [path for path, text in wanted.items() if _held(path) != text]
    if not check:
        _renew(folder, {path: wanted[path] for path in stale}, orphans)
        return
    for path in [*stale, *orphans]:
        click.echo(f"{path}: not up to date; run perfprof docs", err=True)
    ctx.exit(1 if stale or orphans else 0)


def _held(path: Path) -> str | None:
    return path.read_text("utf-8") if path.is_file() else None


def _renew(folder: Path, texts: dict[Path, str], orphans: list[Path]) -> None:
    (folder / "rules").mkdir(parents=True, exist_ok=True)
    for path in orphans:
        path.unlink()
    for path, text in texts.items():
        path.write_text(text, "utf-8")


def _wanted(folder: Path) -> dict[Path, str]:
    """What each file should hold."""
    from perfprof.optimizer.reports import rule_pages, schema
    from perfprof.rules import registry

    pages = {folder / "rules" / name: text for name, text in rule_pages.pages(registry()).items()}
    return {**pages, folder / "report.schema.json": schema.schema()}
