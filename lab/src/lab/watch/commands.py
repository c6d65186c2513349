"""The verbs `lab watch` and `lab scale`."""

from __future__ import annotations

import shutil
import subprocess
from contextlib import AsyncExitStack

from lab.interrupt import interruptible
from lab.outcome import USAGE, console_on_stdout, mind, refuse
from lab.target import Address
from lab.watch.crowd import CHART, Crowd, CrowdError, Neighbours, pods
from lab.watch.watching import watch as look_on


def watch(*addresses: str, namespace: str = "", release: str = "", every: float = 1.0, times: int = 0) -> int:
    """Show, live, how the replicas share the messages: what each received, its share and rate, the backlog.

    Without addresses it looks at the chart's pods in KUBECONFIG's cluster, by kubectl.

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
            crowd: Crowd = (
                Neighbours(_addresses(addresses))
                if addresses
                else await stack.enter_async_context(pods(namespace, release))
            )
            await look_on(console, crowd, every, times)
        return 0

    async def carry() -> int:
        try:
            return await interruptible(look())
        except CrowdError as error:
            return refuse(error)

    return mind(console, carry())


def scale(replicas: int, *, namespace: str = "", release: str = "") -> int:
    """Set how many subscribers run in KUBECONFIG's cluster, as `kubectl scale` does.

    Parameters
    ----------
    replicas
        How many.
    namespace
        Their namespace; by default the current context's.
    release
        Whose; by default every release's in the namespace.
    """
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        return refuse("there is no kubectl: install it")
    if replicas < 0:
        return refuse(f"scale {replicas}: give a number from 0 on")
    selector = f"app.kubernetes.io/name={CHART},app.kubernetes.io/component=subscriber"
    selector += f",app.kubernetes.io/instance={release}" if release else ""
    where = ["--namespace", namespace] if namespace else []
    command = [kubectl, "scale", "deployment", *where, "--selector", selector, f"--replicas={replicas}"]
    return subprocess.run(command, check=False).returncode and USAGE  # noqa: S603 - kubectl, with words of our own


def _addresses(texts: tuple[str, ...]) -> list[Address]:
    pairs = [text.removeprefix("http://").rstrip("/").rpartition(":") for text in texts]
    for text, (host, _, port) in zip(texts, pairs, strict=True):
        if not host or not port.isdecimal():
            raise CrowdError(f"{text}: give host:port, as in localhost:8080")
    return [Address(host, int(port)) for host, _, port in pairs]
