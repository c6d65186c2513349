"""The faults of a run in numbers and words, and what they explain of its losses."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from lab.report.run_record import Observed


class FaultResult(msgspec.Struct, frozen=True):
    """One time that a fault struck; unconfirmed ones have an empty proof.

    Attributes:
        fault: its name.
        label: what was done to whom.
        at_seconds: when, after the start of the load.
        healed_at_seconds: when it was mended.
        proof: what shows that it happened.
        doubt: why it is not confirmed.
        in_hand: how many messages of each pattern were in hand.
        hit: what shows that it struck in the moment that it was to strike in; "" where there is none.
        missed: why it did not; such a strike was repeated.
    """

    fault: str
    label: str
    at_seconds: float
    healed_at_seconds: float | None
    proof: str
    doubt: str
    in_hand: dict[str, int] = {}
    hit: str = ""
    missed: str = ""


def fault_results(observed: Observed) -> tuple[FaultResult, ...]:
    """Return each time that a fault struck, in order."""
    return tuple(
        FaultResult(
            fault=one.fault,
            label=one.label,
            at_seconds=one.at - observed.start,
            healed_at_seconds=None if one.healed is None else one.healed - observed.start,
            proof=one.proof,
            doubt=one.doubt,
            in_hand=one.in_hand,
            hit=one.hit,
            missed=one.missed,
        )
        for one in observed.strikes
    )


def why_lost(causes: Mapping[str, int]) -> str:
    """Return the causes of losses in words, "" for none."""
    return ", ".join(f"{count:,} {cause}" for cause, count in causes.items())
