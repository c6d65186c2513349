"""One run of a saboteur's scenario, and whether the lab found what the saboteur did: kind, reason and ids."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec

from lab.evidence.numbering import Numbering
from lab.place.site import Site
from lab.report.run_record import Observed
from lab.verdict.cases import cases
from lab.verdict.finding import Finding
from lab.verdict.judge import NOT_DUE, Verdict
from messaging import PATTERNS
from tests.lab.saboteurs.harm import Harmed, read
from tests.lab.saboteurs.saboteur import Saboteur
from tests.support.trial import carried_out, scenario, verdicts


async def missed(saboteur: Saboteur, folder: Path, pattern: str = "") -> Mapping[str, str]:
    """Let it in and carry out its scenario; return for each pattern why the lab did not find it, "" if it did.

    Args:
        saboteur: which.
        folder: an empty one, for its notes.
        pattern: only this one; by default all of its own.
    """
    command = (sys.executable, "-m", "tests.lab.saboteurs.run", saboteur.name, str(folder))
    site = Site(
        publisher_command=shlex.join((*command, "publisher")), subscriber_command=shlex.join((*command, "subscriber"))
    )
    observed = await _run(saboteur, pattern, site)
    harmed = read(folder)
    return {
        name: "; ".join(observed.doubts) or difference(saboteur, verdict, observed.numbering, harmed.get(name, set()))
        for name, verdict in verdicts(observed).items()
    }


async def alarms(saboteur: Saboteur, pattern: str = "") -> Mapping[str, str]:
    """Carry out its scenario without it; return for each pattern what the lab finds all the same, "" if it held."""
    observed = await _run(saboteur, pattern, Site())
    return {
        name: "" if verdict.finding is Finding.HELD else "; ".join(verdict.reasons)
        for name, verdict in verdicts(observed).items()
    }


def difference(saboteur: Saboteur, verdict: Verdict, numbering: Numbering, harmed: Harmed) -> str:
    """Say wherein a verdict differs from what the saboteur did, "" if in nothing."""
    if verdict.finding is not Finding.BROKEN:
        return f"{verdict.finding.value}: {'; '.join(verdict.reasons) or 'no reason'}"
    if not any(saboteur.reason in reason for reason in verdict.reasons):
        return f"broken for another reason: {'; '.join(verdict.reasons)}"
    expected = _expected(saboteur, verdict, numbering, harmed)
    fan_out = PATTERNS[verdict.pattern].guarantee.fan_out
    told = {
        (one.replica.rpartition(":")[0] if fan_out else "", one.id)
        for one in cases(verdict, numbering)
        if one.kind == saboteur.finding
    }
    if not expected:
        return "it harmed nothing"
    if told != expected:
        return f"{len(expected - told)} harmed and not found, {len(told - expected)} found and not harmed"
    return ""


def _expected(saboteur: Saboteur, verdict: Verdict, numbering: Numbering, harmed: Harmed) -> Harmed:
    """Return what must be found, by replica where each has its own account.

    What a channel's subscriber was not due cannot be lost by it.
    """
    expected: Harmed = set()
    for replica, account in verdict.accounts.items():
        who = replica.rpartition(":")[0]
        mine = {one for whose, one in harmed if whose in (who, "") or not who}
        if saboteur.finding == "lost":
            mine -= {numbering.id_of(one) for one in account.elsewhere.get(NOT_DUE, ())}
        if saboteur.by_luck:
            mine -= {numbering.id_of(one) for one in account.processed}
        expected |= {(who, one) for one in mine}
    return expected


async def _run(saboteur: Saboteur, pattern: str, site: Site) -> Observed:
    planned = msgspec.structs.replace(
        scenario(saboteur.scenario), patterns=(pattern,) if pattern else saboteur.patterns
    )
    return await carried_out(planned, site)
