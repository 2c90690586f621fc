"""Cleans, reshapes and joins tables of some thousand rows."""

import warnings

import agate

warnings.simplefilter("ignore")
text, number = agate.Text(), agate.Number()
rows = [(f"city {i % 1_500}", f"field {i % 700}", i) for i in range(3_000)]
table = agate.Table(rows, ["city", "field", "value"], [text, text, number])
distinct = table.distinct("city")
wide = table.limit(2_100).denormalize("city", "field", "value")
objects = agate.Table.from_object([{f"k{i % 600}": i, "n": i} for i in range(1_800)])
same = agate.Table([list(range(600))], ["name"] * 600)
left = agate.Table([(i, i % 9) for i in range(1_500)], ["id", "part"], [number, number])
joined = left.join(left.rename({"part": "other"}), "id")
print(len(distinct.rows), len(wide.columns), len(objects.columns), len(same.columns), len(joined.rows))
