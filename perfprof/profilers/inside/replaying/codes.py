"""Functions that a call made, told apart by their instructions and by what they hold."""

from __future__ import annotations

import hashlib
import types
from typing import Any


def held(function: types.FunctionType) -> list[Any]:
    """Defaults and what the cells of its closure contain."""
    cells = [cell.cell_contents for cell in function.__closure__ or () if _filled(cell)]
    return [function.__defaults__, function.__kwdefaults__, cells]


def code_name(code: types.CodeType) -> str:
    """A short name for names and instructions; where they stand does not count."""
    constants = [code_name(part) if isinstance(part, types.CodeType) else repr(part) for part in code.co_consts]
    names = (code.co_names, code.co_varnames, code.co_freevars, code.co_flags, constants)
    return hashlib.blake2b(
        f"{code.co_code.hex()} {names}".encode("utf-8", "surrogatepass"), digest_size=12
    ).hexdigest()


def _filled(cell: types.CellType) -> bool:
    try:
        cell.cell_contents  # noqa: B018 (an empty cell raises)
    except ValueError:
        return False
    return True
