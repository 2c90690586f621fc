"""A workload of tablib: the rows that were picked from a table become a table of their own."""

import random

import tablib

dice = random.Random(5)
books = tablib.Dataset(headers=["isbn", "title", "year", "shelf"])
for number in range(6_000):
    books.append((f"978{number:09}", f"title {number}", 1900 + dice.randrange(125), f"shelf {dice.randrange(90)}"))
recent = [number for number, year in enumerate(books["year"]) if year >= 1975]
chosen = books.subset(rows=recent, cols=["isbn", "title", "year"])
print(len(chosen), chosen[0], len(chosen.export("csv")))
