"""Where work runs: anything that gives a `concurrent.futures.Executor`."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from perfprof.errors import UsageError

if TYPE_CHECKING:
    from concurrent.futures import Executor


def executor(name: str, jobs: int) -> Executor:
    """The executor ``module:callable``, or a pool of processes. Raises UsageError for a name that gives none."""
    from concurrent.futures import Executor, ProcessPoolExecutor

    if not name:
        return ProcessPoolExecutor(jobs)
    module, _, attribute = name.partition(":")
    try:
        made = getattr(importlib.import_module(module), attribute or "executor")()
    except (ImportError, AttributeError) as problem:
        raise UsageError(f"--executor {name}: {problem}", todo="Give module:callable.") from problem
    if not isinstance(made, Executor):
        raise UsageError(f"--executor {name} gave a {type(made).__name__}", todo="It must return an Executor.")
    return made
