"""Asks a document of 20,000 records with JSONPath, and parses the paths."""

from jsonpath_ng import parse
from jsonpath_ng.ext import parse as extended

document = {"store": {"books": [{"id": i, "price": i % 90, "tags": [f"t{i % 7}", "x"]} for i in range(20_000)]}}
found = parse("$.store.books[*].tags[*]").find(document)
paths = [str(match.full_path) for match in found[:2_000]]
cheap = extended("$.store.books[?(@.price < 20)].id").find(document)
parse("$..price").update(document, 3)
for path in paths[:900]:
    parse(path).find(document)
print(len(found), len(cheap))
