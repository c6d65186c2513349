"""Delays: doubled, capped, shortened by chance, and from the first again for each new try."""

from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from messaging.seam.backoff import Backoff


def longest(_low: float, high: float) -> float:
    return high


def shortest(low: float, _high: float) -> float:
    return low


def test_delays_double_up_to_the_cap() -> None:
    delays = Backoff(first=0.1, cap=0.5, uniform=longest)
    assert list(islice(delays, 5)) == [0.1, 0.2, 0.4, 0.5, 0.5]


def test_chance_takes_at_most_half_of_a_delay() -> None:
    assert list(islice(Backoff(first=0.1, cap=0.5, uniform=shortest), 3)) == [0.05, 0.1, 0.2]


def test_a_new_try_begins_at_the_first_delay() -> None:
    backoff = Backoff(uniform=longest)
    list(islice(backoff, 10))
    assert next(iter(backoff)) == 0.1


@given(first=st.floats(0.001, 100), cap=st.floats(0.001, 100), number=st.integers(1, 50))
def test_no_delay_exceeds_the_cap(first: float, cap: float, number: int) -> None:
    assert all(0 < delay <= cap for delay in islice(Backoff(first, cap), number))
