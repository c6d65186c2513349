"""What a consumer that has nothing to do asks of the server."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from messaging import PATTERNS, ConsumerLoop, Options, RedisBroker
from messaging.patterns import stream
from tests.support.eventually import eventually
from tests.support.standalone import run_standalone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from messaging import Delivery
    from tests.support.servers import ServerBinary

TURNS = 10
BLOCK = 0.2  # a tenth of the default
SENT = ("blmpop", "blmove", "xreadgroup", "evalsha")  # the scripts' own commands are none of ours


@pytest.mark.parametrize("pattern", [name for name, kind in PATTERNS.items() if kind.guarantee.persistent])
async def test_one_command_a_second_is_enough(
    pattern: str, embedded_binary: ServerBinary, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the time of BLOCK, which is 2 s, no more than two; a subscriber of a channel sends one PING in that time."""
    monkeypatch.setattr(stream, "SCAN_SECONDS", stream.SCAN_SECONDS / 10)

    async def handle(_: Sequence[Delivery]) -> None: ...

    async with run_standalone(embedded_binary) as server, server.client() as client:

        async def sent() -> dict[str, int]:
            stats = await client.info("commandstats")
            return {name: stats[f"cmdstat_{name}"]["calls"] for name in SENT if f"cmdstat_{name}" in stats}

        loop = ConsumerLoop(
            RedisBroker(server.settings).consumer(pattern, Options(block=BLOCK)), handle, PATTERNS[pattern].guarantee
        )
        running = asyncio.create_task(loop.run())
        try:
            await eventually(lambda: loop.ready)
            before = sum((await sent()).values())

            async def after(turns: int) -> int:
                found = await sent()
                waits = sum(count for name, count in found.items() if name != "evalsha")
                return sum(found.values()) if waits >= turns else 0

            first = await eventually(lambda: after(2))
            start = asyncio.get_running_loop().time()
            total = await eventually(lambda: after(first + TURNS))
            blocks = (asyncio.get_running_loop().time() - start) / BLOCK
        finally:
            loop.stop()
            await running
    assert before <= first
    assert total - first <= 2 * blocks + 3
