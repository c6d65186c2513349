"""From bytes to batches, and from settlements to what is not simply acknowledged."""

from __future__ import annotations

import pytest

from messaging import ACK, Batch, Dead, Malformed, Retry, encode
from messaging.patterns.decoding import MALFORMED, REJECTED, RETRY, Decoder, unacknowledged
from messaging.seam.errors import MalformedMessage
from tests.support.messages import counts, delivered, written


def test_messages_and_malformed_ones_are_told_apart_and_keep_their_receipts() -> None:
    good = [encode(message) for message in written(2)]
    batch = Decoder("orders", 1000).batch([(good[0], "a"), (b"bad", "b"), (good[1], "c")], 3, "all")
    assert [(one.message.count, one.receipt, one.count, one.destination) for one in batch.deliveries] == [
        (1, "a", 3, "orders"),
        (2, "c", 3, "orders"),
    ]
    assert [(one.body, one.receipt, one.count, one.destination) for one in batch.malformed] == [
        (b"bad", "b", 3, "orders")
    ]
    assert (batch.receipt, len(batch)) == ("all", 3)
    assert batch.received_at > 1e9


def test_a_message_above_the_limit_is_malformed() -> None:
    body = encode(written(1)[0])
    assert len(Decoder("orders", len(body)).batch([(body, 1)]).deliveries) == 1
    assert len(Decoder("orders", len(body) - 1).batch([(body, 1)]).malformed) == 1


def test_no_settlements_mean_that_only_the_malformed_are_named() -> None:
    bad = Malformed(b"bad", MalformedMessage("id", "is missing"), "orders", 2, "receipt")
    (named,) = unacknowledged(Batch([delivered(written(1)[0])], [bad]), None)
    assert (named.receipt, named.count, named.kind, named.error) == ("receipt", 2, MALFORMED, "id: is missing")


def test_everything_but_an_acknowledgement_is_named() -> None:
    deliveries = [delivered(message, 4) for message in written(3)]
    for number, delivery in enumerate(deliveries):
        delivery.receipt = number
    named = unacknowledged(Batch(deliveries), [Retry("busy"), ACK, Dead("bad")])
    assert [(one.receipt, one.count, one.kind, one.error) for one in named] == [
        (0, 4, RETRY, "busy"),
        (2, 4, REJECTED, "bad"),
    ]


@pytest.mark.parametrize("number", [0, 1, 3])
def test_a_wrong_number_of_settlements_is_an_error(number: int) -> None:
    batch = Batch([delivered(message) for message in written(2)])
    with pytest.raises(ValueError, match="zip"):
        unacknowledged(batch, [ACK] * number)
    assert counts(batch) == [1, 2]
