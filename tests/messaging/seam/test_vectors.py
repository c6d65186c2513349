"""What stands in tests/vectors/, which other languages' programs are tested against, is what our code does."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from messaging import Message
from messaging.seam import keys
from messaging.seam.errors import MalformedMessage
from messaging.seam.ids import life_of
from messaging.seam.message import decode, encode
from tests.support.vectors import InvalidVector, invalid_messages, vectors

VALID = vectors("valid_messages")


def named(vector: dict[str, Any]) -> str:
    return str(vector.get("name") or vector.get("destination") or vector["id"] or "empty")


@pytest.mark.parametrize("vector", VALID, ids=named)
def test_a_valid_message_is_read(vector: dict[str, Any]) -> None:
    message = decode(vector["text"].encode())
    fields = {name: getattr(message, name) for name in message.__struct_fields__}
    fields["timestamp"] = f"{message.timestamp.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
    assert fields == vector["fields"]


@pytest.mark.parametrize("vector", [one for one in VALID if one["canonical"]], ids=named)
def test_a_canonical_message_is_written(vector: dict[str, Any]) -> None:
    fields = vector["fields"] | {"timestamp": datetime.fromisoformat(vector["fields"]["timestamp"])}
    assert encode(Message(**fields)) == vector["text"].encode()


@pytest.mark.parametrize("vector", invalid_messages(), ids=lambda vector: vector.name)
def test_an_invalid_message_is_refused_with_the_field_at_fault(vector: InvalidVector) -> None:
    with pytest.raises(MalformedMessage) as refused:
        decode(vector.body)
    assert refused.value.field == vector.field
    assert refused.value.reason


@pytest.mark.parametrize("vector", vectors("keys"), ids=named)
def test_the_keys_beside_a_destination_are_named(vector: dict[str, Any]) -> None:
    for name in ("woken", "leases", "inflight", "dead_letters"):
        assert getattr(keys, name)(vector["destination"]) == vector[name]


@pytest.mark.parametrize("vector", vectors("ids"), ids=named)
def test_an_id_tells_its_life(vector: dict[str, Any]) -> None:
    assert life_of(vector["id"], vector["count"]) == vector["life"]
