"""A late settle is told from one that is said again."""

from __future__ import annotations

import pytest

from messaging import ACK, Batch, Dead, Options, Retry, Settled
from messaging.patterns.repeated_settle import RepeatedSettle
from messaging.seam.errors import ConnectionLost, MessagingError, OutOfMemory
from tests.support.messages import delivered, written

BATCH = Batch([delivered(message, 2) for message in written(3)])
STALE = Settled(stale=3)
LOST = ConnectionLost("here:1", "timed out", sent=True)


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        """Begin at some moment."""
        self.now = 1000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("messaging.patterns.repeated_settle.time.monotonic", clock)
    return clock


def leased(lease: float = 10.0, max_deliveries: int = 5) -> RepeatedSettle:
    repeats = RepeatedSettle(Options(lease=lease, max_deliveries=max_deliveries))
    repeats.ask()
    repeats.begin()
    return repeats


def test_a_settle_that_was_never_said_before_is_what_the_server_says(clock: Clock) -> None:
    assert clock.now
    assert leased().judge(STALE, BATCH, None) == STALE
    assert leased().judge(Settled(acked=3), BATCH, None) == Settled(acked=3)


def test_a_settle_that_is_said_again_within_the_lease_was_carried_out(clock: Clock) -> None:
    repeats = leased(10.0)
    repeats.unsettled(LOST)
    clock.now += 9.9
    assert repeats.judge(STALE, BATCH, [ACK, Retry("later"), Dead("bad")]) == Settled(acked=1, retried=1, dead=1)


def test_a_retry_beyond_the_most_deliveries_was_a_death(clock: Clock) -> None:
    assert clock.now
    repeats = leased(max_deliveries=2)
    repeats.unsettled(LOST)
    assert repeats.judge(STALE, BATCH, [ACK, Retry("later"), ACK]) == Settled(acked=2, dead=1)


def test_a_settle_that_is_said_again_after_the_lease_is_stale(clock: Clock) -> None:
    repeats = leased(10.0)
    repeats.unsettled(LOST)
    clock.now += 10.1
    assert repeats.judge(STALE, BATCH, None) == STALE


def test_a_renewal_lengthens_the_lease_from_the_moment_of_asking(clock: Clock) -> None:
    repeats = leased(10.0)
    clock.now += 8
    repeats.prolong(clock.now)
    repeats.unsettled(LOST)
    clock.now += 9
    assert repeats.judge(STALE, BATCH, None) == Settled(acked=3)


def test_a_lost_reply_concerns_its_own_batch_alone(clock: Clock) -> None:
    assert clock.now
    repeats = leased()
    repeats.unsettled(LOST)
    repeats.ask()
    repeats.begin()
    assert repeats.judge(STALE, BATCH, None) == STALE


@pytest.mark.parametrize("error", [ConnectionLost("here:1", "refused", sent=False), OutOfMemory("OOM")])
def test_a_settle_that_certainly_was_not_carried_out_is_not_repeated(clock: Clock, error: MessagingError) -> None:
    assert clock.now
    repeats = leased()
    repeats.unsettled(error)
    assert repeats.judge(STALE, BATCH, None) == STALE
