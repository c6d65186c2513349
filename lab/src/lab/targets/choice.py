"""The places that a run can be sent to, by name."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from lab.place.place import Place
from lab.place.site import Site
from lab.scenario.checking import RefusedError
from lab.scenario.model import Scenario
from lab.targets.local.place import local


def kubernetes(scenario: Scenario, run: str, site: Site) -> AbstractAsyncContextManager[Place]:
    """Run on KUBECONFIG's cluster; see `lab.targets.kubernetes.place`.

    Raises:
        RefusedError: a service is to be started by a command: there the release's images are.
    """
    if site.publisher_command or site.subscriber_command:
        raise RefusedError("--publisher-command and --subscriber-command need --target local")
    from lab.targets.kubernetes.place import kubernetes as make  # noqa: PLC0415 - its client takes a second to import

    return make(scenario, run, site)


PLACES: dict[str, Callable[[Scenario, str, Site], AbstractAsyncContextManager[Place]]] = {
    "local": local,
    "kubernetes": kubernetes,
}
"""What makes a place, by the target's name."""
SLACK = {"local": 0.0, "kubernetes": 180.0}
"""How much longer each phase may take there, in seconds: pods come and go slower than processes."""
