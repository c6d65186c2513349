"""`lab find`: where a message is, or what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from lab.evidence.ledger import Ledger, Send
from lab.evidence.numbering import Numbering
from lab.evidence.residue import residue
from lab.find.destinations import destinations
from lab.report.folder import LEDGER, RESULT
from lab.report.result import Result
from messaging.history import History
from messaging.ledger import Group, decode_entry
from messaging.patterns import PATTERNS
from messaging.settings.common import CommonSettings
from messaging.transport.connection import topology

Moment = tuple[float, str]
_WORDS = {b"A"[0]: "acknowledged", b"F"[0]: "failed", b"U"[0]: "unknown"}


class NotFoundError(Exception):
    """There is nothing to look in."""


def latest(runs: Path) -> Path | None:
    """Return the folder of the last run that kept its ledger, None where there is none."""
    return max((path.parent for path in runs.glob(f"*/{LEDGER}")), default=None)


def read_ledger(folder: Path) -> Ledger:
    """Return the ledger of a run's folder.

    Raises:
        NotFoundError: it is not there, or cannot be read.
    """
    ledger = Ledger()
    try:
        raw = msgspec.msgpack.decode((folder / LEDGER).read_bytes(), type=dict[str, list[bytes]])
        for writer, elements in raw.items():
            for element in elements:
                ledger.apply(writer, decode_entry(element))
    except (OSError, msgspec.MsgspecError) as error:
        raise NotFoundError(f"{folder / LEDGER} cannot be read: {error}") from None
    return ledger


def in_run(folder: Path, message_id: str) -> list[Moment]:
    """Return what a run recorded about a message, and which faults struck near it; times are UNIX seconds."""
    ledger, number = read_ledger(folder), Numbering()
    wanted = number.of_id(message_id)
    moments = sorted(
        moment
        for pattern, history in ledger.histories.items()
        for moment in (
            *(found for send in history.sends for found in _sent(send, pattern, number, wanted)),
            *(
                (effect.at, f"{pattern}: handled by {ledger.writers[writer].who}")
                for writer, effects in history.effects.items()
                for effect in effects
                if _position(effect.groups, number, wanted) is not None
            ),
        )
    )
    return sorted((*moments, *_faults(folder, moments[0][0]))) if moments else []


def _sent(send: Send, pattern: str, number: Numbering, wanted: int) -> Iterator[Moment]:
    place = _position(send.groups, number, wanted)
    if place is not None:
        yield send.at, f"{pattern}: sent"
        code = send.codes[0 if len(send.codes) == 1 else place]
        at = send.at if send.told == float("inf") else send.told
        yield at, f"{pattern}: {_WORDS[code]}{f' ({send.reason})' if send.reason else ''}"


def _position(groups: tuple[Group, ...], number: Numbering, wanted: int) -> int | None:
    numbers = [one for group in groups for one in number.of_group(group)]
    return numbers.index(wanted) if wanted in numbers else None


def _faults(folder: Path, since: float) -> Iterator[Moment]:
    try:
        result = msgspec.json.decode((folder / RESULT).read_bytes(), type=Result)
    except (OSError, msgspec.MsgspecError):
        return  # a run that was interrupted while it was written
    load = next((one for one in result.phases if one.name == "load"), None)
    if load is None:
        return
    start = result.began.timestamp() - min(one.at_seconds for one in result.phases)
    for fault in result.faults:
        if (fault.healed_at_seconds or fault.at_seconds) + start >= since:
            yield start + fault.at_seconds, f"fault: {fault.label}"


async def _kept(settings: CommonSettings, message_id: str) -> str:
    """Return the entry that still stands in the stream, "" where there is none."""
    history = History(settings.redis, settings.destination.stream)
    try:
        kept = [one.entry async for one in history.entries() if one.message and one.message.id == message_id]
    finally:
        await history.aclose()
    return ", ".join(kept)


async def in_redis(settings: CommonSettings, message_id: str) -> list[str]:
    """Return the places on a user's server that hold the message; raises MessagingError."""
    found = []
    for pattern, kind in PATTERNS.items():
        if kind.guarantee.persistent:
            destination = settings.destination.of(pattern)
            left = await residue(topology(settings.redis), pattern, destination, settings.stream.group)
            if message_id in left.left:
                found.append(f"{pattern}: in Redis at {destination}, waiting or in a consumer's hands")
            elif pattern == "stream" and (entry := await _kept(settings, message_id)):
                found.append(f"{pattern}: in Redis at {destination} as {entry}, done by {settings.stream.group}")
    for place in destinations(settings, tuple(PATTERNS)):
        found += [f"dead letter {one}" async for one in place.letters() if one.message_id == message_id]
        await place.aclose()
    return found
