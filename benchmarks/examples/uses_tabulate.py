"""Prints a table of 4,000 rows in several formats, and one of 300 columns."""

from tabulate import tabulate

rows = [{"id": i, "name": f"name {i}", "value": i / 7, f"extra{i % 300}": i} for i in range(1_500)]
print(len(tabulate(rows, headers="keys")))
plain = [[i, f"n{i}", i / 3, None if i % 5 else "x"] for i in range(4_000)]
for form in ("plain", "grid", "html", "latex", "github"):
    print(len(tabulate(plain, headers=["i", "n", "v", "o"], tablefmt=form)))
print(len(tabulate([list(range(300))] * 40, maxcolwidths=5)))
