"""What to do, as data: a scenario is a few lines of YAML, frozen once it is read."""

from __future__ import annotations

import re
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from lab.common.nearest import instead
from lab.common.quantities import Rate, Replicas, Seconds, SomeSeconds
from lab.faults import FAULTS
from lab.faults.base.planned import PlannedFault
from lab.place.server import Ability
from messaging.patterns import PATTERNS

_UNKNOWN = re.compile(r"Object contains unknown field `(.*?)`(?: - at `(.*)`)?")


class ScenarioError(Exception):
    """A scenario cannot be used; the text says where, why and what to give instead."""


class Wave(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Load from one more publisher, for a time; waves that overlap add up.

    Attributes:
        rate_per_second: open loop: each message has its intended send time. None is a closed loop:
            the next batch is sent when the one before is answered.
        from_seconds: when it begins, after the start of the load.
        for_seconds: how long.
        burst: how many come at once, and then none for as long as the rate says; 1: one after the other.
        batch: the most messages in one round trip.
        message_bytes: the size that bodies are padded to.
        publishers: how many send this much each.
    """

    rate_per_second: Rate | None = 200.0
    from_seconds: Seconds = 0.0
    for_seconds: SomeSeconds = 10.0
    burst: Annotated[int, Meta(ge=1, le=10_000)] = 1
    batch: Annotated[int, Meta(ge=1, le=10_000)] = 100
    message_bytes: Annotated[int, Meta(ge=0, le=16_000_000)] = 200
    publishers: Replicas = 1

    @property
    def ends(self) -> float:
        """When it is over, in seconds after the start of the load."""
        return self.from_seconds + self.for_seconds


class Scaling(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """From then on there shall be so many subscribers."""

    at_seconds: Seconds
    subscribers: Replicas


class ServerPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The server under test, where it is the lab's own.

    Attributes:
        append_only: the policy of its append-only file; "none" keeps nothing over a crash.
        topology: one server, or a primary and a replica watched by Sentinels.
        options: further directives of its configuration.
    """

    append_only: Literal["none", "everysec", "always"] = "everysec"
    topology: Literal["standalone", "sentinel"] = "standalone"
    options: dict[str, str | int] = {}


class Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A whole experiment.

    Attributes:
        about: what it is for, in a sentence.
        patterns: what is compared, side by side.
        load: who sends how much, and when.
        subscribers: how many there are at first.
        scaling: how that changes.
        faults: what breaks, and when.
        server: how the server under test is set up.
        publisher, subscriber: further settings of the services, by their variables' names.
        rest_seconds: how long it may take to come to rest after the load.
        restart_seconds: after what time a subscriber that died is replaced.
        seed: decides what is left to chance: whom a fault strikes.
    """

    about: str
    patterns: tuple[str, ...] = tuple(PATTERNS)
    load: tuple[Wave, ...] = (Wave(),)
    subscribers: Replicas = 3
    scaling: tuple[Scaling, ...] = ()
    faults: tuple[PlannedFault, ...] = ()
    server: ServerPlan = ServerPlan()
    publisher: dict[str, str | int | float] = {}
    subscriber: dict[str, str | int | float] = {}
    rest_seconds: SomeSeconds = 30.0
    restart_seconds: Seconds = 1.0
    seed: int = 1

    @property
    def load_seconds(self) -> float:
        """How long the load lasts as planned."""
        return max(wave.ends for wave in self.load)

    @property
    def side_by_side(self) -> bool:
        """Whether one subscriber handles several messages at a time."""
        return int(self.subscriber.get("CONCURRENCY", 1)) > 1

    @property
    def waits_for_replicas(self) -> int:
        """How many replicas the publisher waits for."""
        return int(self.publisher.get("PUBLISH_WAIT", 0))

    @property
    def waits_for_fsync(self) -> bool:
        """Whether the publisher waits for the primary's append-only file."""
        return str(self.publisher.get("PUBLISH_WAIT_FSYNC", "")).lower() in {"true", "1"}

    @property
    def needs_proxy(self) -> bool:
        """Whether something happens to the network."""
        return any(FAULTS[planned.fault].needs is Ability.NETWORK for planned in self.faults)


def read(text: str | bytes, where: str) -> Scenario:
    """Read a scenario.

    Args:
        text: YAML.
        where: what to call it in an error.

    Raises:
        ScenarioError: it is not one.
    """
    try:
        scenario = msgspec.yaml.decode(text, type=Scenario)
    except msgspec.ValidationError as error:
        raise ScenarioError(f"{where}: {_explained(str(error))}") from None
    except msgspec.DecodeError as error:
        raise ScenarioError(f"{where}: not YAML: {' '.join(str(error).split())}") from None
    problem = _problem(scenario)
    if problem:
        raise ScenarioError(f"{where}: {problem}")
    return scenario


def write(scenario: Scenario) -> bytes:
    """Return the scenario as YAML, every field of it."""
    return msgspec.yaml.encode(scenario)


def _explained(text: str) -> str:
    unknown = _UNKNOWN.fullmatch(text)
    if unknown is None:
        return text
    path = unknown[2] or "$"
    known = next((kind for start, kind in _KINDS.items() if path.startswith(start)), Scenario)
    names = [field.name for field in msgspec.structs.fields(known)]
    return f"unknown key {unknown[1]} at {path}: {instead(unknown[1], names)}"


_KINDS: dict[str, type[msgspec.Struct]] = {
    "$.load": Wave,
    "$.scaling": Scaling,
    "$.faults": PlannedFault,
    "$.server": ServerPlan,
}


def _problem(scenario: Scenario) -> str | None:
    """Say what the types cannot see."""
    for pattern in scenario.patterns:
        if pattern not in PATTERNS:
            return f"unknown pattern {pattern}: {instead(pattern, PATTERNS)}"
    if not scenario.patterns or not scenario.load:
        return "patterns and load must not be empty"
    for planned in scenario.faults:
        if planned.fault not in FAULTS:
            return f"unknown fault {planned.fault}: {instead(planned.fault, FAULTS)}"
        if planned.at_seconds >= scenario.load_seconds:
            return f"{planned.fault} at {planned.at_seconds:g} s: the load is over at {scenario.load_seconds:g} s"
    return None
