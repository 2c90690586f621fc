"""A workload of elementpath: the authors of a catalogue, each once, and how many books there are."""

import random
from xml.etree import ElementTree

from elementpath import XPath2Parser, select

dice = random.Random(29)
books = "".join(
    f"<book year='{1950 + number % 70}'><author>Author {dice.randrange(2500)}</author></book>"
    for number in range(4_000)
)
root = ElementTree.fromstring(f"<catalogue>{books}</catalogue>")
print(len(select(root, "distinct-values(//author/string())", parser=XPath2Parser)))
