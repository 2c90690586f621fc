"""A workload of pyexcel: rows that were dealt with are taken out of a sheet whose rows have names."""

import random

import pyexcel

dice = random.Random(3)
orders = [["order", "customer", "amount"]]
orders += [[f"R{number:05}", f"customer {dice.randrange(400)}", dice.randrange(1, 500)] for number in range(5_000)]
sheet = pyexcel.Sheet(orders, name_columns_by_row=0, name_rows_by_column=0)
amounts = sheet.column["amount"]
paid = [index for index, amount in enumerate(amounts) if amount < 200]
sheet.delete_rows(paid)
print(sheet.number_of_rows(), sum(sheet.column["amount"]))
