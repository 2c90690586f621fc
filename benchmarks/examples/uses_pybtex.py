"""A workload of pybtex: a bibliography is read, formatted in a style, and written as YAML and BibTeX."""

import random

from pybtex.database import parse_string
from pybtex.plugin import find_plugin

dice = random.Random(3)
names = [
    "Knuth, Donald E.",
    "Lamport, Leslie",
    "Hopper, Grace",
    "van Rossum, Guido",
    "Gries, David and Dijkstra, E. W.",
]
kinds = ["article", "book", "inproceedings"]
entries = []
for number in range(2_000):
    author = " and ".join(dice.sample(names, k=1 + number % 3))
    entries.append(
        f"@{kinds[number % 3]}{{key{number}, author = {{{author}}}, title = {{On {{P}}roblem {number} of Things}},\n"
        f" journal = {{Journal {number % 9}}}, booktitle = {{Proc. {number % 7}}}, publisher = {{House {number % 5}}},"
        f" year = {{{1970 + number % 50}}}, pages = {{{number}--{number + 9}}}, volume = {number % 30}}}"
    )
data = parse_string("\n".join(entries), "bibtex")
style = find_plugin("pybtex.style.formatting", "alpha")()
backend = find_plugin("pybtex.backends", "html")()
formatted = list(style.format_bibliography(data))
shown = sum(len(entry.text.render(backend)) for entry in formatted)
print(len(formatted), shown, len(data.to_string("bibtex")))
