"""The exponents of functions on their captured calls, by counted steps."""

from __future__ import annotations

import ast
import inspect
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .complexity.counting import Steps, counted
from .complexity.growth import Growth, grown
from .draining import finished
from .fences import Fence
from .modules import NotImportedError, load
from .sides import Sides

Tell = Callable[[dict[str, Any]], None]


def growing(job: dict[str, Any], tell: Tell) -> None:
    """Tell for each case ``{"id", "exponent", "parts", "points", "fit", "opaque"}``, or ``{"id", "problem"}``."""
    fence = Fence()
    for case in job["cases"]:
        try:
            growth = _growth(job, case, fence)
        except (Exception, SystemExit) as error:
            tell({"id": case["id"], "problem": f"{type(error).__name__}: {error}"[:200]})
            continue
        told = {"exponent": growth.exponent, "parts": growth.parts, "points": growth.points, "fit": growth.fit}
        problem = {"problem": fence.note} if fence.note else {}
        tell({"id": case["id"], **told, "opaque": sorted(growth.opaque), **problem})


def _growth(job: dict[str, Any], case: dict[str, Any], fence: Fence) -> Growth:
    """One function of one text of its module, on one captured call."""
    module = load(Path(job["root"]), case["path"], job["script"])
    steps = Steps()
    vars(module).update(steps.names())
    file = str(getattr(module, "__file__", ""))
    sides = Sides(module, file, case["before"], ast.unparse(counted(ast.parse(case["text"]))))
    if sides.problems:
        raise NotImportedError(sides.problems[0])
    sides.use("new")
    try:
        function = sides.callable(case["function"], "new")
        if function is None:
            raise NotImportedError("the function was not found in its module")
        signature = inspect.signature(function)

        def fresh() -> dict[str, Any]:
            args, kwargs = pickle.loads(case["blob"])  # noqa: S301 (written by the probed run)
            return dict(signature.bind(*args, **kwargs).arguments)

        def call(arguments: dict[str, Any]) -> None:
            bound = signature.bind_partial()
            bound.arguments.update(arguments)
            with fence.around(job["seconds"]):
                finished(function(*bound.args, **bound.kwargs), lambda: None)

        return grown(call, fresh, steps)
    finally:
        sides.use("old")
