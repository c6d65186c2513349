"""The verb `lab page`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from lab.cli.outcome import console_on_stdout, mind, refuse
from lab.cli.watch import crowd_of
from lab.common.http import Address
from lab.common.interrupt import Interrupted, interruptible
from lab.find.destinations import destinations
from lab.place.site import Site
from lab.place.tested import looking, own_server
from lab.watch.replicas import Crowd, CrowdError
from messaging.dead_letters import DeadLetters
from messaging.patterns import PATTERNS
from messaging.settings.common import CommonSettings

if TYPE_CHECKING:
    from lab.page.model import Model
    from lab.page.permissions import Granting


@dataclass(frozen=True, slots=True)
class Options:
    """What the page shows, to whom, and what it may.

    Parameters
    ----------
    demo
        Show five patterns on an embedded server, without a cluster.
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
        Offer to replay dead letters, scale the subscribers and start scenarios, each where the cluster allows it.
    trace_url
        Jaeger's address as browsers reach it, as in http://localhost:16686: messages link to their traces.
    lab_namespace
        The lab's own namespace, in which scenarios run.
    runs
        The folder of the scenarios' reports.
    """

    demo: bool = False
    namespace: str = ""
    release: str = ""
    host: str = "127.0.0.1"
    port: int = 8090
    allow_host: tuple[str, ...] = ()
    allow_writes: bool = False
    trace_url: str = ""
    lab_namespace: str = "lab"
    runs: Path = Path("runs")


_DEFAULT = Options()


def page(*addresses: str, options: Annotated[Options, Parameter(name="*")] = _DEFAULT) -> int:
    """Show in a browser, live, how messages flow: rates, shares, backlog, latency, dead letters.

    Without addresses it looks at the chart's pods in KUBECONFIG's cluster, or in the one whose pod this is. Dead
    letters are listed where REDIS_HOST (or REDIS_URL) names the server. There is no login.

    Parameters
    ----------
    addresses
        host:port of services that were started with PROBE_PORT, in place of pods.
    """
    if not 0 < options.port < 1 << 16:
        return refuse(f"--port {options.port}: give a number from 1 to 65535")
    if options.demo and addresses:
        return refuse(f"--demo and {' '.join(addresses)}: which one? The demo has services of its own")

    async def carry() -> int:
        try:
            await interruptible(_show(addresses, options))
        except CrowdError as error:
            return refuse(error)
        except Interrupted:
            pass  # the way to end it
        return 0

    return mind(console_on_stdout(), carry())


async def _show(addresses: tuple[str, ...], options: Options) -> None:
    # Takes two seconds, which no other verb shall wait for.
    from lab.page.model import Model  # noqa: PLC0415
    from lab.page.serving import serve  # noqa: PLC0415

    async with AsyncExitStack() as stack:
        crowd, settings = await stack.enter_async_context(_scene(addresses, options))
        model = Model(crowd, _places(settings))
        stack.push_async_callback(model.aclose)
        granting = _granting(crowd, model, options)
        stack.push_async_callback(granting.scenarios.aclose)
        await serve(model, granting, Address(options.host, options.port), options.allow_host, options.trace_url)


def _granting(crowd: Crowd, model: Model, options: Options) -> Granting:
    from lab.page.demo import Demo  # noqa: PLC0415
    from lab.page.permissions import Granting  # noqa: PLC0415
    from lab.page.scenarios import Scenarios  # noqa: PLC0415
    from lab.watch.pods import Pods  # noqa: PLC0415

    pods = crowd if isinstance(crowd, Pods) else None
    site = Site("kubernetes", options.namespace, options.release, options.lab_namespace) if pods else Site()
    scenarios = Scenarios(site, options.runs.absolute(), model.marks.append)
    scaler = crowd if isinstance(crowd, Demo) else None
    return Granting(scenarios, site, writes=options.allow_writes, scaler=scaler, pods=pods)


@asynccontextmanager
async def _scene(addresses: tuple[str, ...], options: Options) -> AsyncIterator[tuple[Crowd, CommonSettings | None]]:
    """Open a way to those who are shown, and tell where their dead letters are."""
    if options.demo:
        from lab.page.demo import demo  # noqa: PLC0415

        async with demo() as (made, settings):
            yield made, settings
    else:
        own = looking() if own_server() else None
        async with crowd_of(addresses, options.namespace, options.release) as crowd:
            yield crowd, own


def _places(settings: CommonSettings | None) -> dict[str, DeadLetters]:
    if settings is None:
        return {}
    kept = [name for name, kind in PATTERNS.items() if kind.guarantee.persistent]
    return dict(zip(kept, destinations(settings, kept), strict=True))
