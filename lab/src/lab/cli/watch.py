"""The verb `lab watch`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from lab.cli.outcome import console_on_stdout, mind, refuse
from lab.common.http import Address
from lab.common.interrupt import interruptible
from lab.watch.replicas import Crowd, CrowdError, Neighbours
from lab.watch.watching import watch as look_on


def watch(*addresses: str, namespace: str = "", release: str = "", every: float = 1.0, times: int = 0) -> int:
    """Show, live, how the replicas share the messages: what each received, its share and rate, the backlog.

    Without addresses it looks at the chart's pods in KUBECONFIG's cluster.

    Parameters
    ----------
    addresses
        host:port of services that were started with PROBE_PORT, in place of pods.
    namespace
        The pods' namespace; by default the current context's.
    release
        Whose pods; by default every release's in the namespace.
    every
        Seconds between two looks.
    times
        How many looks; 0 goes on until Ctrl-C.
    """
    if every <= 0 or times < 0:
        return refuse(f"--every {every:g} --times {times}: give a number above 0, and one from 0 on")
    console = console_on_stdout()

    async def look() -> int:
        async with AsyncExitStack() as stack:
            crowd = await stack.enter_async_context(crowd_of(addresses, namespace, release))
            await look_on(console, crowd, every, times)
        return 0

    async def carry() -> int:
        try:
            return await interruptible(look())
        except CrowdError as error:
            return refuse(error)

    return mind(console, carry())


@asynccontextmanager
async def crowd_of(addresses: tuple[str, ...], namespace: str, release: str) -> AsyncIterator[Crowd]:
    """Open a way to those at the addresses, or to the pods where none is given.

    Raises:
        CrowdError: there is no way.
    """
    if addresses:
        yield Neighbours(_addresses(addresses))
    else:
        from lab.watch.pods import pods  # noqa: PLC0415 - its client takes a second to import

        async with pods(namespace, release) as found:
            yield found


def _addresses(texts: tuple[str, ...]) -> list[Address]:
    pairs = [text.removeprefix("http://").rstrip("/").rpartition(":") for text in texts]
    for text, (host, _, port) in zip(texts, pairs, strict=True):
        if not host or not port.isdecimal():
            raise CrowdError(f"{text}: give host:port, as in localhost:8080")
    return [Address(host, int(port)) for host, _, port in pairs]
