"""What no pattern's promise excuses: what came twice or out of order though nothing happened, and late settles."""

from __future__ import annotations

from collections import Counter

from lab.verdict.causes import Incidents, fresh
from lab.verdict.evidence import Evidence
from lab.verdict.lost_or_duplicated import Multiset, reordered
from messaging.seam.guarantee import Guarantee

AT_ONCE = 15.0
"""How long a consumer may take, after all is mended, to come to what it had not settled, in seconds.

It waits for BLOCK and REDIS_TIMEOUT first, and for a while before it connects anew.
"""


def disorder(evidence: Evidence, guarantee: Guarantee, *, calm: bool) -> int:
    """Count what came to a handler out of order though it had been delivered to nobody before.

    Where that is not on record, what was processed tells it, if the pattern delivers nothing again.
    """
    if guarantee.fan_out:
        return 0
    given = fresh(evidence)
    if evidence.given is None and calm and not guarantee.redelivers:
        given = {name: list(some) for name, some in evidence.processed.items()}
    return sum(len(reordered(some, evidence.attempted)) for some in given.values())


def buried(evidence: Evidence, forgotten: frozenset[int] = frozenset()) -> Multiset:
    """Return what is among the dead letters by a delivery before the one at which it was processed.

    Whoever had it then had lost it to somebody else, and a settle that comes too late changes nothing. Not what a
    server gave again since it forgot that it had (`forgotten`).
    """
    processed_at: dict[int, int] = {}
    for name, some in (evidence.given or {}).items():
        done = (evidence.letters.keys() - forgotten) & set(evidence.processed.get(name, ()))
        for given in some:
            for one in done.intersection(given.messages):
                processed_at[one] = max(given.delivery, processed_at.get(one, 0))
    return Counter(one for one, delivery in processed_at.items() if evidence.letters[one] < delivery)


def overdue(evidence: Evidence, guarantee: Guarantee, incidents: Incidents) -> Multiset:
    """Return what stood in a reply that was cut, and came too late to who had asked for it, or never.

    Only where such a consumer is given at once what it had not settled, and where all lived on for so long.
    """
    limit = incidents.mended + AT_ONCE
    if (
        not guarantee.resumes
        or evidence.given is None
        or evidence.died
        or min(evidence.ended.values(), default=0) < limit
    ):
        return Counter()
    in_time, later = set[int](), set(evidence.in_redis)
    for some in evidence.given.values():
        for given in some:
            (in_time if given.at <= limit else later).update(given.messages)
    return Counter(incidents.cut & later - in_time)
