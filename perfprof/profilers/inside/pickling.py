"""Pickle what a call was given and what came of it, cloudpickle helping where pickle gives up."""

from __future__ import annotations

import io
import os
import pickle
import sys
from collections.abc import Callable
from typing import Any

LARGEST = 16 * 1024 * 1024  # bytes of one pickle

_PROTOCOL = 5  # known to every version that perfprof runs on


class NotPicklableError(Exception):
    """Why not, in a few words."""


class _Bounded(io.BytesIO):
    """Memory that does not take more than it may."""

    def write(self, data: Any) -> int:
        if self.tell() + len(data) > LARGEST:
            raise NotPicklableError(f"more than {LARGEST >> 20} MB")
        return super().write(data)


def dump(value: Any, cloudpickle: str) -> bytes:
    """The pickle of ``value``; ``cloudpickle`` is the folder of that package. NotPicklableError if neither can."""
    try:
        return _dump(pickle.Pickler, value)
    except NotPicklableError:
        raise
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
    try:
        return _dump(_cloud(cloudpickle).Pickler, value)
    except NotPicklableError:
        raise
    except Exception:
        raise NotPicklableError(reason[:200]) from None


def _dump(pickler: Callable[..., Any], value: Any) -> bytes:
    file = _Bounded()
    pickler(file, _PROTOCOL).dump(value)
    return file.getvalue()


def _cloud(folder: str) -> Any:
    """cloudpickle: the program's own if it has one, else the one that perfprof brought along.

    It keeps its name, because pickles made by it name it.
    """
    if "cloudpickle" not in sys.modules:
        from importlib.util import module_from_spec, spec_from_file_location

        spec = spec_from_file_location(
            "cloudpickle", os.path.join(folder, "__init__.py"), submodule_search_locations=[folder]
        )
        if spec is None or spec.loader is None:
            raise ImportError("cloudpickle")
        module = module_from_spec(spec)
        sys.modules["cloudpickle"] = module
        spec.loader.exec_module(module)
    return sys.modules["cloudpickle"]
