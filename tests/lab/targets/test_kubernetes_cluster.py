"""What somebody reads who has no cluster."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.support.processes import Processes

USAGE = 2


def kubeconfig(folder: Path, server: str) -> str:
    """Write one with a context that leads to a server."""
    file = folder / "kubeconfig"
    said = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "users": [{"name": "u", "user": {"token": "none"}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
    file.write_text(yaml.safe_dump(said))
    return str(file)


async def refused(processes: Processes, config: str, *words: str) -> str:
    run = processes.start("lab", "run", "steady", "--target", "kubernetes", *words, environment={"KUBECONFIG": config})
    assert await run.exit() == USAGE, run
    (line,) = (line for line in run.lines if line.startswith("lab: "))
    return line


async def test_a_kubeconfig_that_is_not_there_is_named(processes: Processes, tmp_path: Path) -> None:
    line = await refused(processes, str(tmp_path / "none"))
    assert f"there is no cluster: {tmp_path / 'none'} is not there; set KUBECONFIG" in line


@pytest.mark.parametrize(("text", "why"), [("", "is empty"), ("a: b", "cannot be used")])
async def test_a_kubeconfig_that_says_nothing_is_named(
    processes: Processes, tmp_path: Path, text: str, why: str
) -> None:
    (tmp_path / "bad").write_text(text)
    assert f"{tmp_path / 'bad'} {why}" in await refused(processes, str(tmp_path / "bad"))


async def test_a_cluster_that_does_not_answer_is_named(processes: Processes, tmp_path: Path) -> None:
    server = "http://127.0.0.1:1"
    assert f"no cluster answers at {server}" in await refused(processes, kubeconfig(tmp_path, server))
