"""Renders a text with 4,000 footnotes, 400 abbreviations, headings and tables."""

import mistune
from mistune.toc import add_toc_hook

markdown = mistune.create_markdown(
    plugins=["footnotes", "abbr", "table", "def_list", "task_lists", "strikethrough", "url"]
)
add_toc_hook(markdown)
parts = [
    f"## Heading {i}\n\nText *{i}* with [a link](http://x.org/{i}) and a note[^n{i}] and AB{i % 400}.\n"
    for i in range(4_000)
]
notes = [f"[^n{i}]: The note {i}" for i in range(4_000)]
short = [f"*[AB{i}]: Abbreviation {i}" for i in range(400)]
rows = ["| a | b |", "|---|---|", *(f"| {i} | **{i}** |" for i in range(800))]
print(len(markdown("\n".join([*parts, "\n".join(rows), "", "\n\n".join(notes), "", "\n".join(short)]))))
