"""The verb `lab page`."""

from __future__ import annotations

from contextlib import AsyncExitStack

from lab.dead_letters import destinations
from lab.outcome import console_on_stdout, mind, refuse
from lab.page.model import Model
from lab.target import Address
from lab.tested import looking, own_server
from lab.watch.commands import crowd_of
from lab.watch.crowd import CrowdError
from messaging.patterns import PATTERNS


def page(
    *addresses: str,
    namespace: str = "",
    release: str = "",
    host: str = "127.0.0.1",
    port: int = 8090,
    allow_host: tuple[str, ...] = (),
    allow_writes: bool = False,
) -> int:
    """Show in a browser, live, how messages flow: rates, shares, backlog, latency, dead letters.

    Without addresses it looks at the chart's pods in KUBECONFIG's cluster, by kubectl. Dead letters are
    listed where REDIS_HOST (or REDIS_URL) names the server. There is no login.

    Parameters
    ----------
    addresses
        host:port of services that were started with PROBE_PORT, in place of pods.
    namespace
        The pods' namespace; by default the current context's.
    release
        Whose pods; by default every release's in the namespace.
    host
        The address to listen at.
    port
        The port to listen at.
    allow_host
        A further name by which browsers reach the page; once for each.
    allow_writes
        Offer to replay dead letters.
    """

    async def carry() -> int:
        # Takes two seconds, which no other verb shall wait for.
        from lab.page.serving import serve  # noqa: PLC0415

        places = destinations(looking(), tuple(PATTERNS)) if own_server() else []
        kept = [name for name, kind in PATTERNS.items() if kind.guarantee.persistent]
        model = Model(dict(zip(kept, places, strict=False)))
        try:
            async with AsyncExitStack() as stack:
                crowd = await stack.enter_async_context(crowd_of(addresses, namespace, release))
                print(f"Listening: http://{host}:{port}", flush=True)  # noqa: T201 - what to open
                await serve(model, crowd, Address(host, port), allow_host, writes=allow_writes)
        except CrowdError as error:
            return refuse(error)
        return 0

    return mind(console_on_stdout(), carry())
