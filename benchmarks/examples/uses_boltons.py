"""Sorts out a log of 400,000 events with boltons: unique, buckets, indexed sets, tables and strings."""

from boltons.dictutils import OrderedMultiDict
from boltons.iterutils import bucketize, chunked, get_path, redundant, remap, unique, windowed
from boltons.setutils import IndexedSet
from boltons.statsutils import Stats
from boltons.strutils import slugify
from boltons.tableutils import Table

events = [{"user": f"user {i % 20_000}", "at": i, "value": i * 7 % 1_000} for i in range(400_000)]
users = unique(event["user"] for event in events)
assert len(redundant([event["user"] for event in events])) == len(users)
buckets = bucketize(events, key=lambda event: event["value"])
seen = IndexedSet(event["user"] for event in events)
for user in users[:9_000]:
    seen.remove(user)
many = OrderedMultiDict((event["user"], event["at"]) for event in events)
assert len(many.getlist("user 7")) == 20
slugs = {slugify(user) for user in users}
stats = Stats([event["value"] for event in events])
remapped = remap({"events": events[:5_000]}, visit=lambda path, key, value: (key, value))
assert get_path(remapped, ("events", 3, "at")) == 3
print(
    stats.mean, len(chunked(events, 100)), len(windowed(users, 3)), len(Table.from_data(events[:2_000]).to_text())
)
