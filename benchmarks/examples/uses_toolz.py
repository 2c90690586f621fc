"""Groups, joins and merges 600,000 records with toolz."""

from toolz import (
    assoc_in,
    compose,
    countby,
    diff,
    frequencies,
    groupby,
    interleave,
    join,
    merge_sorted,
    merge_with,
    partition_all,
    pluck,
    reduceby,
    sliding_window,
    topk,
    unique,
)

orders = [{"id": i, "customer": i % 3_000, "amount": i * 7 % 90} for i in range(600_000)]
customers = [{"customer": i, "name": f"c{i}"} for i in range(3_000)]
joined = list(join("customer", customers, "customer", orders))
by = groupby("customer", orders)
total = reduceby("customer", lambda sum_, order: sum_ + order["amount"], orders, 0)
print(
    len(joined),
    len(by),
    len(total),
    len(frequencies(pluck("amount", orders))),
    countby(bool, pluck("amount", orders)),
)
print(len(list(unique(orders, key=lambda order: order["amount"]))), len(topk(50, pluck("amount", orders))))
print(sum(map(max, sliding_window(5, list(pluck("amount", orders))))), len(list(partition_all(7, orders))))
print(len(list(merge_sorted(range(9_000), range(5_000)))), len(list(diff(range(9_000), range(1, 9_001)))))
print(
    len(merge_with(sum, *({i % 50: i} for i in range(5_000)))),
    len(list(interleave([range(3_000)] * 9))),
    compose(len, str)(assoc_in({}, ["a", "b"], 1)),
)
