"""One input for several destinations."""

from __future__ import annotations

import asyncio

import pytest

from publisher.tee import AHEAD, Tee


class Numbers:
    """A `Source` of "1", "2", ... up to a last one."""

    def __init__(self, last: int, error: OSError | None = None) -> None:
        self._next, self._last, self._error = 1, last, error
        self.skipped, self.closed = 3, False

    async def take(self, limit: int) -> list[str]:
        await asyncio.sleep(0)
        if self._error is not None:
            raise self._error
        first, self._next = self._next, min(self._next + limit, self._last + 1)
        return [] if self.closed else [str(number) for number in range(first, self._next)]

    def close(self) -> None:
        self.closed = True


async def test_each_reader_is_given_everything_at_its_own_pace() -> None:
    first, second = Tee(Numbers(1000), 2).readers

    async def read(size: int, reader: object) -> list[str]:
        found: list[str] = []
        while bodies := await reader.take(size):  # type: ignore[attr-defined]
            found += bodies
        return found

    wanted = [str(number) for number in range(1, 1001)]
    assert [*await asyncio.gather(read(7, first), read(100, second))] == [wanted, wanted]
    assert (first.skipped, second.skipped) == (3, 3)


async def test_who_is_far_ahead_waits_for_the_slowest() -> None:
    fast, slow = Tee(Numbers(AHEAD * 2), 2).readers
    for _ in range(AHEAD // 1000):
        assert len(await fast.take(1000)) == 1000
    waiting = asyncio.create_task(fast.take(1000))
    await asyncio.wait([waiting], timeout=0.05)
    assert not waiting.done()
    assert (await slow.take(1))[0] == "1"
    assert (await waiting)[0] == str(AHEAD + 1)


async def test_closing_wakes_who_waits() -> None:
    tee = Tee(Numbers(AHEAD * 2), 2)
    fast, _ = tee.readers
    await fast.take(AHEAD)
    waiting = asyncio.create_task(fast.take(1))
    await asyncio.wait([waiting], timeout=0.05)
    fast.close()
    assert await waiting == []


async def test_an_input_that_cannot_be_read_is_told_to_each() -> None:
    for reader in Tee(Numbers(9, OSError("gone")), 2).readers:
        with pytest.raises(OSError, match="gone"):
            await reader.take(1)
