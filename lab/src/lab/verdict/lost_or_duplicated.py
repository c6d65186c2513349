"""What was lost, duplicated or made up: what was attempted went somewhere, and each message went to one place.

Everything here is a multiset of message numbers (`lab.evidence.numbering`), so that sending or processing a
message twice counts twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from lab.evidence.numbering import life_number

Multiset = Counter[int]


@dataclass(frozen=True, slots=True)
class Account:
    """Where messages went. Two equations hold, message by message.

    attempted = acknowledged + failed + unknown
    acknowledged = processed + each of `elsewhere` + lost, where the first that applies counts

    Attributes:
        attempted: about to be sent.
        acknowledged: the server said that it has it.
        failed: certainly not stored, as the publisher was told.
        unknown: nobody was told.
        processed: acknowledged, and a handler was done with it.
        elsewhere: acknowledged, not processed, and known to be there (dead letters, still in Redis)
            or not due here.
        lost: acknowledged, and nowhere.
        recovered: unknown, and yet processed.
        contradicted: failed, and yet processed: the publisher was told wrong.
        duplicated: processed more often than it was stored.
        phantom: processed, and never attempted.
        unrecorded: an outcome without an attempt: a hole in the ledger.
    """

    attempted: Multiset
    acknowledged: Multiset
    failed: Multiset
    unknown: Multiset
    processed: Multiset
    elsewhere: dict[str, Multiset]
    lost: Multiset
    recovered: Multiset
    contradicted: Multiset
    duplicated: Multiset
    phantom: Multiset
    unrecorded: Multiset


def conserve(
    attempted: Multiset,
    acknowledged: Multiset,
    failed: Multiset,
    processed: Multiset,
    places: Mapping[str, Multiset],
) -> Account:
    """Draw up the account.

    Args:
        attempted: each attempt.
        acknowledged: each attempt that was acknowledged.
        failed: each attempt that failed for certain.
        processed: each effect on record.
        places: where else a message may be, by name; the first that applies counts.
    """
    told = acknowledged + failed
    unknown = attempted - told
    elsewhere, lost = _searched(acknowledged - processed, places)
    surplus = processed - acknowledged
    phantom = _only(surplus, lambda one: one not in attempted)
    recovered = (surplus - phantom) & unknown
    refused = _only(failed, lambda one: told[one] + unknown[one] == failed[one])
    contradicted = (surplus - phantom - recovered) & refused
    return Account(
        attempted=attempted,
        acknowledged=acknowledged,
        failed=failed,
        unknown=unknown,
        processed=acknowledged & processed,
        elsewhere=elsewhere,
        lost=lost,
        recovered=recovered,
        contradicted=contradicted,
        duplicated=surplus - phantom - recovered - contradicted,
        phantom=phantom,
        unrecorded=told - attempted,
    )


def _only(some: Multiset, chosen: Callable[[int], bool]) -> Multiset:
    return Counter({one: times for one, times in some.items() if chosen(one)})


def _searched(missing: Multiset, places: Mapping[str, Multiset]) -> tuple[dict[str, Multiset], Multiset]:
    """Look for what is missing in one place after the other; return what is where, and the rest."""
    found = {}
    for place, there in places.items():
        found[place] = missing & there
        missing = missing - there
    return found, missing


def reordered(processed: Iterable[int], attempted: Multiset) -> list[int]:
    """Return what one replica processed after a later message of the same sender's life.

    A message counts when it comes for the first time; one that was sent more than once is left out.
    """
    latest: dict[int, int] = {}
    seen: set[int] = set()
    late = []
    for one in processed:
        if one in seen or attempted[one] > 1:
            continue
        seen.add(one)
        life = life_number(one)
        if one < latest.get(life, one):
            late.append(one)
        else:
            latest[life] = one
    return late
