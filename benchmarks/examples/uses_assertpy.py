"""A workload of assertpy: what a store gave back is compared with what was put in."""

import random

from assertpy import assert_that

dice = random.Random(41)
names = [f"order-{number}" for number in range(2_500)]
stored = names[:]
dice.shuffle(stored)
assert_that(stored).contains_only(*names)
assert_that(stored).contains(*names[:1_500])
assert_that(stored).does_not_contain(*[f"draft-{number}" for number in range(1_000)])
assert_that({"rows": stored}).contains_key("rows")
print(len(stored))
