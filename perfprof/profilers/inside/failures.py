"""Errors that leave a function of ours without its line in the traceback.

Python adds a line for each Python function that an error leaves. But calling a class is done in C: ``__new__`` may give an
instance that stands for the failure, and what then looks for its ``__init__`` is C as well, down to ``throw`` of a
generator that has ended, which raises what it is given and has no frame to add.
"""

from __future__ import annotations

import os
from functools import partial
from operator import methodcaller
from typing import Any

_OURS = os.path.dirname(__file__) + os.sep
_ended: Any = (text for text in "")
next(_ended, None)
_throw = _ended.throw


class Failure(partial[Any]):
    """To be mixed into a subclass of the class that is called; a partial of ``throw`` and the error."""

    __init__ = property(methodcaller("__call__"))


def failure(kind: Any, error: BaseException) -> Any:
    """What ``__new__`` has to return for this error, which then leaves the call; our own lines at its top are gone."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(_OURS):
        trace = trace.tb_next
    error.__traceback__ = trace
    return partial.__new__(kind, _throw, error)
