"""What the ledger costs: the library with and without it, run in turn.

As in a service: each attempt is on record before its send and its outcome after it, each batch's effects
before its settle, on a server of their own. A benchmark and no test: it prints, it does not judge. Each
ratio is taken within one round, so that a busy moment of the machine meets both.
"""

from __future__ import annotations

import argparse
import secrets
from contextlib import AsyncExitStack

import uvloop

from bench.ours import Ours
from bench.smoke import Rates, once, spread
from bench.workload import Workload
from lab.embedded import EmbeddedServer
from messaging import PATTERNS, RedisSettings
from messaging.ledger import LedgerWriter


async def recorded(tested: RedisSettings, ledger: RedisSettings, pattern: str, workload: Workload) -> Rates:
    """Time one run whose ledger is kept."""
    writer = LedgerWriter(ledger, secrets.token_hex(4), "bench", "publisher")
    await writer.open()
    try:
        return await once(lambda name: Ours(tested, pattern, name, ledger=writer), workload)
    finally:
        await writer.aclose()


async def plain(tested: RedisSettings, pattern: str, workload: Workload) -> Rates:
    """Time one run without a ledger."""
    return await once(lambda name: Ours(tested, pattern, name), workload)


async def rounds(tested: RedisSettings, ledger: RedisSettings, pattern: str, workload: Workload, runs: int) -> None:
    """Time both once a round, in turn first; print the rows. The first round is not counted."""
    with_it: list[Rates] = []
    without: list[Rates] = []
    for number in range(runs + 1):
        if number % 2:
            with_it.append(await recorded(tested, ledger, pattern, workload))
        without.append(await plain(tested, pattern, workload))
        if not number % 2:
            with_it.append(await recorded(tested, ledger, pattern, workload))
    for place, step in enumerate(("publish", "consume")):
        kept, free = [one[place] for one in with_it[1:]], [one[place] for one in without[1:]]
        ratios = [one / other for one, other in zip(kept, free, strict=True)]
        print(f"{pattern:15} {step:8} {spread(kept, ',.0f'):32} {spread(free, ',.0f'):32} {spread(ratios, '.2f')}")


async def run(patterns: list[str], runs: int, messages: int) -> None:
    """Print the table, a pattern as soon as it is measured."""
    print(f"{messages} messages of ~220 bytes, batches of 100, {runs} rounds after one that is not counted")
    print(f"{'pattern':15} {'':8} {'with the ledger, messages/s':32} {'without it, messages/s':32} ratio")
    async with AsyncExitStack() as stack:
        servers = [await stack.enter_async_context(EmbeddedServer()) for _ in range(2)]
        tested, ledger = (RedisSettings(host=server.host, port=server.port) for server in servers)
        for pattern in patterns:
            await rounds(tested, ledger, pattern, Workload(messages), runs)


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patterns", nargs="*", default=list(PATTERNS), choices=list(PATTERNS))
    parser.add_argument("--runs", type=int, default=7, help="counted rounds (default 7)")
    parser.add_argument("--messages", type=int, default=20_000, help="messages a run, in hundreds (default 20000)")
    asked = parser.parse_args()
    uvloop.run(run(asked.patterns, asked.runs, asked.messages))


if __name__ == "__main__":
    main()
