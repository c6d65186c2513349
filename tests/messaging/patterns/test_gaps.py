"""Gaps: never more than what is missing, and exactly that when only holes inside are."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from messaging import Delivery, Life
from messaging.patterns.gaps import Gaps
from tests.support.messages import Author, delivered

SENT = 40


def coming(lives: list[Life], arrivals: list[tuple[int, int]]) -> list[Delivery]:
    """Return deliveries of (life, count)."""
    whole = [[delivered(message) for message in _author(life).write(SENT)] for life in lives]
    return [whole[life][count - 1] for life, count in arrivals]


def _author(life: Life) -> Author:
    author = Author()
    author.life = life
    return author


arrivals = st.lists(st.tuples(st.integers(0, 2), st.integers(1, SENT)), max_size=60)


@given(arrivals)
def test_gaps_are_never_more_than_what_is_missing(came: list[tuple[int, int]]) -> None:
    """Lost, late, doubled, in any order, of several publishers at once."""
    gaps = Gaps()
    gaps.saw(coming([Life() for _ in range(3)], came))
    assert 0 <= gaps.missing <= 3 * SENT - len(set(came))


@given(st.sets(st.integers(2, SENT - 1)))
def test_gaps_are_exact_when_only_holes_inside_are_missing(missing: set[int]) -> None:
    gaps = Gaps()
    gaps.saw(coming([Life()], [(0, count) for count in range(1, SENT + 1) if count not in missing]))
    assert gaps.missing == len(missing)


@given(st.sets(st.tuples(st.integers(0, 2), st.integers(2, SENT - 1))), st.randoms())
def test_gaps_of_several_publishers_add_up_however_they_mix(missing: set[tuple[int, int]], chance: Random) -> None:
    turns = [life for life in range(3) for count in range(1, SENT + 1) if (life, count) not in missing]
    chance.shuffle(turns)
    rest = {life: iter([count for count in range(1, SENT + 1) if (life, count) not in missing]) for life in range(3)}
    gaps = Gaps()
    gaps.saw(coming([Life() for _ in range(3)], [(life, next(rest[life])) for life in turns]))
    assert gaps.missing == len(missing)


def test_a_message_that_comes_late_takes_its_hole_back() -> None:
    life, gaps = Life(), Gaps()
    gaps.saw(coming([life], [(0, 1), (0, 4)]))
    assert gaps.missing == 2
    gaps.saw(coming([life], [(0, 2)]))
    assert gaps.missing == 1


def test_a_restarted_publisher_makes_no_gap() -> None:
    gaps = Gaps()
    gaps.saw(coming([Life(), Life()], [(0, 39), (0, 40), (1, 1), (1, 2)]))
    assert gaps.missing == 0


def test_ids_of_another_make_are_left_alone() -> None:
    gaps = Gaps()
    for message in (Author().message(), *Author().write(3)[2:]):
        gaps.saw([delivered(type(message)("order-17", message.timestamp, "m", "s", message.count))])
    assert gaps.missing == 0


def test_only_so_many_publishers_are_remembered() -> None:
    lives = [Life() for _ in range(20)]
    gaps = Gaps(lives=5)
    gaps.saw(coming(lives, [(life, count) for count in (1, 3) for life in range(20)]))
    assert gaps.missing == 0  # each was forgotten before it came again
    gaps.saw(coming(lives[:2], [(0, 1), (1, 1), (0, 3), (1, 3)]))
    assert gaps.missing == 2
