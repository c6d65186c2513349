"""The README's commands, as they stand, from the images to the picture."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator

import pytest

from messaging import PATTERNS
from tests.docs.pages import between
from tests.e2e.images import Images
from tests.e2e.kube import CommandError, Kube, run, until
from tests.house.tree import ROOT

KUBE = Kube("demo")  # as the README says
MAKE_CLUSTER = "kind create cluster"
WATCH = "make watch NAMESPACE=demo"
FAN_OUT = [name for name, pattern in PATTERNS.items() if pattern.guarantee.fan_out]


def commands() -> list[str]:
    """Return the commands, each whole."""
    return between("README.md", "kind").replace("\\\n", "").splitlines()[1:-1]


@pytest.fixture
def _namespace(images: Images) -> Iterator[None]:
    """Use a namespace that admits only restricted pods, and leave the cluster as it was."""
    if images.prefix:
        pytest.skip("the README's images are those of kind")
    try:
        KUBE.create()
    except CommandError:
        pytest.fail("the namespace demo is in use")
    yield
    KUBE.remove()
    run("kubectl", "wait", "--for=delete", f"namespace/{KUBE.namespace}", "--timeout=120s")


@pytest.mark.usefixtures("_namespace")
def test_the_commands_lead_to_the_picture() -> None:
    steps = commands()
    assert (steps[0], steps[-1]) == (MAKE_CLUSTER, WATCH)
    for step in steps[1:-1]:
        run("sh", "-c", f"cd {ROOT} && {step}")
    KUBE("rollout", "status", "deployment/demo-subscriber", "--timeout=120s")
    picture = until(_shared, "five replicas of each pattern in the picture")
    for pattern, shares in picture.items():
        assert len(shares) == 5, (pattern, shares)
        if pattern in FAN_OUT:
            assert min(shares) >= 95, (pattern, shares)  # a message comes between two looks
        else:
            assert sum(shares) in range(95, 106), (pattern, shares)


def _shared() -> dict[str, list[int]] | None:
    """Return each replica's share in percent, by pattern, once everyone has one."""
    found: dict[str, list[int]] = {}
    pattern = ""
    for line in _picture().splitlines():
        pattern = next((name for name in PATTERNS if line.startswith(f"{name} ")), pattern)
        if share := re.search(r" (\d+)%", line):
            found.setdefault(pattern, []).append(int(share[1]))
    return found if len(found) == len(PATTERNS) and all(map(all, found.values())) else None


def _picture() -> str:
    """Return the last table of some seconds of `make watch`."""
    looked = subprocess.run(
        ("timeout", "--signal=INT", "12", *WATCH.split()),  # noqa: S607 - as a user types it
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "140"},
        capture_output=True,
        text=True,
        check=False,
    )
    tables = re.split(r"^(?=pattern )", looked.stdout, flags=re.MULTILINE)
    assert len(tables) > 1, looked
    return tables[-1]
