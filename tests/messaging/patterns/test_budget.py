"""Budgets: how much a consumer asks for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from messaging.patterns.budget import SizeBudget, TimeBudget


def test_before_anything_is_known_everything_asked_for_is_allowed() -> None:
    assert SizeBudget(10).allows(100) == 100
    assert TimeBudget(100, 0.02).allows() == 100


@given(st.integers(1, 10_000), st.integers(1, 10_000), st.integers(1, 1000))
def test_messages_of_one_size_stay_within_the_bytes_or_come_alone(limit: int, size: int, count: int) -> None:
    budget = SizeBudget(limit)
    budget.saw([b"x" * size])
    allowed = budget.allows(count)
    assert 1 <= allowed <= count
    assert allowed == 1 or allowed * size <= limit


def test_the_average_size_follows_what_comes() -> None:
    budget = SizeBudget(10_000)
    budget.saw([b"x" * 10] * 5)
    before = budget.allows(1000)
    for _ in range(30):
        budget.saw([b"x" * 1000])
    assert before == 1000
    assert budget.allows(1000) in range(9, 12)


def test_nothing_teaches_nothing() -> None:
    budget = SizeBudget(1)
    budget.saw([])
    assert budget.allows(7) == 7


@given(st.integers(1, 1000), st.floats(1e-6, 10.0), st.floats(0.0, 10.0), st.integers(1, 1000))
def test_a_handler_of_one_speed_gets_what_it_can_do_in_its_time(
    limit: int, seconds: float, each: float, messages: int
) -> None:
    budget = TimeBudget(limit, seconds)
    budget.took(each * messages, range(messages))
    allowed = budget.allows()
    assert 1 <= allowed <= limit
    assert allowed == 1 or allowed * each <= seconds * 1.001


def test_two_milliseconds_a_message_make_batches_of_ten() -> None:
    budget = TimeBudget(100, 0.02)
    budget.took(0.2, range(100))
    assert budget.allows() == 10


def test_a_slow_handler_is_still_given_one_message_for_each_of_its_calls() -> None:
    budget = TimeBudget(100, 0.02, least=25)
    budget.took(1.0, range(25))
    assert budget.allows() == 25
    assert TimeBudget(10, 0.02, least=25).allows() == 10
