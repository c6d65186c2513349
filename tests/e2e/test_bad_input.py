"""What cannot work is refused at install where that can be known; else the pod says it in one line and waits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.e2e.kube import CommandError, Kube, Manifest, until
from tests.e2e.release import Release

PASSWORDS = {f"{user}-password": f"secret-{user}" for user in ("publisher", "subscriber", "test")}
INSIDE = {f"{user}-password": f"secret-{user}" for user in ("autoscaler", "lab", "page", "page-writer", "operator")}


def outside(**values: object) -> dict[str, Any]:
    """Return values for a server of one's own."""
    return {"redis": {"enabled": False}, "externalRedis": values}


@pytest.mark.parametrize(
    ("values", "mend"),
    [
        (outside(host="redis", existingSecret="absent"), "there is no Secret absent in namespace"),
        (
            outside(host="redis", existingSecret="partial"),
            "has no key subscriber-password: add it, or set existingSecret",
        ),
        ({"redis": {"auth": {"existingSecret": "absent"}}}, "there is no Secret absent in namespace"),
        (
            {"redis": {"tls": {"enabled": True, "existingSecret": "partial"}}},
            "the Secret partial has no key ca.crt",
        ),
        ({"settings": {"PATTERN": "quue"}}, "does not match pattern"),
    ],
)
def test_it_is_refused_at_install(
    kube: Kube, release: Callable[..., Release], values: Mapping[str, Any], mend: str
) -> None:
    kube.secret("partial", {"publisher-password": "x"})
    with pytest.raises(CommandError) as refused:
        release("refused").install(values, wait=False)
    assert mend in str(refused.value)
    assert "deployment" not in kube(
        "get", "deployments", "--output", "name", "--selector", "app.kubernetes.io/instance=refused"
    )


def subscriber(kube: Kube, release: str) -> Manifest | None:
    """Return the subscriber's pod once its container has started."""
    selector = f"app.kubernetes.io/instance={release},app.kubernetes.io/component=subscriber"
    pods = [pod for pod in kube.all("pods", selector) if pod["status"].get("containerStatuses")]
    return pods[0] if pods else None


def lines(kube: Kube, release: str) -> list[str]:
    """Return the lines of its log, also of a container that has ended."""
    pod = subscriber(kube, release)
    if pod is None:
        return []
    name = pod["metadata"]["name"]
    restarted = pod["status"]["containerStatuses"][0]["restartCount"]
    return kube("logs", name, *(["--previous"] if restarted else [])).splitlines()


def test_a_redis_that_is_away_is_waited_for(kube: Kube, release: Callable[..., Release]) -> None:
    away = release("away")
    away.install(outside(host="nowhere.example.org"), wait=False)
    text = "No answer from Redis at nowhere.example.org:6379"
    found = until(lambda: [line for line in lines(kube, "away") if text in line], "a line about it")
    assert len(found) == 1
    until(lambda: _unready_for(kube, "away", 15), "that it stays so")
    pod = subscriber(kube, "away")
    assert pod is not None
    (status,) = pod["status"]["containerStatuses"]
    assert status["restartCount"] == 0
    assert [line for line in lines(kube, "away") if text in line] == found
    away.uninstall()


def _unready_for(kube: Kube, release: str, seconds: int) -> bool:
    """Tell whether the pod runs, not ready, since so many seconds."""
    pod = subscriber(kube, release)
    assert pod is not None
    assert not pod["status"]["containerStatuses"][0]["ready"]
    name = pod["metadata"]["name"]
    running = kube("exec", name, "--", "python", "-c", "import time; print(time.clock_gettime(time.CLOCK_BOOTTIME))")
    started = kube("exec", name, "--", "python", "-c", "print(open('/proc/1/stat').read().rsplit(')')[-1].split()[19])")
    return float(running) - int(started) / 100 > seconds


def test_a_wrong_password_is_said_in_one_line(kube: Kube, release: Callable[..., Release]) -> None:
    kube.secret("users", {**PASSWORDS, **INSIDE})
    inside = release("inside")
    inside.install({"redis": {"auth": {"existingSecret": "users"}}})
    inside.test()
    kube.secret("wrong", {**PASSWORDS, "subscriber-password": "wrong"})
    wrong = release("wrong")
    wrong.install(outside(host="inside-redis", existingSecret="wrong"), wait=False)
    said = until(lambda: _all_about(lines(kube, "wrong"), "REDIS_PASSWORD"), "a line about it")
    (line,) = [line for line in said if "REDIS_PASSWORD" in line]
    assert "WRONGPASS" in line
    assert "wrong" not in line.lower().replace("wrongpass", "")
    assert not [line for line in said if "Traceback" in line]
    wrong.uninstall()
    inside.uninstall()


def _all_about(said: list[str], word: str) -> list[str]:
    """Return all lines, once one of them has the word."""
    return said if any(word in line for line in said) else []
