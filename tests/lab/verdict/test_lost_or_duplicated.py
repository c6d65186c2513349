"""Conservation, against a slow and obvious model, and the order of processing."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from lab.verdict.lost_or_duplicated import Account, conserve, reordered
from tests.support.obvious import slowly

ids = st.integers(1, 4)
some = st.lists(ids, max_size=8)
DRAWERS = [
    "acknowledged",
    "failed",
    "unknown",
    "processed",
    "lost",
    "recovered",
    "contradicted",
    "duplicated",
    "phantom",
]
sends = st.lists(st.tuples(ids, st.sampled_from("AFU")), max_size=10)


def account_of(sent: list[tuple[int, str]], processed: list[int], dead: list[int], stored: list[int]) -> Account:
    by = {outcome: Counter(one for one, its in sent if its == outcome) for outcome in "AFU"}
    attempted = Counter(one for one, _ in sent)
    places = {"dead": Counter(dead), "stored": Counter(stored)}
    return conserve(attempted, by["A"], by["F"], Counter(processed), places)


@given(sends, some, some, some)
def test_every_copy_lies_in_the_drawer_of_the_slow_model(
    sent: list[tuple[int, str]], processed: list[int], dead: list[int], stored: list[int]
) -> None:
    account = account_of(sent, processed, dead, stored)
    named = {"dead": [(0, one) for one in dead], "stored": [(0, one) for one in stored]}
    drawers = slowly([((0, one), its) for one, its in sent], [(0, one) for one in processed], named)
    slow = {drawer: Counter(one for _, one in some) for drawer, some in drawers.items()}
    for drawer in DRAWERS:
        assert getattr(account, drawer) == slow.get(drawer, Counter()), drawer
    for place, there in account.elsewhere.items():
        assert there == slow.get(place, Counter()), place
    assert not account.unrecorded


@given(sends, some, some, some)
def test_the_account_adds_up(
    sent: list[tuple[int, str]], processed: list[int], dead: list[int], stored: list[int]
) -> None:
    account = account_of(sent, processed, dead, stored)
    assert account.attempted == account.acknowledged + account.failed + account.unknown
    elsewhere = account.elsewhere["dead"] + account.elsewhere["stored"]
    assert account.acknowledged == account.processed + elsewhere + account.lost
    surplus = account.recovered + account.contradicted + account.duplicated + account.phantom
    assert Counter(processed) == account.processed + surplus


def test_an_outcome_without_an_attempt_is_told() -> None:
    account = conserve(Counter([1]), Counter([1, 2]), Counter([3]), Counter(), {})
    assert account.unrecorded == Counter([2, 3])


def test_order_is_judged_within_a_life_by_first_appearance() -> None:
    def one(life: int, count: int) -> int:
        return life << 48 | count

    a1, a2, a3, a4 = (one(0, count) for count in (1, 2, 3, 4))
    b1, b2 = one(1, 1), one(1, 2)
    sent_once = Counter([a1, a2, a3, a4, b1, b2])
    assert reordered([a1, b1, a2, b2, a3], sent_once) == []
    assert reordered([a2, a1, b1, a4, a3, a2, a1], sent_once) == [a1, a3]
    assert reordered([a2, a1], Counter([a1, a1, a2])) == []
    assert reordered([a2, a1, a1], sent_once) == [a1]
