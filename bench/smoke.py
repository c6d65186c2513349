"""Messages a second of each pattern beside a bare loop of the same commands, run in turn.

A benchmark and no test: it prints, it does not judge. Rates differ from machine to machine; the
ratio is taken pair by pair within one run and is what can be compared.
"""

from __future__ import annotations

import argparse
import secrets
import statistics
import time
from collections.abc import Callable

import uvloop

from bench.bare import BARE
from bench.contestant import Contestant
from bench.ours import Ours
from bench.workload import Workload
from lab.embedded import EmbeddedServer
from messaging import PATTERNS, RedisSettings

Rates = tuple[float, float]
"""Publish and consume, in messages a second."""


async def once(make: Callable[[str], Contestant], workload: Workload) -> Rates:
    """Time one contestant on a destination of its own."""
    contestant, batches = make(f"bench:{secrets.token_hex(4)}"), workload.batches()
    await contestant.open()
    try:
        start = time.perf_counter()
        await contestant.publish(batches)
        published = time.perf_counter()
        await contestant.consume(workload.messages)
        consumed = time.perf_counter()
    finally:
        await contestant.aclose()
    return workload.messages / (published - start), workload.messages / (consumed - published)


async def pair(settings: RedisSettings, pattern: str, workload: Workload) -> tuple[Rates, Rates]:
    """Time ours, then the bare loop."""
    ours = await once(lambda name: Ours(settings, pattern, name), workload)
    bare = await once(lambda name: BARE[pattern](settings, name), workload)  # type: ignore[arg-type,return-value]
    return ours, bare


def spread(values: list[float], form: str) -> str:
    """Return "median (least to most)"."""
    return f"{statistics.median(values):{form}} ({min(values):{form}} to {max(values):{form}})"


def line(pattern: str, step: str, ours: list[float], bare: list[float]) -> str:
    """Return one row of the table."""
    ratios = [mine / theirs for mine, theirs in zip(ours, bare, strict=True)]
    return f"{pattern:15} {step:8} {spread(ours, ',.0f'):32} {spread(bare, ',.0f'):32} {spread(ratios, '.2f')}"


async def run(patterns: list[str], runs: int, messages: int) -> None:
    """Print the table, a pattern as soon as it is measured."""
    print(f"{messages} messages of ~220 bytes, batches of 100, {runs} runs in turn after one that is not counted")
    print(f"{'pattern':15} {'':8} {'ours, messages/s':32} {'bare loop, messages/s':32} ours / bare")
    workload = Workload(messages)
    async with EmbeddedServer() as server:
        settings = RedisSettings(host=server.host, port=server.port)
        for pattern in patterns:
            pairs = [await pair(settings, pattern, workload) for _ in range(runs + 1)][1:]
            for place, step in enumerate(("publish", "consume")):
                print(line(pattern, step, [ours[place] for ours, _ in pairs], [bare[place] for _, bare in pairs]))


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patterns", nargs="*", default=list(PATTERNS), choices=list(PATTERNS))
    parser.add_argument("--runs", type=int, default=5, help="counted runs of each (default 5)")
    parser.add_argument("--messages", type=int, default=50_000, help="messages a run, in hundreds (default 50000)")
    asked = parser.parse_args()
    uvloop.run(run(asked.patterns, asked.runs, asked.messages))


if __name__ == "__main__":
    main()
