"""The JSON Schema of report.json, made from the contract so that the two cannot differ."""

from __future__ import annotations

import json
import types
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

from perfprof.optimizer.reports import contract

_PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}


def schema() -> str:
    """Draft 2020-12 as text. Entries that are not known are allowed: within a version the contract only grows."""
    definitions: dict[str, Any] = {}
    _typed(contract.Document, definitions)
    document = definitions.pop("Document")
    document["properties"]["format"] = {"const": contract.FORMAT}
    document["properties"]["version"] = {"const": contract.VERSION}
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "perfprof report"}
    return json.dumps({**head, **document, "$defs": dict(sorted(definitions.items()))}, indent=2) + "\n"


def _of(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    """The schema of one annotation."""
    origin, parts = get_origin(hint), get_args(hint)
    if is_typeddict(hint):
        _typed(hint, definitions)
        return {"$ref": f"#/$defs/{hint.__name__}"}
    if origin in (Union, types.UnionType):
        return {"anyOf": [_of(part, definitions) for part in parts]}
    if origin is Literal:
        return {"enum": list(parts)}
    if origin is list:
        return {"type": "array", "items": _of(parts[0], definitions)}
    if origin is dict:
        return {"type": "object", "additionalProperties": _of(parts[1], definitions)}
    return {"type": _PLAIN[hint]}


def _typed(shape: Any, definitions: dict[str, Any]) -> None:
    """Add an object of the contract, its docstring as the description."""
    if shape.__name__ in definitions:
        return
    entry = definitions[shape.__name__] = {"type": "object", "description": " ".join((shape.__doc__ or "").split())}
    hints = get_type_hints(shape)
    entry["properties"] = {name: _of(hint, definitions) for name, hint in hints.items()}
    entry["required"] = [name for name in hints if name in shape.__required_keys__]
