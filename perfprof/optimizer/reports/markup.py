"""HTML and SVG out of values: text is escaped unless it was made here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape

_VOID = {"meta", "br", "col"}


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


def tag(name: str, /, *content: str | None, **attributes: str | float | bool | None) -> Html:
    """An element. ``class_`` is written class, ``aria_label`` aria-label; None and False leave an attribute out."""
    opening = "".join(
        _attribute(key, value) for key, value in attributes.items() if value is not None and value is not False
    )
    if name in _VOID:
        return Html(f"<{name}{opening}>")
    return Html(f"<{name}{opening}>{join(content)}</{name}>")


def join(parts: Iterable[str | None], between: str = "") -> Html:
    """Parts one after the other; what is not markup is escaped."""
    return Html(between.join(part if isinstance(part, Html) else text(part) for part in parts if part is not None))


def text(content: str) -> Html:
    """Plain text, safe inside an element; signs that HTML cannot hold are replaced."""
    return Html(escape(clean(content), quote=False))


def arrows(content: str) -> str:
    """With real arrows instead of ``->``."""
    return content.replace("->", "\N{RIGHTWARDS ARROW}")


def prose(content: str) -> Html:
    """Text in which what stands between backticks is code."""
    parts = content.split("`")
    if len(parts) % 2 == 0:
        return text(content)
    return join(tag("code", part) if index % 2 else part for index, part in enumerate(parts))


def clean(content: str) -> str:
    """Without control characters and lone surrogates."""
    whole = content.encode("utf-8", "replace").decode("utf-8")
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]", "\N{REPLACEMENT CHARACTER}", whole)


def _attribute(name: str, value: str | float | bool) -> str:
    key = name.rstrip("_").replace("_", "-")
    if value is True:
        return f" {key}"
    content = f"{value:g}" if isinstance(value, float) else str(value)
    return f' {key}="{escape(clean(content))}"'


def table(caption: str, heads: Sequence[str], body: Iterable[Html], *, numbers: str = "", class_: str = "") -> Html:
    """A table with a caption, in a box that scrolls by itself where the screen is narrow.

    numbers: the heads of columns of figures, with commas between.
    """
    right = set(numbers.split(","))
    head = (tag("th", name, scope="col", class_="number" if name in right else None) for name in heads)
    rows = tag("thead", tag("tr", *head)) + tag("tbody", *body)
    return scroll(caption, tag("table", tag("caption", caption), Html(rows), class_=class_ or None))


def scroll(name: str, *content: Html) -> Html:
    """A box of its own for what may be wider than the page; reached by keyboard, so that it can be scrolled."""
    return tag("div", *content, class_="scroll", tabindex=0, role="group", aria_label=name)
