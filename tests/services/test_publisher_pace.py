"""When messages are due, on a clock that moves when it is told to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.settings.publisher import PublishSettings
from publisher.pace import Due, Interval, Rate, Times, pace_of


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_the_first_batch_is_due_at_once_and_the_next_after_the_pause() -> None:
    clock = Clock()
    pace = Interval(2.0, 5, clock)
    assert pace.due() == Due(0.0, 5)
    pace.stamps(5)
    clock.now += 0.5
    assert pace.due() == Due(1.5, 5)
    clock.now += 1.5
    assert pace.due() == Due(0.0, 5)


def test_a_late_batch_does_not_hurry_the_next() -> None:
    clock = Clock()
    pace = Interval(2.0, 1, clock)
    pace.stamps(1)
    clock.now += 7.0
    assert pace.due() == Due(0.0, 1)
    pace.stamps(1)
    assert pace.due() == Due(2.0, 1)


def test_stamps_of_a_pause_are_the_present() -> None:
    before = datetime.now(UTC)
    stamps = Interval(2.0, 3).stamps(3)
    assert len(stamps) == 3
    assert all(before <= stamp <= datetime.now(UTC) for stamp in stamps)


def test_an_open_loop_sends_each_message_when_it_is_due() -> None:
    clock = Clock()
    pace = Rate(10.0, 100, clock)
    assert pace.due() == Due(0.0, 1)
    pace.stamps(1)
    assert pace.due().wait == pytest.approx(0.1)
    clock.now += 0.1
    assert pace.due() == Due(0.0, 1)


def test_after_a_stall_all_that_is_late_is_due_with_its_own_time() -> None:
    clock = Clock()
    pace = Rate(10.0, 25, clock)
    (first,) = pace.stamps(1)
    clock.now += 5.0
    assert pace.due() == Due(0.0, 25)
    stamps = pace.stamps(25)
    assert stamps == [first + timedelta(seconds=index / 10) for index in range(1, 26)]
    assert pace.due() == Due(0.0, 25)
    pace.stamps(25)
    assert pace.due().wait == pytest.approx(0.1)


@given(
    rate=st.floats(0.1, 100_000),
    batch=st.integers(1, 1000),
    steps=st.lists(st.floats(0, 10), max_size=50),
)
def test_nothing_is_sent_before_its_time_and_no_message_is_skipped(rate: float, batch: int, steps: list[float]) -> None:
    clock = Clock()
    pace = Rate(rate, batch, clock)
    start, sent = clock.now, 0
    for step in steps:
        clock.now += step
        due = pace.due()
        if due.wait:
            assert due.wait <= 1 / rate + 1e-6
            continue
        assert 1 <= due.allowed <= batch
        pace.stamps(due.allowed)
        sent += due.allowed
        assert (sent - 1) / rate <= clock.now - start + 1e-6


def test_a_rate_takes_the_place_of_the_pause() -> None:
    assert isinstance(pace_of(PublishSettings()), Interval)
    assert isinstance(pace_of(PublishSettings(rate=5.0, interval=1.0)), Rate)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 40)), max_size=40))
def test_a_message_has_the_same_time_at_every_destination_that_is_not_far_behind(steps: list[tuple[int, int]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("publisher.pace.KEPT", 50)
        times, places, told = Times(), [0] * 4, dict[int, datetime]()
        for who, count in steps:
            stamps = times.of(places[who], count)
            assert len(stamps) == count
            newest = max(*places, places[who] + count)
            for number, stamp in enumerate(stamps, places[who]):
                if number >= newest - 50:
                    assert told.setdefault(number, stamp) == stamp
            places[who] += count
