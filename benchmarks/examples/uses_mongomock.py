"""A workload of mongomock: which products each country bought, as an aggregation over a collection."""

import random

import mongomock

dice = random.Random(17)
sales = mongomock.MongoClient().shop.sales
sales.insert_many(
    [
        {"country": f"C{dice.randrange(5)}", "product": f"product {dice.randrange(1500)}", "amount": number % 70}
        for number in range(6_000)
    ]
)
found = sales.aggregate(
    [{"$group": {"_id": "$country", "products": {"$addToSet": "$product"}, "total": {"$sum": "$amount"}}}]
)
print(sorted((one["_id"], len(one["products"]), one["total"]) for one in found))
