"""A workload of jsonata-python: which products were ordered."""

import random

import jsonata

dice = random.Random(59)
orders = {
    "lines": [{"product": f"product {dice.randrange(2500)}", "amount": number % 9} for number in range(4_000)]
}
print(jsonata.Jsonata("$count($distinct(lines.product))").evaluate(orders))
