"""What the images promise: small, quick, lean, and nobody's root."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from datetime import datetime

import pytest

from tests.e2e.images import Images
from tests.e2e.kube import Manifest, run, until

BASE = "python:3.13-slim"
OURS_BYTES = 75_000_000  # above the base, whose official image has 125 MB: 200 MB together
LAB_BYTES = 330_000_000
RSS_BYTES = 80_000_000
READY_SECONDS = 3.0
SERVICES = ["publisher", "subscriber"]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Run a Redis in Docker and give its address."""
    name = f"e2e-redis-{secrets.token_hex(3)}"
    run("docker", "run", "--detach", "--name", name, "redis:8")
    yield str(inspect(name)["NetworkSettings"]["IPAddress"])
    run("docker", "rm", "--force", name)


def inspect(name: str) -> Manifest:
    """Return what Docker knows of an image or a container."""
    return dict(json.loads(run("docker", "inspect", name))[0])


@pytest.mark.parametrize("service", SERVICES)
def test_it_is_small_and_labelled_and_runs_as_nobody_without_a_shell(images: Images, service: str) -> None:
    image = inspect(images.of(service))
    assert image["Size"] - inspect(BASE)["Size"] <= OURS_BYTES
    configuration = image["Config"]
    assert configuration["User"] == "10001:10001"
    assert configuration["Entrypoint"] == ["python", "-m", service]
    assert configuration["Labels"]["org.opencontainers.image.title"] == f"messaging-{service}"
    assert {"version", "revision", "licenses"} <= {name.rpartition(".")[2] for name in configuration["Labels"]}


def test_the_labs_has_not_the_whole_kubernetes_client(lab_image: Images) -> None:
    assert inspect(lab_image.of("lab"))["Size"] - inspect(BASE)["Size"] <= LAB_BYTES


@pytest.mark.parametrize("service", SERVICES)
def test_it_brings_its_bytecode(images: Images, service: str) -> None:
    count = "import pathlib; print(all(list(pathlib.Path(p).rglob('*.pyc')) for p in ('/app/lib', '/code/messaging')))"
    said = run("docker", "run", "--rm", "--entrypoint", "python", images.of(service), "-c", count)
    assert said.strip() == "True"


@pytest.mark.parametrize("service", SERVICES)
def test_it_is_ready_soon_and_needs_little(images: Images, server: str, service: str) -> None:
    starts = [_start(images.of(service), server) for _ in range(3)]
    assert min(seconds for seconds, _ in starts) <= READY_SECONDS, starts
    assert max(rss for _, rss in starts) <= RSS_BYTES, starts


def _start(image: str, server: str) -> tuple[float, int]:
    """Return how many seconds it took to connect, and how many bytes of memory it takes."""
    name = f"e2e-service-{secrets.token_hex(3)}"
    options = ["--read-only", "--cap-drop", "ALL", "--env", f"REDIS_HOST={server}", "--env", "PATTERN=all"]
    run("docker", "run", "--detach", "--name", name, *options, image)
    try:
        connected = until(lambda: _connected(name), "the connection")
        began = datetime.fromisoformat(inspect(name)["State"]["StartedAt"][:26] + "+00:00")
        script = "print(next(line.split()[1] for line in open('/proc/1/status') if line.startswith('VmRSS')))"
        rss = int(run("docker", "exec", name, "python", "-c", script)) * 1024
        return (connected - began).total_seconds(), rss
    finally:
        run("docker", "rm", "--force", name)


def _connected(name: str) -> datetime | None:
    for line in run("docker", "logs", "--timestamps", name).splitlines():
        stamp, _, text = line.partition(" ")
        if "Connected to Redis" in text:
            return datetime.fromisoformat(stamp[:26] + "+00:00")
    return None
