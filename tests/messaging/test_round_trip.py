"""The round trip: there and back by every pattern, or the reason why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from messaging import PATTERNS
from tests.support.standalone import run_standalone

if TYPE_CHECKING:
    from tests.support.processes import Processes
    from tests.support.servers import ServerBinary
    from tests.support.topology import Topology

MODULE = "messaging.round_trip"


async def test_every_message_comes_back_by_every_pattern_and_nothing_stays(
    processes: Processes, topology: Topology
) -> None:
    asked = {"PATTERN": "all", "ROUND_TRIP_COUNT": "250"}
    trip = processes.start(MODULE, environment={**topology.environment, **asked})
    assert await trip.exit() == 0
    assert [line.partition(" in ")[0] for line in trip.lines] == [
        f"{name}: 250 messages came back" for name in PATTERNS
    ]
    for node in topology.nodes:
        assert await node.execute("KEYS", "*test:{*") == []


async def test_it_goes_by_the_patterns_in_use(processes: Processes, topology: Topology) -> None:
    trip = processes.start(MODULE, environment={**topology.environment, "PATTERN": "stream"})
    assert await trip.exit() == 0
    (line,) = trip.lines
    assert line.startswith("stream: 20 messages came back")


async def test_a_server_that_stays_away_is_the_reason(processes: Processes) -> None:
    away = {"REDIS_HOST": "127.0.0.1", "REDIS_PORT": "1", "PATTERN": "queue", "ROUND_TRIP_TIMEOUT": "0.2"}
    trip = processes.start(MODULE, environment=away)
    assert await trip.exit() == 1
    (line,) = trip.lines
    assert line.startswith("round-trip: queue: no answer from Redis at 127.0.0.1:1")


async def test_a_missing_right_is_the_reason(processes: Processes, embedded_binary: ServerBinary) -> None:
    async with run_standalone(embedded_binary) as server:
        await server.node.execute("ACL", "SETUSER", "half", "on", ">half", "+@all", "-xadd", "~*", "&*")
        environment = {**server.environment, "REDIS_USERNAME": "half", "REDIS_PASSWORD": "half", "PATTERN": "all"}
        trip = processes.start(MODULE, environment=environment)
        assert await trip.exit() == 1
        assert trip.lines[-1].startswith("round-trip: stream: NOPERM")
        assert await server.node.execute("KEYS", "*") == []


async def test_a_server_without_room_is_the_reason(processes: Processes, embedded_binary: ServerBinary) -> None:
    async with run_standalone(embedded_binary) as server:
        environment = {**server.environment, "PATTERN": "queue", "ROUND_TRIP_COUNT": "5", "ROUND_TRIP_TIMEOUT": "1.5"}
        await server.node.execute("CONFIG", "SET", "maxmemory", "1")
        trip = processes.start(MODULE, environment=environment)
        assert await trip.exit() == 1
        assert trip.lines[-1].startswith("round-trip: queue: OOM")


async def test_a_wrong_password_is_a_wrong_setting(processes: Processes, topology: Topology) -> None:
    trip = processes.start(MODULE, environment={**topology.environment, "REDIS_PASSWORD": "wrong"})
    assert await trip.exit() == 2
    assert trip.lines[-1].startswith("round-trip: REDIS_PASSWORD=********: ")
    assert "wrong" not in " ".join(trip.lines).replace("WRONGPASS", "")
