"""Conservation, against a slow and obvious model, and the order of processing."""

from __future__ import annotations

from collections import Counter, defaultdict

from hypothesis import given
from hypothesis import strategies as st

from lab.account import Account, conserve, reordered

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


def slowly(
    sent: list[tuple[int, str]], processed: list[int], dead: list[int], stored: list[int]
) -> dict[str, list[int]]:
    """Take each copy of each message by itself and put it into its drawer."""
    drawers: dict[str, list[int]] = defaultdict(list)
    heap = {"processed": list(processed), "dead": list(dead), "stored": list(stored)}
    for one, outcome in sent:
        drawers[{"A": "acknowledged", "F": "failed", "U": "unknown"}[outcome]].append(one)
        if outcome == "A":
            place = next((place for place in heap if one in heap[place]), "lost")
            drawers[place].append(one)
            if place != "lost":
                heap[place].remove(one)
    spare = {outcome: [one for one, its in sent if its == outcome] for outcome in "FU"}
    for one in heap["processed"]:
        drawers[surplus(one, {outcome for it, outcome in sent if it == one}, spare)].append(one)
    return drawers


def surplus(one: int, outcomes: set[str], spare: dict[str, list[int]]) -> str:
    """Say what it is called that one was processed beyond what was acknowledged."""
    if not outcomes:
        return "phantom"
    for drawer, outcome in (("recovered", "U"), ("contradicted", "F")):
        if one in spare[outcome] and (outcome == "U" or outcomes == {"F"}):
            spare[outcome].remove(one)
            return drawer
    return "duplicated"


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
    slow = slowly(sent, processed, dead, stored)
    for drawer in DRAWERS:
        assert getattr(account, drawer) == Counter(slow[drawer]), drawer
    for place, there in account.elsewhere.items():
        assert there == Counter(slow[place]), place
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
