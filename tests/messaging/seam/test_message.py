"""The codec: what is written can be read by anybody, and nothing that is read can hurt."""

from __future__ import annotations

import contextlib
import json
import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging import Message
from messaging.seam.errors import MalformedMessage
from messaging.seam.message import decode, encode

TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
MOMENTS = st.datetimes(
    min_value=datetime(2, 1, 1),  # noqa: DTZ001 - the strategy adds the zone
    max_value=datetime(9998, 12, 31),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45)), timezone(timedelta(hours=-11))]),
)
MESSAGES = st.builds(
    Message,
    id=TEXTS,
    timestamp=MOMENTS,
    message=TEXTS,
    sender=TEXTS,
    count=st.integers(0, 2**63 - 1),
    traceparent=st.none() | TEXTS,
    tracestate=st.none() | TEXTS,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
    max_leaves=10,
)
FIELDS = ("id", "timestamp", "message", "sender", "count")


@given(MESSAGES)
def test_what_is_written_is_read_again(message: Message) -> None:
    assert decode(encode(message)) == message


@given(MESSAGES)
def test_any_json_reader_finds_the_documented_keys_in_their_order(message: Message) -> None:
    read = json.loads(encode(message))
    traced = [name for name in ("traceparent", "tracestate") if getattr(message, name) is not None]
    assert list(read) == [*FIELDS, *traced]
    assert {name: read[name] for name in read if name != "timestamp"} == {
        name: getattr(message, name) for name in read if name != "timestamp"
    }


@given(MESSAGES)
def test_the_timestamp_is_utc_with_six_digits_and_z(message: Message) -> None:
    written = json.loads(encode(message))["timestamp"]
    assert TIMESTAMP.fullmatch(written)
    assert datetime.fromisoformat(written) == message.timestamp


@given(st.binary())
def test_arbitrary_bytes_are_a_message_or_malformed(body: bytes) -> None:
    with pytest.raises(MalformedMessage):
        decode(body)


@given(JSON)
def test_arbitrary_json_is_malformed(value: object) -> None:
    with pytest.raises(MalformedMessage):
        decode(json.dumps(value).encode())


@given(st.sampled_from(FIELDS), JSON)
def test_a_field_of_any_other_value_is_a_message_or_names_the_field(field: str, value: object) -> None:
    whole = {"id": "a", "timestamp": "2026-07-14T12:00:00Z", "message": "m", "sender": "s", "count": 1}
    try:
        message = decode(json.dumps(whole | {field: value}).encode())
    except MalformedMessage as error:
        assert error.field == field  # noqa: PT017 - either way is right
    else:
        assert field == "timestamp" or getattr(message, field) == value


@given(MESSAGES, st.integers(0, 400), st.binary(min_size=1, max_size=3))
def test_damaged_messages_are_read_or_malformed_and_raise_nothing_else(
    message: Message, place: int, damage: bytes
) -> None:
    body = encode(message)
    with contextlib.suppress(MalformedMessage):
        decode(body[:place] + damage + body[place + len(damage) :])


@pytest.mark.parametrize("depth", [100, 10_000, 1_000_000])
def test_deep_nesting_is_no_way_to_crash_us(depth: int) -> None:
    for body in (b"[" * depth, b'{"x":' * depth, b'{"x":' + b"[" * depth + b"]" * depth + b"}"):
        with pytest.raises(MalformedMessage):
            decode(body)


def test_the_limit_is_in_bytes_and_inclusive() -> None:
    body = encode(Message("a", datetime(2026, 7, 14, tzinfo=UTC), "žluť", "s", 1))
    assert decode(body, limit=len(body)).message == "žluť"
    with pytest.raises(MalformedMessage, match=f"{len(body)} bytes.*MESSAGE_BYTES allows {len(body) - 1}"):
        decode(body, limit=len(body) - 1)


def test_a_message_cannot_be_changed() -> None:
    message = Message("a", datetime(2026, 7, 14, tzinfo=UTC), "m", "s", 1)
    with pytest.raises(AttributeError):
        message.count = 2  # type: ignore[misc]
