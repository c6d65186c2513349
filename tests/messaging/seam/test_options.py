"""Options: a consumer's name, and how long a retry waits."""

from __future__ import annotations

import os
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging import Options
from messaging.seam.options import consumer_name


def test_a_consumer_in_kubernetes_is_called_as_its_pod(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    assert consumer_name() == socket.gethostname()


def test_a_consumer_elsewhere_has_a_name_that_nobody_else_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    names = {consumer_name() for _ in range(10)}
    assert len(names) == 10
    assert all(name.startswith(f"{socket.gethostname()}-{os.getpid()}-") for name in names)


def test_each_options_name_their_own_consumer() -> None:
    assert Options().consumer != Options().consumer


def test_a_retry_waits_twice_as_long_each_time_up_to_the_longest() -> None:
    options = Options(retry_delay=1.0, retry_delay_max=5.0)
    assert [options.retry_delay_after(count) for count in range(1, 6)] == [1.0, 2.0, 4.0, 5.0, 5.0]


@given(st.integers(1, 10**9), st.floats(0.0, 1e6), st.floats(0.0, 1e6))
def test_no_retry_waits_longer_than_the_longest_whatever_its_count(count: int, delay: float, longest: float) -> None:
    assert 0.0 <= Options(retry_delay=delay, retry_delay_max=longest).retry_delay_after(count) <= longest
