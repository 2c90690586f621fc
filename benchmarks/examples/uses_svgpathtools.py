"""Finds one group after the other in a drawing of 1,500 groups."""

from svgpathtools import Document

drawing = Document()
groups = [drawing.add_group({"id": f"g{i}"}) for i in range(1_200)]
inner = [drawing.add_group({"id": f"h{i}"}, parent=groups[-1]) for i in range(300)]
for group in (*groups[::200], inner[-1], inner[0]):
    drawing.add_path("M 0,0 L 1,1 L 2,0 Z", group=group)
print(sum(len(drawing.paths_from_group(group)) for group in (*groups[::150], *inner[::60])))
