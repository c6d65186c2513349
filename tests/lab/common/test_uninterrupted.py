"""Steps that must be whole, and work that may be interrupted."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress

import pytest

from lab.common.interrupt import Interrupted, interruptible
from lab.common.uninterrupted import uninterrupted


async def test_a_step_runs_to_its_end_however_often_it_is_cancelled() -> None:
    begun, may_end, done = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def step() -> str:
        begun.set()
        await may_end.wait()
        done.set()
        return "whole"

    task = asyncio.create_task(uninterrupted(step()))
    await begun.wait()
    for _ in range(3):
        task.cancel()
        await asyncio.wait((task,), timeout=0.01)
    assert not task.done()
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert done.is_set()
    assert await uninterrupted(step()) == "whole"


async def test_what_a_step_raises_is_raised() -> None:
    async def step() -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        await uninterrupted(step())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_the_first_signal_ends_the_work_and_the_second_does_not_end_the_cleaning(
    number: signal.Signals,
) -> None:
    cleaned = False

    async def work() -> None:
        nonlocal cleaned
        try:
            os.kill(os.getpid(), number)
            await asyncio.Event().wait()
        finally:
            os.kill(os.getpid(), number)
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.Event().wait(), 0.05)
            cleaned = True

    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(Interrupted) as raised:
        await interruptible(work())
    assert raised.value.signal == number
    assert cleaned
    assert signal.getsignal(signal.SIGTERM) == before


async def test_work_that_nobody_interrupts_returns() -> None:
    async def work() -> int:
        return 7

    assert await interruptible(work()) == 7
