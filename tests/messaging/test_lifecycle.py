"""A flag that signals set, and an end in time. The signals are real."""

from __future__ import annotations

import asyncio
import signal
import sys
import time

import pytest

from messaging.lifecycle import Shutdown, run, supervise
from tests.support.eventually import eventually

SIGNALS = [signal.SIGTERM, signal.SIGINT]


@pytest.mark.parametrize("number", SIGNALS)
async def test_a_signal_sets_the_flag_and_nothing_else(number: signal.Signals) -> None:
    shutdown, left = Shutdown(), list[int]()
    with shutdown.on_signals(left.append):
        signal.raise_signal(number)
        assert await asyncio.wait_for(shutdown.wait(), 5)
    assert left == []
    assert shutdown.reason == number.name


@pytest.mark.parametrize("number", SIGNALS)
async def test_a_second_signal_ends_at_once(number: signal.Signals) -> None:
    shutdown, left = Shutdown(), list[int]()
    with shutdown.on_signals(left.append):
        signal.raise_signal(signal.SIGTERM)
        assert left == []
        signal.raise_signal(number)
    assert left == [128 + number]


async def test_the_handlers_before_are_put_back() -> None:
    before = [signal.getsignal(number) for number in SIGNALS]
    with Shutdown().on_signals():
        assert [signal.getsignal(number) for number in SIGNALS] != before
    assert [signal.getsignal(number) for number in SIGNALS] == before


async def test_waiting_ends_with_its_time_or_with_the_flag() -> None:
    shutdown = Shutdown()
    assert not await shutdown.wait(0)
    assert not await shutdown.wait(0.001)
    waiting = asyncio.ensure_future(shutdown.wait(60))
    shutdown.request("first")
    shutdown.request("second")
    assert await waiting
    assert await shutdown.wait(60)
    assert shutdown.reason == "first"


async def test_callbacks_run_once_and_late_ones_at_once() -> None:
    shutdown, called = Shutdown(), list[str]()
    shutdown.then(lambda: called.append("early"))
    shutdown.request("x")
    assert called == [], "a signal's handler does nothing but set the flag"
    await eventually(lambda: called)
    shutdown.then(lambda: called.append("late"))
    assert called == ["early", "late"]


async def test_any_thread_may_request_it() -> None:
    shutdown = Shutdown()
    waiting = asyncio.ensure_future(shutdown.wait())
    await asyncio.to_thread(shutdown.request, "thread")
    assert await asyncio.wait_for(waiting, 5)


def nothing() -> None:
    """Do nothing."""


async def test_work_that_ends_by_itself_is_done() -> None:
    ticks: list[int] = []
    assert await supervise(asyncio.sleep(0), Shutdown(), 1.0, lambda: ticks.append(1), nothing)
    assert ticks


async def test_what_work_raises_is_raised() -> None:
    async def work() -> None:
        raise ValueError("x")

    with pytest.raises(ValueError, match="x"):
        await supervise(work(), Shutdown(), 1.0, nothing, nothing)


async def test_work_may_finish_within_the_grace() -> None:
    shutdown, release = Shutdown(), asyncio.Event()
    shutdown.then(lambda: asyncio.get_running_loop().call_later(0.05, release.set))

    async def work() -> None:
        shutdown.request("x")
        await release.wait()

    assert await supervise(work(), shutdown, 10.0, nothing, pytest.fail)


async def test_work_that_takes_too_long_is_asked_to_end_at_once() -> None:
    shutdown, aborted = Shutdown(), asyncio.Event()
    shutdown.request("x")
    start = time.monotonic()
    assert await supervise(_until(aborted), shutdown, 0.5, nothing, aborted.set)
    assert time.monotonic() - start >= 0.4


async def test_work_that_does_not_end_is_reported() -> None:
    shutdown = Shutdown()
    shutdown.request("x")
    ended: list[bool] = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    assert not await supervise(work(), shutdown, 0.1, nothing, nothing)
    await eventually(lambda: ended, what="the work's cancellation")


async def test_cancelled_work_is_done() -> None:
    tasks: list[asyncio.Task[object]] = []

    async def work() -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.append(task)
        await asyncio.Event().wait()

    shutdown = Shutdown()
    shutdown.request("x")
    assert await supervise(work(), shutdown, 0.2, nothing, lambda: [task.cancel() for task in tasks])


@pytest.mark.skipif(sys.platform == "win32", reason="uvloop is not made for Windows")
def test_it_runs_on_uvloop() -> None:
    async def module() -> str:
        return type(asyncio.get_running_loop()).__module__

    assert run(module()) == "uvloop"


async def _until(event: asyncio.Event) -> None:
    await event.wait()
