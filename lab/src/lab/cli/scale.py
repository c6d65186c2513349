"""`lab scale`: as many subscribers as are asked for, and ready, by kubectl."""

from __future__ import annotations

import shutil
import subprocess

from lab.cli.outcome import console_on_stdout, refuse
from lab.targets.kubernetes.release import CHART


class ScaleError(Exception):
    """The subscribers could not be scaled; the text says why, and what to do."""


def scale(replicas: int, *, namespace: str = "", release: str = "", timeout: int = 120) -> int:
    """Set how many subscribers run in KUBECONFIG's cluster, as `kubectl scale` does, and wait until they are ready.

    Exit codes: 0 so many are ready, 2 they are not; the reason is told.

    Parameters
    ----------
    replicas
        How many.
    namespace
        Their namespace; by default the current context's.
    release
        Whose; by default every release's in the namespace.
    timeout
        How long to wait for them, in seconds.
    """
    if replicas < 0 or timeout < 1:
        return refuse(f"scale {replicas} --timeout {timeout}: give a number from 0 on, and one from 1 on")
    where = ["--namespace", namespace] if namespace else []
    try:
        for deployment in _deployments(where, release):
            _kubectl("scale", deployment, *where, f"--replicas={replicas}")
            _kubectl("rollout", "status", deployment, *where, f"--timeout={timeout}s")
            console_on_stdout().print(f"{deployment}: {replicas} ready", soft_wrap=True, markup=False)
    except ScaleError as error:
        return refuse(error)
    return 0


def _deployments(where: list[str], release: str) -> list[str]:
    """Return the subscribers' Deployments, as kubectl calls them."""
    selector = f"app.kubernetes.io/name={CHART},app.kubernetes.io/component=subscriber"
    selector += f",app.kubernetes.io/instance={release}" if release else ""
    names = _kubectl("get", "deployment", *where, "--selector", selector, "--output=name").split()
    if not names:
        whose = f"release {release}" if release else "any release"
        raise ScaleError(f"there is no subscriber of {whose} here: see `helm list -A`, and give --namespace")
    return names


def _kubectl(*words: str) -> str:
    """Run kubectl and return what it printed; what it refuses names the verb and the resource."""
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        raise ScaleError("there is no kubectl: install it")
    command = [kubectl, *words]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)  # noqa: S603 - our own words
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines()
        raise ScaleError(f"kubectl {' '.join(words[:2])}: {lines[-1] if lines else f'status {done.returncode}'}")
    return done.stdout
