"""Signals to what runs in a pod, from within: SIGKILL, SIGTERM, SIGSTOP, SIGCONT.

The pods of a run share one process namespace, so that the service is not its process 1, which no
signal from within can kill or stop. Its number is the lowest after that.
"""

from __future__ import annotations

from lab.targets.kubernetes.cluster import Cluster

_SCRIPT = 'kill -s "$1" "$(ls /proc | grep -x "[0-9][0-9]*" | sort -n | sed -n 2p)"'


async def send(cluster: Cluster, namespace: str, pod: str, signal: str) -> None:
    """Send a signal, by its short name (KILL), to the process of a pod's container; raises ClusterError."""
    await cluster.execute(namespace, pod, "sh", "-c", _SCRIPT, "--", signal)
