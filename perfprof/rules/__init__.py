"""Rules: what would be better, and when that is safe. A rule is one file; this finds the files by itself."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
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
    files = sorted(info.name for info in pkgutil.iter_modules(package.__path__))
    names = (file.replace("_", "-") for file in files)
    return MappingProxyType({name: rule_of(family, name) for name in names})


def by_reading(source: str) -> Iterator[Rule]:
    """The rules that may find something in a text without a run, in the same order; only their files are imported."""
    for family in FAMILIES:
        package = importlib.import_module(f"{__name__}.{family}")
        for name, words in package.BY_READING.items():
            if not words or any(word in source for word in words):
                yield rule_of(family, name)


@cache
def rule_of(family: str, name: str) -> Rule:
    """One rule; only its file is imported."""
    module = importlib.import_module(f"{__name__}.{family}.{name.replace('-', '_')}")
    rule: Rule = module.RULE
    return replace(rule, name=name, page=module.__doc__ or "", origin=module.__file__ or "")
