"""The chart with another Helm than PATH's: HELM names it, as in HELM=/opt/helm3 make e2e."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from tests.e2e.release import Release


@pytest.mark.skipif("HELM" not in os.environ, reason="HELM names no other Helm")
def test_it_installs_and_keeps_what_was_scaled(release: Callable[..., Release]) -> None:
    other = release("other", helm=os.environ["HELM"])
    other.install({"settings": {"PATTERN": "all"}, "publisher": {"replicas": 0}})
    passwords = other.kube.get("secret", "other-redis-users")["data"]
    other.scale("subscriber", 2)
    other.upgrade({"settings": {"PATTERN": "all", "LOG_FORMAT": "json"}, "publisher": {"replicas": 0}})
    other.expect("subscriber", 2)
    assert other.kube.get("secret", "other-redis-users")["data"] == passwords
    other.test()
    other.uninstall()
