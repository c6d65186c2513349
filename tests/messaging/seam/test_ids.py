"""Ids: unique over lives, and telling their life."""

from __future__ import annotations

import uuid

from hypothesis import given
from hypothesis import strategies as st

from messaging import Life
from messaging.seam.ids import life_of

COUNTS = st.integers(1, 2**48 - 1)


@given(COUNTS)
def test_an_id_is_a_uuid_of_version_8_that_ends_with_its_count(count: int) -> None:
    parsed = uuid.UUID(Life().id_of(count))
    assert (parsed.version, parsed.variant) == (8, uuid.RFC_4122)
    assert parsed.int & (2**48 - 1) == count


@given(COUNTS)
def test_an_id_tells_its_life(count: int) -> None:
    life = Life()
    assert life_of(life.id_of(count), count) == life.prefix


@given(COUNTS, COUNTS)
def test_an_id_with_another_count_tells_no_life(count: int, other: int) -> None:
    assert (life_of(Life().id_of(count), other) is None) == (count != other)


@given(st.text(), st.integers())
def test_ids_of_another_make_tell_no_life(text: str, count: int) -> None:
    assert life_of(text, count) is None
    assert life_of(str(uuid.uuid4()), count) is None


def test_lives_differ() -> None:
    assert len({Life().prefix for _ in range(1000)}) == 1000


def test_a_life_can_be_taken_up_again() -> None:
    life = Life()
    assert Life(life.prefix).id_of(7) == life.id_of(7)
