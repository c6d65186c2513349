"""Waiting for conditions."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.eventually import eventually


async def test_it_returns_the_first_truthy_answer() -> None:
    answers = iter([0, "", None, "here"])
    assert await eventually(lambda: next(answers), every=0) == "here"


async def test_it_awaits_async_conditions() -> None:
    answers = iter([False, True])

    async def condition() -> bool:
        await asyncio.sleep(0)
        return next(answers)

    assert await eventually(condition, every=0)


async def test_it_gives_up_and_tells_what_it_awaited_and_what_it_saw_last() -> None:
    with pytest.raises(AssertionError, match=r"the moon did not come true within 0\.05 s; last: 0"):
        await eventually(lambda: 0, timeout=0.05, what="the moon")


async def test_errors_pass_through_but_for_the_named_ones() -> None:
    answers = iter([1, 0])
    assert await eventually(lambda: 1 // (1 - next(answers)), ignoring=ZeroDivisionError) == 1
    with pytest.raises(ZeroDivisionError):
        await eventually(lambda: 1 // 0)
