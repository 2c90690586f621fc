"""An import lands once, at the top level, where the authors of the file would have put it."""

from __future__ import annotations

import pytest

from perfprof.optimizer.writing.edits import EditError, apply_edits
from perfprof.rules.rule import Edit

DEFAULTDICT = "from collections import defaultdict"

CASES = {
    "sorted among its kind": (
        "import os\nfrom typing import Any\n\nimport numpy\n",
        DEFAULTDICT,
        "import os\nfrom collections import defaultdict\nfrom typing import Any\n\nimport numpy\n",
    ),
    "plain imports first": (
        "import os\nimport sys\nfrom a import b\n",
        "import bisect",
        "import bisect\nimport os\nimport sys\nfrom a import b\n",
    ),
    "sorted by module alone": (
        "import abc\nfrom ast import parse\nimport os\n",
        DEFAULTDICT,
        "import abc\nfrom ast import parse\nfrom collections import defaultdict\nimport os\n",
    ),
    "joins its module": (
        "from collections import OrderedDict, deque\nx = 1\n",
        DEFAULTDICT,
        "from collections import OrderedDict, defaultdict, deque\nx = 1\n",
    ),
    "joins by the alphabet": (
        "from collections import abc, deque, OrderedDict\r\n",
        DEFAULTDICT,
        "from collections import abc, defaultdict, deque, OrderedDict\r\n",
    ),
    "does not disturb a careful layout": (
        "from collections import (\n    abc,\n    deque,\n)\nimport sys\n",
        DEFAULTDICT,
        "from collections import (\n    abc,\n    deque,\n)\nfrom collections import defaultdict\nimport sys\n",
    ),
    "does not join a comment": (
        "from collections import deque  # noqa\n",
        DEFAULTDICT,
        "from collections import deque  # noqa\nfrom collections import defaultdict\n",
    ),
    "above another group": (
        '"""d"""\n# why numpy\nimport numpy\n\nx = 1\n',
        DEFAULTDICT,
        '"""d"""\nfrom collections import defaultdict\n\n# why numpy\nimport numpy\n\nx = 1\n',
    ),
    "below docstring and future": (
        '"""Doc.\n\nMore."""\n\nfrom __future__ import annotations\n\n\ndef f():\n    pass\n',
        DEFAULTDICT,
        '"""Doc.\n\nMore."""\n\nfrom __future__ import annotations\n\nfrom collections import defaultdict\n\n\n'
        "def f():\n    pass\n",
    ),
    "below the docstring alone": (
        '"""Doc."""\nx = 1\n',
        DEFAULTDICT,
        '"""Doc."""\n\nfrom collections import defaultdict\n\nx = 1\n',
    ),
    "below what opens the file": (
        "#!/usr/bin/python3\n# coding: utf-8\nx = 1\n",
        DEFAULTDICT,
        "#!/usr/bin/python3\n# coding: utf-8\n\nfrom collections import defaultdict\n\nx = 1\n",
    ),
    "at the very top": ("x = 1\n", DEFAULTDICT, "from collections import defaultdict\n\nx = 1\n"),
    "in an empty file": ("", DEFAULTDICT, "from collections import defaultdict\n"),
    "after a last line without an end": (
        "import sys\r\nimport os",
        "import zlib",
        "import sys\r\nimport os\r\nimport zlib",
    ),
    "with CRLF and BOM": (
        "\ufeff'''d'''\r\nimport os\r\n",
        "import bisect",
        "\ufeff'''d'''\r\nimport bisect\r\nimport os\r\n",
    ),
    "never inside try": (
        "import os\ntry:\n    import bisect\n    import json\nexcept ImportError:\n    json = None\n",
        "import heapq",
        "import heapq\nimport os\ntry:\n    import bisect\n    import json\nexcept ImportError:\n    json = None\n",
    ),
    "not beside a semicolon": (
        "import os; import sys\n\nx = 1\n",
        "import bisect",
        "import bisect\n\nimport os; import sys\n\nx = 1\n",
    ),
    "there already": (
        "from collections import OrderedDict, defaultdict\n",
        DEFAULTDICT,
        "from collections import OrderedDict, defaultdict\n",
    ),
    "another name for it does not count": (
        "from collections import defaultdict as dd\n",
        DEFAULTDICT,
        "from collections import defaultdict as dd\nfrom collections import defaultdict\n",
    ),
    "for type checkers only does not count": (
        "import os\nif TYPE_CHECKING:\n    from collections import defaultdict\n",
        DEFAULTDICT,
        "import os\nfrom collections import defaultdict\nif TYPE_CHECKING:\n    from collections import defaultdict\n",
    ),
    "under another name": ("import os\n", "import bisect as _bisect", "import bisect as _bisect\nimport os\n"),
}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_import_is_added(case: str) -> None:
    source, statement, wanted = CASES[case]
    result = apply_edits(source, [Edit("import", statement), Edit("import", statement)])
    assert result == wanted
    assert apply_edits(result, [Edit("import", statement)]) == result


def test_two_names_of_one_module_share_a_line() -> None:
    edits = [Edit("import", DEFAULTDICT), Edit("import", "from collections import deque")]
    assert apply_edits("x = 1\n", edits) == "from collections import defaultdict, deque\n\nx = 1\n"


def test_an_import_below_the_code_that_needs_it_does_not_count() -> None:
    source = "x = y\nimport bisect\n"
    edits = [Edit("replace", "bisect.insort", 1, 4, 1, 5), Edit("import", "import bisect")]
    assert apply_edits(source, edits) == "import bisect\n\nx = bisect.insort\nimport bisect\n"


@pytest.mark.parametrize(
    "source",
    [
        "def defaultdict(): pass\n",
        "if a:\n    defaultdict = 1\n",
        "for defaultdict in x: pass\n",
        "from mine import defaultdict\n",
        "import a as defaultdict\n",
    ],
)
def test_a_name_that_means_something_else_is_refused(source: str) -> None:
    with pytest.raises(EditError, match="already means"):
        apply_edits(source, [Edit("import", DEFAULTDICT)])


@pytest.mark.parametrize("statement", ["x = 1", "import a, b", "from a import b, c", "import a; import b", "imp"])
def test_only_one_name_at_a_time(statement: str) -> None:
    with pytest.raises(EditError):
        apply_edits("x = 1\n", [Edit("import", statement)])
