"""skaffold's way in: run, verify, and dev with an edited file."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.kube import CommandError, Kube, run, until
from tests.house.tree import ROOT, files

KUBE = Kube("messaging")  # as skaffold.yaml says
SELECTOR = "app.kubernetes.io/component=subscriber"
SKAFFOLD = shutil.which("skaffold") or ""
GREETING = "Starting Python Subscriber"


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Copy what git holds, to edit it; remove from the cluster what skaffold put there."""
    if not SKAFFOLD:
        pytest.skip("no skaffold")
    if "messaging" in run("kubectl", "get", "namespaces", "--output", "name").replace("namespace/", "").split():
        pytest.fail("the namespace messaging is in use")
    tree = tmp_path_factory.mktemp("tree")
    for path in files():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, tree / path)
    yield tree
    KUBE.remove()


@pytest.fixture(scope="module")
def skaffold(tree: Path) -> Callable[..., str]:
    """Give skaffold in that copy."""

    def skaffold(*words: str, **settings: str) -> str:
        environment = {**os.environ, **settings}
        done = subprocess.run(
            [SKAFFOLD, *words], cwd=tree, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise CommandError(f"skaffold {' '.join(words)}\n{done.stdout}{done.stderr}")
        return done.stdout

    return skaffold


def test_run_and_verify(skaffold: Callable[..., str], tree: Path) -> None:
    skaffold("run")
    assert GREETING in KUBE("logs", "--selector", SELECTOR, "--tail=-1")
    (tree / "build.json").write_text(skaffold("build", "--quiet"), encoding="utf-8")
    said = skaffold("verify", "--build-artifacts", "build.json")
    assert "pubsub: 20 messages came back" in said
    assert "queue: 20 messages came back" in said
    skaffold("delete")


def test_a_redis_of_ones_own(skaffold: Callable[..., str], kube: Kube) -> None:
    kube.pod("outside", "redis:8", ["redis-server", "--save", "", "--protected-mode", "no", "--dir", "/tmp"])  # noqa: S108
    host = f"outside.{kube.namespace}"
    skaffold("run", "--profile", "external-redis", REDIS_HOST=host)
    until(lambda: f"Connected to Redis at {host}:6379" in KUBE("logs", "--selector", SELECTOR), "the connection")
    assert KUBE("get", "statefulsets", "--output", "name") == ""
    skaffold("delete", "--profile", "external-redis", REDIS_HOST=host)


@pytest.mark.full
def test_dev_brings_an_edited_file_into_the_pod(tree: Path, tmp_path: Path) -> None:
    log = tmp_path / "skaffold.log"
    command = [SKAFFOLD, "dev", "--profile", "dev", "--tail=false"]
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=tree, stdout=output, stderr=subprocess.STDOUT)
    try:
        until(lambda: GREETING in KUBE("logs", "--selector", SELECTOR, "--tail=-1"), "the first pod", seconds=180)
        until(lambda: "Watching for changes" in log.read_text(encoding="utf-8"), "that it watches", seconds=180)
        source = tree / "services/subscriber/src/subscriber/app.py"
        text = source.read_text(encoding="utf-8")
        assert "Python Subscriber" in text
        source.write_text(text.replace("Python Subscriber", "Edited Subscriber"), encoding="utf-8")
        edited = "Starting Edited Subscriber"
        until(lambda: edited in KUBE("logs", "--selector", SELECTOR, "--tail=-1"), "the edited pod", seconds=180)
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(120) in (0, 1, 130), log.read_text(encoding="utf-8")
    until(lambda: not KUBE.all("pods"), "that it has cleaned up")
