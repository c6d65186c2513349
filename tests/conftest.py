"""What every test may ask for: real servers in three topologies, names, processes."""

from __future__ import annotations

import os
import re
import secrets
import signal
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from blockbuster import BlockBuster
from hypothesis import HealthCheck, settings

from tests.support.children import children
from tests.support.cluster import ClusterTopology
from tests.support.forgotten import none_forgotten
from tests.support.processes import Processes
from tests.support.sentinel import SentinelTopology
from tests.support.servers import ServerBinary, server_matrix
from tests.support.shared import SharedTopologies
from tests.support.standalone import Standalone
from tests.support.tls import Certificates, make_certificates
from tests.support.topology import Topology

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

_OUR_CODE = ["messaging", "publisher", "subscriber", "lab"]
_OUR_VARIABLES = re.compile(r"(REDIS|PATTERN|PUBLISH|LEDGER|HANDLER|LOG|OTEL)(_|$)")

_used = pytest.StashKey[set[str]]()
_shared = pytest.StashKey[list[SharedTopologies]]()


# How long an example takes says something of the machine, and nothing of the code.
settings.register_profile("project", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("project")


def pytest_configure(config: pytest.Config) -> None:
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # `make test &`: what tests start would inherit it
        signal.signal(signal.SIGINT, signal.default_int_handler)
    config.stash[_used] = set()
    config.stash[_shared] = []


def pytest_report_header() -> list[str]:
    return ["servers: " + ", ".join(str(server) for server in server_matrix())]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    used = config.stash[_used]
    terminalreporter.write_line("servers used: " + (", ".join(sorted(used)) or "none"))


# ---- every test ----------------------------------------------------------------------------------


@pytest.fixture(scope="session", autouse=True)
def _no_blocking_calls() -> Iterator[None]:
    """Make a call of our own code that blocks an event loop an error."""
    guard = BlockBuster(_OUR_CODE)
    # Starting a process waits for its exec; asyncio's own way does the same and is excused too.
    guard.functions["os.read"].can_block_in("subprocess.py", {"_execute_child"})
    guard.activate()
    yield
    guard.deactivate()


@pytest.fixture(scope="session", autouse=True)
def _no_forgotten_exceptions() -> Iterator[None]:
    """Fail the session in which an exception was nobody's."""
    with none_forgotten():
        yield


@pytest.fixture(scope="session", autouse=True)
def _no_settings_from_outside() -> Iterator[None]:
    """Keep the tests off any server that the shell's variables name."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if _OUR_VARIABLES.match(name):
                patch.delenv(name)
        yield


@pytest.fixture(scope="session", autouse=True)
def _no_leftover_files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep temporary files together, and fail the session that leaves a server's directory behind."""
    directory = tmp_path_factory.mktemp("temporary")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(directory))
        patch.setattr("tempfile.tempdir", str(directory))
        yield
    left = sorted(path.name for path in directory.glob("embedded-server-*"))
    assert not left, f"the session left directories behind: {left}"


@pytest.fixture(autouse=True)
def _no_leftover_processes(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail the test that leaves a child process behind."""
    before = children()
    yield
    kept = {pid for shared in request.config.stash[_shared] for pid in shared.pids}
    left = {pid: name for pid, name in children().items() if pid not in before.keys() | kept}
    assert not left, f"the test left processes behind: {left}"


# ---- servers of the session: share them, by names of your own ------------------------------------


@pytest.fixture(scope="session", params=server_matrix(), ids=lambda server: server.name)
def server_binary(request: pytest.FixtureRequest) -> ServerBinary:
    """Run the test once on each server of the matrix."""
    return _note(request, request.param)


@pytest.fixture(scope="session")
def embedded_binary(request: pytest.FixtureRequest) -> ServerBinary:
    """Return the server that users get, for tests that need no matrix."""
    return _note(request, server_matrix()[0])


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared(request: pytest.FixtureRequest, server_binary: ServerBinary) -> AsyncIterator[SharedTopologies]:
    """Keep what the session shares of one server; a topology starts when first asked for."""
    async with SharedTopologies(server_binary) as topologies:
        request.config.stash[_shared].append(topologies)
        yield topologies
        request.config.stash[_shared].remove(topologies)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def standalone(shared: SharedTopologies) -> Standalone:
    """Give one server that the session shares."""
    return await shared.standalone()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def sentinel(shared: SharedTopologies) -> SentinelTopology:
    """Give a primary, a replica and three Sentinels that the session shares."""
    return await shared.sentinel()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def cluster(shared: SharedTopologies) -> ClusterTopology:
    """Give a cluster of three primaries that the session shares."""
    return await shared.cluster()


@pytest_asyncio.fixture(scope="session", loop_scope="session", params=["standalone", "sentinel", "cluster"])
async def topology(request: pytest.FixtureRequest, shared: SharedTopologies) -> Topology:
    """Run the test on each topology of each server, shared by the session."""
    return await shared.of_kind(request.param)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Give an authority, a server's and a client's certificate."""
    return make_certificates(tmp_path_factory.mktemp("certificates"))


def _note(request: pytest.FixtureRequest, server: ServerBinary) -> ServerBinary:
    request.config.stash[_used].add(str(server))
    return server


# ---- one test's own ------------------------------------------------------------------------------


@pytest.fixture
def unique(request: pytest.FixtureRequest) -> Callable[[str], str]:
    """Make names that no other test uses: `unique("orders")`."""
    test = re.sub(r"\W+", "_", request.node.name).strip("_").lower()
    return lambda name: f"{name}_{test}_{secrets.token_hex(4)}"


@pytest.fixture
def destination(unique: Callable[[str], str]) -> str:
    """Give the name of a channel, list or stream that only this test uses."""
    return unique("destination")


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    """Start Python programs as processes; whatever still runs in the end is killed."""
    started = Processes(tmp_path)
    yield started
    started.reap()
