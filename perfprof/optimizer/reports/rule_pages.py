"""The page of a rule, out of the file that holds it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perfprof.rules.rule import Rule

NOTE = "<!-- Made by `perfprof docs` from the rule's own file; do not edit. -->\n\n"


def page(rule: Rule) -> str:
    """The rule in Markdown: its docstring and its obligations."""
    return "\n".join(_page(rule)) + "\n"


def pages(rules: Mapping[str, Rule]) -> dict[str, str]:
    """File name -> text: a page a rule and an index."""
    texts = {f"{name}.md": NOTE + page(rule) for name, rule in sorted(rules.items())}
    rows = [f"| [{name}]({name}.md) | {rule.title} | {rule.promises:g}x |" for name, rule in sorted(rules.items())]
    head = "# Rules\n\n| rule | what it does | least gain |\n|---|---|---|\n"
    return {**texts, "README.md": NOTE + head + "\n".join(rows) + "\n"}


def _page(rule: Rule) -> Iterator[str]:
    yield f"# {rule.name}"
    yield f"\n*{rule.title}*\n" if rule.title else ""
    yield rule.page.strip()
    if rule.safe_if:
        yield "\n## Safe if\n"
        yield from (f"- **{one.name}**: {one.says}" for one in rule.safe_if)
    counted = f" It must also lower the exact count of {rule.counter}." if rule.counter else ""
    yield f"\n## Kept if\n\nThe measured gain is at least {rule.promises:g}x, tests and replay agree.{counted}"
