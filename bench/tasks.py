"""Messages a second of tasks that publish one message at a time through `Redis.publish`: 100 tasks beside one, in turn.

A benchmark and no test: it prints, it does not judge. The ratio is taken pair by pair within one run.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import time

import uvloop

from bench.smoke import spread
from lab.embedded import EmbeddedServer
from messaging import PATTERNS, Acknowledged, Options, Redis

MANY = 100


async def rate(redis: Redis, pattern: str, tasks: int, messages: int) -> float:
    """Return the messages a second of so many tasks, together."""
    destination, body = f"bench:{secrets.token_hex(4)}", "x" * 100

    async def publish() -> None:
        for _ in range(messages // tasks):
            outcome = await redis.publish(pattern, destination, body)
            assert isinstance(outcome, Acknowledged), outcome  # noqa: S101 - else the figure means nothing

    await redis.publish(pattern, destination, body)  # connects
    start = time.perf_counter()
    await asyncio.gather(*(publish() for _ in range(tasks)))
    return messages / (time.perf_counter() - start)


async def run(patterns: list[str], runs: int, messages: int) -> None:
    """Print the table, a pattern as soon as it is measured."""
    print(f"{messages} messages of ~220 bytes, {runs} runs in turn after one that is not counted")
    print(f"{'pattern':15} {'1 task, messages/s':30} {f'{MANY} tasks, messages/s':30} ratio")
    async with (
        EmbeddedServer() as server,
        Redis(f"redis://{server.host}:{server.port}", options=Options(max_length=0)) as redis,
    ):
        for pattern in patterns:
            pairs = [
                (await rate(redis, pattern, 1, messages), await rate(redis, pattern, MANY, messages))
                for _ in range(runs + 1)
            ][1:]
            one, many = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
            ratios = [second / first for first, second in pairs]
            print(f"{pattern:15} {spread(one, ',.0f'):30} {spread(many, ',.0f'):30} {spread(ratios, '.1f')}")


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patterns", nargs="*", default=list(PATTERNS), choices=list(PATTERNS))
    parser.add_argument("--runs", type=int, default=5, help="counted runs of each (default 5)")
    parser.add_argument("--messages", type=int, default=20_000, help="messages a run, in hundreds (default 20000)")
    asked = parser.parse_args()
    uvloop.run(run(asked.patterns, asked.runs, asked.messages))


if __name__ == "__main__":
    main()
