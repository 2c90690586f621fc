"""Joins, stacks, cuts and sorts CSV files of thousands of rows and hundreds of columns."""

import contextlib
import csv
import io
import tempfile
from pathlib import Path

from csvkit.convert.geojs import geojson2csv
from csvkit.utilities.csvcut import CSVCut
from csvkit.utilities.csvjoin import CSVJoin
from csvkit.utilities.csvstack import CSVStack

folder = Path(tempfile.mkdtemp())
names = []
for number in range(3):
    file = folder / f"{number}.csv"
    with file.open("w", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(["id", *(f"c{number}_{i}" for i in range(120))])
        writer.writerows([i, *range(i, i + 120)] for i in range(900))
    names.append(str(file))
wide = io.StringIO()
with contextlib.redirect_stdout(wide):
    CSVStack([*names]).run()
    CSVCut(["-C", ",".join(f"c0_{i}" for i in range(60)), names[0]]).run()
    CSVJoin(["-c", "id", "--no-inference", names[0], names[1]]).run()
features = [
    {
        "type": "Feature",
        "properties": {f"p{i % 900}": i, "n": i},
        "geometry": {"type": "Point", "coordinates": [0, i]},
    }
    for i in range(3_000)
]
print(
    len(wide.getvalue()),
    len(geojson2csv(io.StringIO(__import__("json").dumps({"type": "FeatureCollection", "features": features})))),
)
