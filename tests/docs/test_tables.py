"""Tables that are made from the code are those that the code makes."""

from __future__ import annotations

from itertools import takewhile

import pytest
from tools import guarantee_table, power_table, settings_reference

from messaging import PATTERNS
from messaging.seam import keys
from messaging.seam.keys import dead_letters, inflight, leases, woken
from messaging.transport.scripts import SCRIPTS
from tests.docs.pages import ROOT, between, blocks, page
from tests.lab.saboteurs.every import every


@pytest.mark.parametrize("path", guarantee_table.PLACES)
def test_the_guarantees_are_those_of_the_patterns(path: str) -> None:
    assert between(path, "guarantees") == guarantee_table.PLACES[path](), "tools/guarantee_table.py --write"


def test_the_settings_are_those_of_the_models() -> None:
    assert page("docs/settings.md") == settings_reference.reference(), "tools/settings_reference.py --write"


def test_the_names_in_the_protocol_are_those_of_keys() -> None:
    section = page("docs/protocol.md").split("\n## Names\n")[1].split("\n## ")[0]
    documented = {line.split("`")[1] for line in section.splitlines() if line.startswith("| `")}
    reliable = PATTERNS["reliable-queue"].destination
    destinations = {kind.destination for kind in PATTERNS.values()}
    letters = {dead_letters(kind.destination) for kind in PATTERNS.values() if kind.guarantee.persistent}
    beside = {woken(reliable), leases(reliable), inflight(reliable)}
    assert documented == destinations | letters | beside | {keys.GROUP}
    for own_tag in (leases("orders:{eu}"), dead_letters("orders:{eu}")):
        assert f"`{own_tag}`" in section


def test_the_lab_found_every_bug_that_can_be_planted() -> None:
    assert between("docs/lab.md", "power") == power_table.table().strip(), (
        "make lab-power, tools/power_table.py --write"
    )
    rows = {row["saboteur"]: row for row in power_table.kept()["rows"]}
    assert rows.keys() == every().keys()
    for name, row in rows.items():
        assert row["found"] == dict.fromkeys(every()[name].patterns, 10), name
        assert set(row["alarms"].values()) == {0}, name


def test_every_script_is_documented_with_its_own_words() -> None:
    documented = " ".join("\n".join(blocks("docs/protocol.md", "text")).split())
    for name in SCRIPTS:
        source = (ROOT / f"messaging/src/messaging/transport/scripts/{name}.lua").read_text(encoding="utf-8")
        head = takewhile(lambda line: line.startswith("--"), source.splitlines())
        comment = "".join(line.removeprefix("--") for line in head if not line.startswith("-- include"))
        words = " ".join(comment.partition(" KEYS ")[2].split())
        assert f"{name} KEYS {words}" in documented
