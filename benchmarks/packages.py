"""The packages of the index on which perfprof is tried, with how their tests are run."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from xml.etree import ElementTree


@dataclass(frozen=True)
class Package:
    """A package of the index. tests: arguments of pytest, from the root of the archive; none where it brings none along.

    needs: what the tests import beside pytest and the package's own dependencies. source: where the import begins.
    """

    name: str
    version: str
    tests: tuple[str, ...] = ("tests",)
    needs: tuple[str, ...] = ()
    source: str = "."


PACKAGES = (
    Package("agate", "1.14.2", ()),  # its tests want the locale de_DE
    Package("algograph", "2.1.0", source="src"),
    Package("algorithms", "1.0.1"),
    Package("anytree", "2.13.0", source="src"),
    Package("assertpy", "1.1", ()),  # the archive brings no tests
    Package("automathon", "0.0.15", ()),  # the archive brings no tests
    Package("binpacking", "2.0.1", ("binpacking/tests",)),
    Package("boltons", "26.2.0"),
    Package("canmatrix", "1.3.3", ("tests/test_canmatrix.py", "tests/test_dbc.py"), source="src"),
    Package("chess", "1.11.2", ("test.py", "-k", "not Engine and not PerftTest")),
    Package("configobj", "5.0.9", ("src/tests",), source="src"),
    Package("csvkit", "2.2.0"),
    Package("deepdiff", "9.1.0", needs=("numpy", "pandas", "pydantic", "jsonpickle", "pytz", "python-dateutil")),
    Package("dendropy", "5.1.3", (), source="src"),  # the archive brings no tests
    Package("Dijkstar", "2.6.0", ("dijkstar/tests",)),
    Package("dnazip-bioinfo", "0.2", ()),  # the archive brings no tests
    Package("docutils", "0.23", ("test/test_utils", "test/test_transforms")),
    Package(
        "elementpath",
        "5.1.4",
        ("tests/test_xpath1_parser.py", "tests/test_xpath2_functions.py"),
        ("lxml", "xmlschema"),
    ),
    Package("findimports", "3.0.0", ("tests.py",)),
    Package("funcy", "2.1", needs=("whatever",)),
    Package("glom", "25.12.0", ("glom/test",), ("pyyaml",)),
    Package("greenery", "4.2.3", ()),
    Package("hypernetx", "2.4.3", ()),  # the archive brings no tests
    Package("jrnl", "4.6", ()),
    Package("jsonata_python", "0.7.1", source="src"),
    Package("jsonpath_ng", "1.16.0", needs=("hypothesis",), source="src"),
    Package("lark", "1.3.1", ("tests/test_parser.py", "tests/test_trees.py", "tests/test_tools.py")),
    Package("luaparser", "4.2.0", ("luaparser/tests",)),
    Package("mako", "1.4.3", ("test",)),
    Package("markdown", "3.11.3", ("tests", "--ignore=tests/test_syntax/extensions/test_md_in_html.py")),
    Package("matching", "1.4.3", needs=("hypothesis",), source="src"),
    Package("mido", "1.3.3"),
    Package("mistune", "3.4.0", source="src"),
    Package("molmass", "2026.1.8"),
    Package("mongomock", "4.3.0", ("tests/test__collection_api.py", "tests/test__mongomock.py"), ("packaging",)),
    Package("more_itertools", "11.2.1"),
    Package(
        "networkx", "3.6.1", tuple(f"networkx/algorithms/{part}" for part in ("coloring", "traversal", "tree"))
    ),
    Package("nltk", "3.10.4", ()),  # its tests want data that has to be downloaded
    Package("odfpy", "1.4.1", ("tests/teststyles.py", "tests/testtext.py", "tests/testchart.py")),
    Package("parglare", "0.22.0", ("tests/func/grammar", "tests/func/parsing")),
    Package("parso", "0.8.7", ("test",)),
    Package("petl", "1.7.30", ("petl/test/transform", "petl/test/util")),
    Package("ply", "3.11", ()),  # its tests are scripts of their own
    Package("prettytable", "3.18.0", needs=("pytest-lazy-fixtures",), source="src"),
    Package("pybtex", "0.26.1"),
    Package(
        "pyclustering",
        "0.10.1.2",
        ("pyclustering/cluster/tests/unit/ut_dbscan.py", "pyclustering/cluster/tests/unit/ut_encoder.py"),
    ),
    Package("pycuber", "0.2.2", ()),  # the archive brings no tests
    Package("pydraughts", "0.6.7", ()),  # the archive brings no tests
    Package("pyexcel", "0.7.6", needs=("pyexcel-xls",)),
    Package("pyfastaq", "3.18.0", source="src"),
    Package(
        "pygorithm", "1.0.4", tuple(f"tests/test_{part}.py" for part in ("data_structure", "searching", "pathing"))
    ),
    Package("pylatexenc", "2.11", ("test",)),
    Package("python_benedict", "0.40.1", ()),  # the archive brings no tests
    Package("pyparsing", "3.3.3", ("tests/test_simple_unit.py", "tests/test_util.py")),
    Package("python-gantt", "0.6.0", ()),  # its tests want nose
    Package("python-graph-core", "1.8.2", ()),  # the archive brings no tests
    Package("python3-vote-core", "20170329.0", ("test_functionality",)),
    Package("python_gedcom", "1.1.0"),
    Package("python_liquid", "2.3.6", ()),  # the archive brings no tests
    Package("pythonds3", "3.1.0", ()),  # the archive brings no tests
    Package("pyrtl", "1.0.3", ("tests/test_helperfuncs.py", "tests/test_passes.py")),
    Package("raccoon", "3.3.1", ()),  # the archive brings no tests
    Package("rply", "0.7.8", ()),
    Package("sacremoses", "0.2.0", ()),  # the archive brings no tests
    Package("sgfmill", "1.1.1", ("sgfmill_tests",)),
    Package("simplekml", "1.3.6", ()),  # the archive brings no tests
    Package("simpy", "4.1.2", source="src"),
    Package("spark_parser", "1.9.0", ("test",)),
    Package("sqlparse", "0.6.1"),
    Package("sumy", "0.13.0", ()),  # the archive brings no tests
    Package("svgpathtools", "1.8.0", ("test",)),
    Package("tablib", "3.10.0", ("tests/test_tablib.py",), ("openpyxl", "xlrd", "xlwt", "tabulate"), "src"),
    Package("tabulate", "0.10.0", ("test",)),
    Package("textdistance", "4.6.3", ("tests",), ("hypothesis", "numpy")),
    Package("toolz", "1.0.0", ("toolz/tests",)),
    Package("topydo", "0.16", ()),  # its tests want files that the archive lacks
    Package("transitions", "0.9.3", ("tests/test_core.py", "tests/test_nesting.py", "tests/test_states.py")),
    Package("whalrus", "0.4.6"),
)


@dataclass(frozen=True)
class Suite:
    """How the tests of a package ended: the outcome of each by its name. red: pytest's ids of what did not pass."""

    outcomes: dict[str, str]
    red: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def without_red(self) -> list[str]:
        """Arguments of pytest that leave out what does not pass here before anything is changed."""
        return [f"--{'deselect' if '::' in one else 'ignore'}={one}" for one in self.red]

    def __str__(self) -> str:
        if not self.outcomes:
            return "none"
        counts = Counter(self.outcomes.values())
        return f"{counts['passed']} passed" + (f", {counts['failed']} failed" if counts["failed"] else "")

    def changed(self, other: Suite) -> list[str]:
        """Names of the tests that ended otherwise, with both outcomes."""
        names = sorted({*self.outcomes, *other.outcomes})
        pairs = [(name, self.outcomes.get(name, "missing"), other.outcomes.get(name, "missing")) for name in names]
        return [f"{name}: {before} -> {after}" for name, before, after in pairs if before != after]


def outcomes(root: ElementTree.Element) -> list[tuple[str, str]]:
    """Each test of a JUnit report with how it ended."""
    found = []
    for case in root.iter("testcase"):
        kinds = {child.tag for child in case}
        outcome = "failed" if kinds & {"failure", "error"} else "skipped" if "skipped" in kinds else "passed"
        found.append((f"{case.get('classname')}.{case.get('name')}", outcome))
    return found
