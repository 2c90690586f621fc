"""Answers that are promises: coroutines are awaited, generators and iterators drained, both sides alike."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from .shapes import type_name, without_addresses

MOST_ITEMS = 20_000  # of a generator; enough to tell two apart


def finished(answer: Any, look: Callable[[], None]) -> tuple[bool, Any]:
    """Whether the answer gives items one by one, and the answer, or its type, its items and how they ended.

    look: called before the first item and after it, so that laziness shows.
    """
    if inspect.iscoroutine(answer):
        import asyncio  # costs as much as a hundred calls, and few need it

        answer = asyncio.run(answer)
    if inspect.isasyncgen(answer):
        import asyncio

        return True, asyncio.run(_collected(answer, look))
    if _one_shot(answer):
        return True, _drained(answer, look)
    return False, answer


def taken_from(answer: Any) -> Any:
    """The first item of a generator that is closed after it; none of other iterators, which cannot be closed."""
    if inspect.isasyncgen(answer):
        import asyncio

        return asyncio.run(_first(answer))
    if not inspect.isgenerator(answer):
        return None
    try:
        return next(answer, None)
    finally:
        answer.close()


def _one_shot(answer: Any) -> bool:
    """An iterator that is not also a file or another thing with a life of its own."""
    return hasattr(type(answer), "__next__") and not hasattr(answer, "read") and not hasattr(answer, "cursor")


def _drained(answer: Iterator[Any], look: Callable[[], None]) -> list[Any]:
    items: list[Any] = [type_name(type(answer))]
    look()
    try:
        for item in answer:
            items.append(item)
            if len(items) == 2:
                look()
            if len(items) > MOST_ITEMS:
                break
    except (Exception, SystemExit) as error:
        items.append(_ended(error))
    return items


async def _collected(answer: AsyncIterator[Any], look: Callable[[], None]) -> list[Any]:
    items: list[Any] = [type_name(type(answer))]
    look()
    try:
        async for item in answer:
            items.append(item)
            if len(items) == 2:
                look()
            if len(items) > MOST_ITEMS:
                break
    except (Exception, SystemExit) as error:
        items.append(_ended(error))
    return items


async def _first(answer: Any) -> Any:
    try:
        return await anext(answer, None)
    finally:
        await answer.aclose()


def _ended(error: BaseException) -> tuple[str, str, str]:
    return "raised", type_name(type(error)), without_addresses(str(error))
