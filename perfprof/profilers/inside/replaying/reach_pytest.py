"""pytest's side of ``reach``: its items by their node ids. Copied beside it, named in PYTEST_PLUGINS."""

# mypy: disable-error-code="import-not-found, misc"
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import _perfprof_reach as reach
import pytest


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: Any, items: list[Any]) -> None:
    """Leave out what was not asked for."""
    chosen = reach.selection()
    if chosen is not None:
        config.hook.pytest_deselected(items=[item for item in items if item.nodeid not in chosen])
        items[:] = [item for item in items if item.nodeid in chosen]


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item: Any, nextitem: Any) -> Iterator[None]:
    """Set-up, call and tear-down of one test."""
    with reach.running(item.nodeid):
        yield


@pytest.hookimpl(hookwrapper=True)
def pytest_fixture_setup(fixturedef: Any, request: Any) -> Iterator[None]:
    """What several tests share is no single one's."""
    if fixturedef.scope == "function":
        yield
    else:
        with reach.running(""):
            yield
