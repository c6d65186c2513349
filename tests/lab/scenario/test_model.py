"""Scenarios: the ready ones are whole, and what cannot be used is refused with what to give instead."""

from __future__ import annotations

import pytest
from tools import fault_table

from lab.faults import FAULTS
from lab.place.server import Ability, UserServer
from lab.scenario.checking import RefusedError, check_faults, check_settings
from lab.scenario.model import ScenarioError, read, write
from lab.scenario.ready import find, ready
from lab.targets.local.server import LocalServer
from tests.docs.pages import between
from tests.support.trial import scenario

DESIGNED = {
    *("consumer-kill", "consumer-freeze", "rollout", "scale-down", "publisher-kill", "redis-kill", "redis-stall"),
    *("failover", "network-cut", "reply-cut", "slow-handler", "poison", "buffer-overflow", "memory-full"),
    *("flush", "slow-network", "split-brain", "machine-crash", "kill-before-reply"),
}


def test_every_fault_is_there_and_says_what_it_does() -> None:
    assert set(FAULTS) == DESIGNED
    assert all(kind.about and kind.proof for kind in FAULTS.values())


def test_the_documented_faults_are_those_that_there_are() -> None:
    assert between("docs/lab.md", "faults") == fault_table.table().rstrip("\n"), "tools/fault_table.py --write"


@pytest.mark.parametrize("name", ready())
def test_a_ready_scenario_can_be_used_and_written_down(name: str) -> None:
    found, scenario = find(name)
    assert found == name
    check_settings(scenario)
    assert read(write(scenario), name) == scenario


def test_each_fault_has_a_ready_scenario() -> None:
    assert {planned.fault for name in ready() for planned in find(name)[1].faults} == DESIGNED


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("lod: []", "unknown key lod at $: did you mean load?"),
        ("load: [{rate: 2}]", "unknown key rate at $.load[0]: did you mean rate_per_second?"),
        ("faults: [{fault: consumer-kil}]", "unknown fault consumer-kil: did you mean consumer-kill?"),
        ("patterns: [stram]", "unknown pattern stram: did you mean stream?"),
        ("subscribers: 0", "Expected `int` >= 1 - at `$.subscribers`"),
        ("load: [{rate_per_second: 0}]", "Expected `float` > 0.0 - at `$.load[0].rate_per_second`"),
        ("faults: [{fault: rollout, at_seconds: 99}]", "rollout at 99 s: the load is over at 10 s"),
        ("load: []", "patterns and load must not be empty"),
        ("load: [", "not YAML"),
    ],
)
def test_what_cannot_be_used_says_what_to_give(text: str, words: str) -> None:
    with pytest.raises(ScenarioError) as error:
        scenario(text)
    assert words in str(error.value)


def test_an_unknown_scenario_or_a_missing_file_is_named() -> None:
    with pytest.raises(ScenarioError, match=r"unknown scenario stedy: did you mean steady\?"):
        find("stedy")
    with pytest.raises(ScenarioError, match="cannot be read: No such file"):
        find("nowhere/mine.yaml")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("subscriber: {BACH: 1}", "unknown setting BACH: did you mean BATCH?"),
        ("subscriber: {BATCH: 0}", "subscriber: BATCH=0"),
        ("publisher: {PUBLISH_WAIT: many}", "publisher: PUBLISH_WAIT=many"),
    ],
)
def test_settings_are_checked_before_anything_starts(text: str, words: str) -> None:
    with pytest.raises(ScenarioError) as error:
        check_settings(scenario(text))
    assert words in str(error.value)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("redis-kill", "redis-kill on target local needs a server of the lab's own"),
        ("failover", "needs server: {topology: sentinel}"),
        ("poison", "poison needs subscriber: {HANDLER: subscriber.handlers:poison}"),
    ],
)
def test_a_fault_that_the_target_cannot_do_is_refused_with_the_reason(fault: str, words: str) -> None:
    with pytest.raises(RefusedError) as error:
        check_faults(scenario(f"faults: [{{fault: {fault}}}]"), UserServer.abilities, "local")
    assert words in str(error.value)


def test_a_server_without_a_proxy_cannot_cut_the_network() -> None:
    planned = scenario("faults: [{fault: network-cut}]")
    assert planned.needs_proxy
    assert Ability.NETWORK not in LocalServer(planned.server, proxied=False).abilities
    with pytest.raises(RefusedError, match="a proxy"):
        check_faults(planned, LocalServer(planned.server, proxied=False).abilities, "local")
