"""Where a run takes place, as the command line says it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Site:
    """A target; on Kubernetes the installed release, too, and where its copies run.

    Parameters
    ----------
    target
        Where the services run: local or kubernetes.
    namespace
        With kubernetes: namespace of the installed release; by default the current context's.
    release
        With kubernetes: which release there; by default the only one.
    lab_namespace
        With kubernetes: the lab's own namespace, in which everything runs that it starts.
    publisher_command
        With local: what starts a publisher, in place of ours; it takes the same settings.
    subscriber_command
        With local: what starts a subscriber, in place of ours; it takes the same settings.
    """

    target: str = "local"
    namespace: str = ""
    release: str = ""
    lab_namespace: str = "lab"
    publisher_command: str = ""
    subscriber_command: str = ""
