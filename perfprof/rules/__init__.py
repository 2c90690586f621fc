"""Rules: what would be better, and when that is safe. A rule is one file; this finds the files by itself."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from types import MappingProxyType

from perfprof.rules.rule import Rule

FAMILIES = ("python", "sql")


def registry() -> Mapping[str, Rule]:
    """All rules by name, in the order of families and names."""
    return MappingProxyType({name: rule for family in FAMILIES for name, rule in family_of(family).items()})


@cache
def family_of(family: str) -> Mapping[str, Rule]:
    """The rules of one family by name; only their files are imported."""
    package = importlib.import_module(f"{__name__}.{family}")
    found: dict[str, Rule] = {}
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda one: one.name):
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        name = info.name.replace("_", "-")
        rule: Rule = module.RULE
        found[name] = replace(rule, name=name, page=module.__doc__ or "", origin=module.__file__ or "")
    return MappingProxyType(found)
