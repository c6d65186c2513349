"""Fairness by three measures."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.verdict.fairness import Fairness, fairness

amounts = st.lists(st.floats(0, 1e300), min_size=1, max_size=10)


@pytest.mark.parametrize(
    ("given_amounts", "expected"),
    [
        ([5, 5, 5, 5], Fairness(1.0, 1.0, 0.0)),
        ([8, 0, 0, 0], Fairness(0.25, math.inf, 0.75)),
        ([0, 0], Fairness(1.0, 1.0, 0.0)),
        ([7], Fairness(1.0, 1.0, 0.0)),
        ([1, 3], Fairness(0.8, 3.0, 0.25)),
    ],
)
def test_known_shares(given_amounts: list[float], expected: Fairness) -> None:
    found = fairness(given_amounts)
    assert found.spread == expected.spread
    assert found.jain == pytest.approx(expected.jain)
    assert found.gini == pytest.approx(expected.gini)


@given(amounts)
def test_measures_stay_in_their_ranges(some: list[float]) -> None:
    found, count = fairness(some), len(some)
    assert 1 / count - 1e-9 <= found.jain <= 1 + 1e-9
    assert found.spread >= 1
    assert -1e-9 <= found.gini <= (count - 1) / count + 1e-9


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=8), st.integers(1, 1000))
def test_only_proportions_matter(some: list[int], factor: int) -> None:
    before, after = fairness(some), fairness([factor * one for one in some])
    assert after.jain == pytest.approx(before.jain)
    assert after.gini == pytest.approx(before.gini, abs=1e-9)


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=8))
def test_gini_is_half_the_mean_difference_over_the_mean(some: list[int]) -> None:
    differences = sum(abs(one - other) for one in some for other in some)
    slow = differences / (2 * len(some) * sum(some)) if sum(some) else 0.0
    assert fairness(some).gini == pytest.approx(slow, abs=1e-9)


@pytest.mark.parametrize("wrong", [[], [1, -1]])
def test_what_is_no_amount_is_refused(wrong: list[float]) -> None:
    with pytest.raises(ValueError, match="not negative"):
        fairness(wrong)
