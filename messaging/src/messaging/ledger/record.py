"""What the ledger's records hold, packed: 12 bytes a message beside a small head for each batch."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal, NamedTuple, TypeVar

import msgspec

from messaging.seam.ids import life_of
from messaging.seam.message import Message

_Number = TypeVar("_Number", int, float)

Role = Literal["publisher", "subscriber"]
State = Literal["open", "lost", "closed"]

ACKNOWLEDGED, FAILED, UNKNOWN = b"A", b"F", b"U"
"""The codes of `Outcomes`."""


class Group(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Messages of one life of a sender, in their order.

    Attributes:
        life: the start of their ids (`messaging.seam.ids`), "" when the ids are of another make.
        sender: who sent them.
        counts: their counts, unsigned 64-bit little-endian; empty when `life` is.
        latencies: seconds from the intended send, 32-bit floats, little-endian.
        ids: their ids, when `life` is empty.
    """

    life: str
    sender: str
    counts: bytes
    latencies: bytes
    ids: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Count the messages."""
        return len(self.latencies) // 4


class _Record(msgspec.Struct, frozen=True, array_like=True, tag=True, gc=False):
    """Base of the records; the class's name is the tag."""


class Began(_Record, frozen=True):
    """The first record: who writes.

    Attributes:
        who: the sender's or consumer's name.
        role: which of the services.
        host: its machine or pod.
        pid: its process.
    """

    who: str
    role: Role
    host: str
    pid: int


class Attempt(_Record, frozen=True):
    """About to be sent. Without `Outcomes` of it nobody knows what became of these.

    Latencies are how late they are, against their intended time.
    """

    pattern: str
    destination: str
    groups: tuple[Group, ...]


class Outcomes(_Record, frozen=True):
    """What the publisher was told.

    Attributes:
        of: the sequence number of the attempt.
        codes: one byte a message in the attempt's order, or one for all.
        reason: the first error's text.
    """

    of: int
    codes: bytes
    reason: str = ""


class Received(_Record, frozen=True):
    """About to be handled: in hand from now on, until the `Effects` of it or the next that is received.

    Latencies end when the handler got them.

    Attributes:
        delivery: which delivery of them it is, from 1.
    """

    pattern: str
    destination: str
    delivery: int
    groups: tuple[Group, ...]


class Effects(_Record, frozen=True):
    """Handled, and about to be settled.

    Attributes:
        began: UNIX time when the handler got them; the latencies end there.
    """

    pattern: str
    destination: str
    began: float
    groups: tuple[Group, ...]


class Subscription(_Record, frozen=True):
    """A consumer of a fan-out pattern joined or left.

    Attributes:
        at: UNIX time: "open" a moment after it joined, "lost" and "closed" not after it left.
    """

    pattern: str
    destination: str
    state: State
    at: float


class Ended(_Record, frozen=True):
    """The last record of a writer that stopped in good order."""


Record = Began | Attempt | Outcomes | Received | Effects | Subscription | Ended


class Entry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One element of a writer's list.

    Attributes:
        seq: its number, from 1 without a gap; one that comes again was written again after a lost
            reply, and counts once.
        time: UNIX time in seconds when it was handed over for writing.
        record: what it says.
    """

    seq: int
    time: float
    record: Record


encode_entry = msgspec.msgpack.Encoder().encode
decode_entry = msgspec.msgpack.Decoder(Entry).decode
"""Read an element; raises msgspec.DecodeError or msgspec.ValidationError for foreign bytes."""


class Grouped(NamedTuple):
    """Messages sorted by the life that sent them.

    Attributes:
        groups: the messages.
        order: for each message of the groups, one after the other, where it stood before.
    """

    groups: tuple[Group, ...]
    order: Sequence[int]


def grouped(messages: Sequence[Message], now: float) -> Grouped:
    """Pack messages; latencies run from their timestamps to `now`, a UNIX time in seconds."""
    moment = datetime.fromtimestamp(now, UTC)
    if (life := _common_life(messages)) is not None:
        return Grouped((_group(life, messages, moment),), range(len(messages)))
    places: dict[str, list[int]] = {}  # by the id without its count
    for place, message in enumerate(messages):
        places.setdefault(message.id[:-12], []).append(place)
    groups, order, others = [], [], []
    for some in places.values():
        chosen = [messages[place] for place in some]
        if (life := _common_life(chosen)) is None:
            others += some
        else:
            groups.append(_group(life, chosen, moment))
            order += some
    if others:
        groups.append(_group("", [messages[place] for place in others], moment))
    return Grouped(tuple(groups), order + others)


def unsigned(packed: bytes) -> array[int]:
    """Return the counts of a group."""
    return _native(array("Q", packed))


def floats(packed: bytes) -> array[float]:
    """Return the latencies of a group, in seconds."""
    return _native(array("f", packed))


def _common_life(messages: Sequence[Message]) -> str | None:
    """Return the life that sent them all, by one comparison: what `life_of` says one by one."""
    if not messages:
        return None
    life = life_of(messages[0].id, messages[0].count)
    if life is None:
        return None
    expected = (life + "%012x") * len(messages) % tuple([message.count for message in messages])
    return life if "".join([message.id for message in messages]) == expected else None


def _group(life: str, messages: Sequence[Message], moment: datetime) -> Group:
    latencies = array("f", [(moment - message.timestamp).total_seconds() for message in messages])
    counts = array("Q", [message.count for message in messages] if life else ())
    ids = () if life else tuple(message.id for message in messages)
    packed = _native(counts).tobytes(), _native(latencies).tobytes()
    return Group(life, messages[0].sender, *packed, ids)


def _native(values: array[_Number]) -> array[_Number]:
    """Turn little-endian into this machine's order, or back."""
    if sys.byteorder == "big":
        values.byteswap()
    return values
