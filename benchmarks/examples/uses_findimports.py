"""A workload of findimports: the imports of a project of some hundred modules."""

import io
import os
import tempfile
from contextlib import redirect_stdout

import findimports

with tempfile.TemporaryDirectory() as folder:
    for area in range(12):
        where = os.path.join(folder, f"area{area}")
        os.mkdir(where)
        open(os.path.join(where, "__init__.py"), "w").close()
        for number in range(30):
            with open(os.path.join(where, f"part{number}.py"), "w") as file:
                file.write("import os, sys, json\nfrom collections import OrderedDict, deque, namedtuple\n")
                for other in range(0, number, 4):
                    file.write(f"from area{(area + other) % 12} import part{other}\n")
                for line in range(40):
                    file.write(f"def work{line}(one):\n    return os.path.join(one, json.dumps({line}))\n")
    graph = findimports.ModuleGraph()
    graph.trackUnusedNames = True
    graph.warn_about_duplicates = True
    graph.parsePathname(folder)
    out = io.StringIO()
    with redirect_stdout(out):
        graph.printImports()
        graph.printUnusedImports()
        graph.printDot()
        packages = graph.packageGraph()
        packages.printDot()
        cycles = graph.collapseCycles()
        cycles.printDot()
    print(len(graph.modules), len(packages.modules), len(cycles.modules))
