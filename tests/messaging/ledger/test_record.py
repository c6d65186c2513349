"""The ledger's records: packed tightly, and found again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from messaging.ledger import (
    Attempt,
    Effects,
    Entry,
    decode_entry,
)
from messaging.ledger.record import encode_entry, floats, grouped, unsigned
from messaging.seam.ids import Life
from messaging.seam.message import Message
from tests.support.ledgers import LIFE, NOW, OTHER, foreign, message


def test_a_batch_of_one_life_takes_twelve_bytes_a_message_and_a_head() -> None:
    batch = [message(count, late=count / 4) for count in range(1, 101)]
    packed = grouped(batch, NOW.timestamp())
    (group,) = packed.groups
    assert (group.life, group.sender, len(group)) == (LIFE.prefix, "sender", 100)
    assert list(unsigned(group.counts)) == list(range(1, 101))
    assert list(floats(group.latencies)) == [count / 4 for count in range(1, 101)]
    assert len(encode_entry(Entry(1, 2.0, Attempt("queue", "q", packed.groups)))) < 12 * 100 + 100


def test_lives_and_foreign_ids_are_kept_apart_and_their_places_are_told() -> None:
    stranger, liar = foreign(7), Message(LIFE.id_of(8), NOW, "text", "liar", 9)
    batch = [message(1), message(5, OTHER), stranger, message(2), message(6, OTHER)]
    packed = grouped(batch, NOW.timestamp())
    assert [(group.life, list(unsigned(group.counts)), group.ids) for group in packed.groups] == [
        (LIFE.prefix, [1, 2], ()),
        (OTHER.prefix, [5, 6], ()),
        ("", [], (stranger.id,)),
    ]
    assert list(packed.order) == [0, 3, 1, 4, 2]
    assert grouped([liar], NOW.timestamp()).groups[0].ids == (liar.id,)


lives = st.sampled_from([LIFE, OTHER])
counts = st.integers(1, 2**48 - 1)


@given(st.lists(st.tuples(counts, lives) | st.none(), max_size=20))
def test_every_message_is_packed_once_and_found_again(chosen: list[tuple[int, Life] | None]) -> None:
    batch = [foreign(1) if one is None else message(one[0], one[1]) for one in chosen]
    packed = grouped(batch, NOW.timestamp())
    found = decode_entry(encode_entry(Entry(3, 4.0, Effects("queue", "q", 5.0, packed.groups))))
    assert (found.seq, found.time) == (3, 4.0)
    assert isinstance(found.record, Effects)
    ids: list[str] = []
    for group in found.record.groups:
        assert len(group) == len(floats(group.latencies))
        life = Life(group.life)
        ids += [life.id_of(count) for count in unsigned(group.counts)] if group.life else group.ids
    assert ids == [batch[place].id for place in packed.order]
    assert sorted(packed.order) == list(range(len(batch)))
