"""The page: parsed as a browser would, and attacked."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from example_run import OUTCOMES, RUN

from perfprof.optimizer.patches import FileChange
from perfprof.optimizer.reports import html
from perfprof.optimizer.reports.document import document
from perfprof.optimizer.reports.markup import Html, tag
from perfprof.optimizer.reports.rows import rows
from perfprof.optimizer.run import Run

VOID = {"meta", "br"}
LOADS = {"src", "srcset", "data", "poster", "action", "background", "style", "xlink:href"}
NASTY = [
    "<script>alert(1)</script>",
    "</style></title><img src=x onerror=alert(1)>",
    "\" onmouseover='alert(1)' x=\"",
    "&amp; &lt; --> ]]> <!--",
    "naïve 名前 🐍 \u202etxt.exe",
    "nul \x00 bell \x07 escape \x1b[31m lone \udce9",
    "x" * 10_000,
]


class Page(HTMLParser):
    """Every element with its attributes, all text, and whether each element is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "script"):
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def page(run: Run) -> tuple[str, Page]:
    text = html.render(document(run))
    return text, Page(text)


def nasty(text: str) -> Run:
    """The example with ``text`` wherever somebody else's text can stand."""
    outcomes = []
    for number, one in enumerate(OUTCOMES):
        found = replace(
            one.finding,
            id=f"n{number}",
            path=text,
            function=text,
            subject=text,
            message=text,
            evidence={text: text},
        )
        patch = one.patch and replace(
            one.patch, changes=(FileChange(text, f"{text}\n", f"{text}!\n"),), why=text, memory=text
        )
        proofs = tuple(replace(proof, obligation=text, why=text, where=text) for proof in one.proofs)
        verdict = one.verdict and replace(
            one.verdict, reason=text, layers=tuple(replace(layer, reason=text) for layer in one.verdict.layers)
        )
        outcomes.append(
            replace(
                one,
                finding=found,
                patch=patch,
                proofs=proofs,
                title=text,
                reason=text,
                patch_file=text,
                verdict=verdict,
            )
        )
    return replace(
        RUN, command=text, tests=text, environment={text: text}, outcomes=tuple(outcomes), skipped={text: text},
        stacks={f"{text}:{text};{text}": 3}, asked=text,
    )  # fmt: skip


def test_every_finding_is_told_without_a_script() -> None:
    text, parsed = page(RUN)
    assert "<script" not in text
    assert not parsed.open
    for row in rows(document(RUN)):
        for said in (
            row.where,
            row.what.replace("->", "→"),
            row.gain,
            row.finding["reason"],
            row.finding["status"],
        ):
            assert " ".join(said.split()) in parsed.text
    for step in RUN.steps:
        assert step.summary in parsed.text
    assert "12.1 s → 1.89 s CPU 6.4x faster" in parsed.text
    assert "shop/legacy.py line 3: it does not parse" in parsed.text
    assert "CREATE INDEX CONCURRENTLY orders_customer_due" in parsed.text
    assert "+ by_id = {y.id: y for y in reversed(ys)}" in parsed.text


def test_nothing_is_loaded() -> None:
    text, parsed = page(RUN)
    policy = next(attrs["content"] for tag_, attrs in parsed.elements if attrs.get("http-equiv"))
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    for tag_, attributes in parsed.elements:
        assert tag_ not in {"script", "link", "img", "iframe", "object", "embed", "base", "form", "image", "use"}
        assert not LOADS & attributes.keys(), (tag_, attributes)
        assert not any(name.startswith("on") for name in attributes)
        assert (attributes.get("href") or "#").startswith("#")
    assert "url(" not in text
    assert "@import" not in text


def test_links_lead_somewhere() -> None:
    _, parsed = page(RUN)
    names = [attributes["id"] for _, attributes in parsed.elements if "id" in attributes]
    assert len(names) == len(set(names)) == len(OUTCOMES)
    assert {attributes["href"] for tag_, attributes in parsed.elements if tag_ == "a"} == {
        f"#{name}" for name in names
    }


@pytest.mark.parametrize(
    "text", NASTY, ids=["script", "style", "attribute", "entity", "unicode", "control", "long"]
)
def test_hostile_text_stays_text(text: str) -> None:
    clean, _ = page(RUN)
    written, parsed = page(nasty(text))
    assert not parsed.open
    assert {tag_ for tag_, _ in parsed.elements} <= {tag_ for tag_, _ in Page(clean).elements}
    assert {name for _, attributes in parsed.elements for name in attributes} <= {
        name for _, attributes in Page(clean).elements for name in attributes
    }
    assert not re.search("[\x00\x07\x1b\udce9]", written)
    written.encode("utf-8")
    readable = " ".join(re.sub("[\x00\x07\x1b\udce9]", "", text).split())[:200]
    if readable == " ".join(text.split())[:200]:
        assert readable in parsed.text


def test_long_lines_and_long_diffs_are_cut() -> None:
    assert len(page(nasty("x" * 10_000))[0]) < 2_500_000
    first = OUTCOMES[0]
    assert first.patch
    long = "".join(f"line {number} {'y' * 20_000}\n" for number in range(1_000))
    patch = replace(first.patch, changes=(FileChange("a.py", long, ""),))
    text, parsed = page(replace(RUN, outcomes=(replace(first, patch=patch),)))
    assert len(text) < 300_000
    assert "more lines in the patch file" in parsed.text
    assert "more characters)" in parsed.text


def test_weight_of_a_big_report() -> None:
    """50 findings, most of them judged, and 1,000 stacks."""
    outcomes = tuple(
        replace(one, finding=replace(one.finding, id=f"{number}"), patch_file=f"{number}")
        for number in range(50)
        for one in [OUTCOMES[number % len(OUTCOMES)]]
    )
    stacks = {
        f"shop/main.py:main;shop/part{one}.py:function_{one};shop/part{one}.py:inner_{one}_{two};json": 100
        for one in range(20)
        for two in range(50)
    }
    text, _ = page(replace(RUN, outcomes=outcomes, stacks=stacks))
    assert len(text.encode()) < 220_000


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast(scheme: str) -> None:
    """Each ink on each ground it stands on: 4.5:1 at least."""
    style = re.search(r"<style>(.*?)</style>", page(RUN)[0], flags=re.S)
    assert style
    blocks = re.findall(r":root \{(.*?)\}", style[1], flags=re.S)
    assert len(blocks) == 2
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", blocks[0]))
    if scheme == "dark":
        colours |= dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", blocks[1]))
    pairs = {
        "ink": "page card soft own library found",
        "muted": "page card soft",
        "gain": "page card gain-soft",
        "loss": "page card loss-soft",
    }
    for ink, grounds in pairs.items():
        for ground in grounds.split():
            assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)


def contrast(one: str, other: str) -> float:
    """As WCAG defines it."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_empty_run() -> None:
    _, parsed = page(
        replace(RUN, outcomes=(), whole=None, steps=(), stacks={}, environment={}, skipped={}, tests="")
    )
    assert "Nothing that was run is slow" in parsed.text


def test_markup_escapes_by_itself() -> None:
    assert tag("a", "<b>", Html("<i>"), href="x\" y='", hidden=True, class_=None) == (
        '<a href="x&quot; y=&#x27;" hidden>&lt;b&gt;<i></a>'
    )


def test_columns_in_which_nothing_stands_are_left_out() -> None:
    table = {"subject": "x", "title": "X", "says": "", "brief": [], "numbers": ["times", "slow"]}
    report = document(RUN)
    report["recorded"] = [{**table, "heads": ["name", "times", "slow"], "rows": [["a", "1", ""], ["", "2", ""]]}]
    shown = Page(html.render(report)).text
    assert "name times a 1 2" in shown


def test_what_there_is_nothing_to_do_about_is_folded() -> None:
    """The same findings that a terminal only counts; their sections are there, all of them."""
    page = html.render(document(RUN))
    table, folded = page.split("<summary>1 more under 5 % that perfprof cannot prove. 3 tried without a gain", 1)
    assert "shop/importers.py:68" not in table
    assert "shop/importers.py:68" in folded.split("</details>", 1)[0]
    assert "shop/tags.py:78" not in table
    assert "shop/tags.py:78" in folded.split("</details>", 1)[0]
    assert page.count('class="argument"') == len(RUN.outcomes)
