"""Joins, sorts, melts and recasts tables of thousands of rows and hundreds of columns."""

import petl as etl

orders = [["id", "customer", "amount"], *([i, i % 900, i * 3 % 70] for i in range(6_000))]
customers = [["customer", "name"], *([i, f"c{i}"] for i in range(900))]
wide = [[f"c{i}" for i in range(200)], *([i + j for j in range(200)] for i in range(900))]
other = [[f"c{i}" for i in range(100, 300)], *([i + j for j in range(200)] for i in range(900))]
joined = etl.join(orders, customers, key="customer")
melted = etl.melt(wide, key=[f"c{i}" for i in range(50)])
recast = etl.recast(
    etl.melt([["id", *(f"v{i}" for i in range(60))], *([i, *range(60)] for i in range(150))], key="id"), key="id"
)
cut = etl.cutout(wide, *(f"c{i}" for i in range(0, 200, 2)))
merged = etl.mergesort(wide, other, key="c150")
stacked = etl.cat(wide, other)
print(
    etl.nrows(joined), etl.nrows(melted), etl.nrows(recast), etl.nrows(cut), etl.nrows(merged), etl.nrows(stacked)
)
print(
    etl.nrows(etl.distinct(orders, "amount")),
    etl.nrows(etl.aggregate(orders, "customer", len)),
    etl.nrows(etl.rename(wide, {f"c{i}": f"d{i}" for i in range(200)})),
)
