"""Every case runs on every pattern at every place: memory, each server, three topologies, and streams with a history.

A test asks for `scene`. With `server` too it runs on real servers only. What concerns some patterns
alone is marked `@promising(...)`, which chooses by their guarantee and never by name.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from messaging import PATTERNS
from tests.support.places import KeepingPlace, MemoryPlace, Place, ServerPlace
from tests.support.scene import Scene
from tests.support.servers import ServerBinary, server_matrix

if TYPE_CHECKING:
    from tests.support.topology import Topology


KINDS = ("memory", "standalone", "history", "sentinel", "cluster")


@pytest.fixture(scope="session", params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """Give the kind of place."""
    chosen: str = request.param
    return chosen


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The embedded server plays all three topologies, the others the first; memory needs none, a history a stream."""
    items[:] = [item for item in items if not isinstance(item, pytest.Function) or _takes_place(item)]


def _takes_place(test: pytest.Function) -> bool:
    if "place" not in test.fixturenames:
        return True
    kind, binary = test.callspec.params["kind"], test.callspec.params["server_binary"]
    if kind == "memory" and "server" in test.fixturenames:
        return False
    if kind == "history":
        return test.callspec.params.get("pattern") == "stream" and "nothing_kept" not in test.fixturenames
    return kind == "standalone" or binary == server_matrix()[0]


@pytest.fixture(params=PATTERNS)
def pattern(request: pytest.FixtureRequest) -> str:
    """Give the name of each pattern in turn."""
    name: str = request.param
    return name


@pytest.fixture
def place(request: pytest.FixtureRequest, kind: str, server_binary: ServerBinary) -> Place:
    """Give a place; servers are shared by the session."""
    del server_binary  # chooses what the topology's fixture runs
    if kind == "memory":
        return MemoryPlace()
    topology: Topology = request.getfixturevalue("standalone" if kind == "history" else kind)
    return (KeepingPlace if kind == "history" else ServerPlace)(topology.settings)


@pytest.fixture
def nothing_kept() -> None:
    """Mark a test of what goes as soon as it is done: none for a stream with a history."""


@pytest.fixture
def server(place: Place) -> ServerPlace:
    """Give the same place, which is a real server."""
    assert isinstance(place, ServerPlace)
    return place


@pytest_asyncio.fixture
async def scene(place: Place, pattern: str, destination: str) -> AsyncIterator[Scene]:
    """Give a pattern at a place, on a destination of its own."""
    prepared = Scene(PATTERNS[pattern], place, destination)
    yield prepared
    await prepared.aclose()
