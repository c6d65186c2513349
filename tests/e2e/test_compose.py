"""No cluster at all: what `docker compose up` gives."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from tests.e2e.kube import CommandError, run, until
from tests.house.tree import ROOT

PROJECT = "messaging-e2e"
Compose = Callable[..., str]


@pytest.fixture(scope="module")
def compose() -> Iterator[Compose]:
    """Give `docker compose` for a project of our own, and take everything down in the end."""
    if shutil.which("docker") is None:
        pytest.skip("no docker")

    def compose(*words: str, **settings: str) -> str:
        command = ("docker", "compose", "--project-directory", str(ROOT), "--project-name", PROJECT, *words)
        return run(*command, environment={**os.environ, **settings})

    yield compose
    compose("down", "--volumes", "--remove-orphans")
    assert run("docker", "ps", "--all", "--quiet", "--filter", f"label=com.docker.compose.project={PROJECT}") == ""
    assert run("docker", "volume", "ls", "--quiet", "--filter", f"label=com.docker.compose.project={PROJECT}") == ""


def healthy(compose: Compose, service: str) -> int:
    """Return how many containers of a service are healthy."""
    listed = compose("ps", "--format", "json", service).splitlines()
    return [json.loads(line)["Health"] for line in listed].count("healthy")


def said(compose: Compose, words: str) -> bool:
    """Tell whether these words are in the subscribers' log."""
    return words in compose("logs", "subscriber")


def test_it_comes_up_and_messages_flow_in_both_patterns(compose: Compose) -> None:
    compose("up", "--build", "--detach", PUBLISH_INTERVAL="0.2")
    for service in ("redis", "publisher", "subscriber"):
        until(partial(healthy, compose, service), f"a healthy {service}")
    for words in ("[Received #1 from", "from pub-sub]", "from queue]"):
        until(partial(said, compose, words), words)
    assert "Published to channel 'messages' (1 subscribers): Hello from Python #" in compose("logs", "publisher")


def test_it_scales(compose: Compose) -> None:
    compose("up", "--detach", "--scale", "subscriber=3", PUBLISH_INTERVAL="0.2")
    until(lambda: healthy(compose, "subscriber") == 3, "three healthy subscribers")
    until(lambda: "(3 subscribers)" in compose("logs", "publisher"), "that all three hear")


def test_another_pattern_needs_no_down(compose: Compose) -> None:
    compose("up", "--detach", PATTERN="stream", PUBLISH_INTERVAL="0.2")
    until(lambda: "from stream]" in compose("logs", "subscriber"), "a message from the stream")


def test_another_redis_can_be_named(compose: Compose) -> None:
    compose("up", "--detach", REDIS_HOST="elsewhere", REDIS_PORT="6380")
    until(lambda: "No answer from Redis at elsewhere:6380" in compose("logs", "publisher"), "that it looks there")


def test_a_wrong_setting_is_one_line(compose: Compose) -> None:
    with pytest.raises(CommandError, match=r"PATTERN=quue: give names of"):
        compose("run", "--rm", "--no-deps", "publisher", PATTERN="quue")
