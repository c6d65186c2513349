"""The names in Redis: whatever the destination, all of its keys lie in one slot of a Cluster."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st
from redis.crc import key_slot

from messaging.seam import keys
from tests.support.vectors import vectors

NAMES = st.text(alphabet="ab:{}-ž", min_size=1)
PLAIN = st.text(alphabet="ab:-ž", min_size=1)


def slots(destination: str) -> set[int]:
    return {key_slot(name.encode()) for name in keys.of_destination(destination)}


@given(NAMES)
def test_all_keys_of_a_destination_share_its_slot(destination: str) -> None:
    assume("}" not in destination or keys.has_hash_tag(destination))
    assert slots(destination) == {key_slot(destination.encode())}


@given(PLAIN, PLAIN)
def test_keys_of_two_destinations_never_meet(one: str, other: str) -> None:
    assume(one != other)
    assert not set(keys.of_destination(one)) & set(keys.of_destination(other))


@given(NAMES)
def test_a_hash_tag_is_seen_where_the_cluster_sees_one(name: str) -> None:
    opening = name.find("{")
    tag = name[opening + 1 : name.find("}", opening + 1)] if opening >= 0 and "}" in name[opening + 1 :] else ""
    assert keys.has_hash_tag(name) == bool(tag)


def test_the_slots_of_the_vectors_are_those_of_the_keys() -> None:
    for vector in vectors("keys"):
        assert slots(vector["destination"]) == {vector["slot"]}


def test_the_default_names_are_those_of_the_first_version() -> None:
    assert (keys.PUBSUB, keys.QUEUE) == ("messages", "message_queue")
