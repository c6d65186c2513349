"""What a run's strikes explain of what was lost."""

from __future__ import annotations

import re
import time

from lab.faults import FAULTS
from lab.place.server import ServerUnderTest
from lab.report.run_record import Observed
from lab.verdict.causes import Cause, Incident, Incidents
from messaging.settings.subscriber import SubscriberSettings

_ID = re.compile(rb'"id":"([^"\\\\]{1,200})"')


def incidents(observed: Observed, server: ServerUnderTest) -> Incidents:
    """Return what happened to the server and to the way to it, as far as it is confirmed."""
    some = []
    for strike in observed.strikes:
        kind = FAULTS[strike.fault]
        ended = strike.healed or time.time()
        if strike.proof and kind.forgets:
            some.append(Incident(Cause.FORGOTTEN, strike.at, ended))
        if strike.proof and kind.deafens:
            some.append(Incident(Cause.BUFFER, strike.at, ended))
    ids = {found.decode(errors="replace") for found in _ID.findall(server.undelivered)}
    mended = max((strike.healed or time.time() for strike in observed.strikes), default=0.0)
    cut = frozenset(map(observed.numbering.of_id, ids))
    grace = float(observed.scenario.subscriber.get("SHUTDOWN_GRACE", SubscriberSettings().shutdown_grace))
    return Incidents(tuple(some), cut, grace, mended)


def is_calm(observed: Observed) -> bool:
    """Tell whether nothing was planned that parts a subscriber from what it has in hand."""
    return not any(FAULTS[planned.fault].parts for planned in observed.scenario.faults)


def unstruck(observed: Observed) -> dict[str, str]:
    """Return which patterns a fault that aims at what is in hand never struck, and what to say of it."""
    found: dict[str, str] = {}
    for name in {strike.fault for strike in observed.strikes if FAULTS[strike.fault].aims}:
        struck = {pattern for one in observed.strikes if one.fault == name and one.hit for pattern in one.in_hand}
        for pattern in set(observed.scenario.patterns) - struck:
            found[pattern] = f"{name} never struck a subscriber with messages of it in hand"
    return found
