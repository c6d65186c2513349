"""Whatever the user gets wrong: one clear line that names key, value and mend, exit code 2, no traceback."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lab.common.ports import free_port
from tests.support.node import Access
from tests.support.standalone import run_standalone

if TYPE_CHECKING:
    from tests.support.processes import Process, Processes
    from tests.support.servers import ServerBinary

BOTH = ("publisher", "subscriber")
LINKS = "set enableServiceLinks: false in the pod's spec"
CASES = [
    (BOTH, {"PATTERN": "topic"}, "give names of pubsub, sharded-pubsub, queue"),
    (("publisher",), {"PUBLISH_INTERVAL": "abc"}, "give a number from 0 to 86400 (seconds)"),
    (("publisher",), {"PUBLISH_INTERVAL": "-1"}, "give a number from 0 to 86400 (seconds)"),
    (BOTH, {"REDIS_PORT": "tcp://10.0.0.1:6379"}, LINKS),
    (BOTH, {"REDIS_SERVICE_HOST": "10.0.0.1"}, LINKS),
    (BOTH, {"REDIS_PORT": "70000"}, "give a whole number from 1 to 65535"),
    (BOTH, {"PUBLISH_INTERVALL": "1"}, "did you mean PUBLISH_INTERVAL?"),
    (BOTH, {"REDIS_TLS_CA": "/no/such/ca.pem", "REDIS_TLS": "true"}, "no file that this user can read"),
    (("publisher",), {"PUBLISH_INPUT": "/no/such/lines"}, "no file that this user can read"),
    (("subscriber",), {"HANDLER": "no_such_module:handle"}, "does not import"),
    (("subscriber",), {"HANDLER": "subscriber.handlers:none"}, "and one of log, slow, fail, poison"),
    (("subscriber",), {"HANDLER_TIMEOUT": "60"}, "SHUTDOWN_GRACE is 25"),
    (BOTH, {"LEDGER_URL": "ledger:6379"}, "give redis://"),
]


async def refusal(process: Process) -> str:
    """Return the one line of a command that refused to run."""
    assert await process.exit() == 2, process
    lines = [line for line in process.lines if "Starting Python" not in line]
    assert len(lines) == 1, process
    return lines[0]


@pytest.mark.parametrize(
    ("service", "environment", "mend"),
    [
        pytest.param(service, environment, mend, id=f"{service} {next(iter(environment.items()))}")
        for services, environment, mend in CASES
        for service in services
    ],
)
async def test_one_clear_line(processes: Processes, service: str, environment: dict[str, str], mend: str) -> None:
    line = await refusal(processes.start(service, environment=environment))
    key, value = next(iter(environment.items()))
    assert line.startswith(f"{service}: {key}={value}: ")
    assert mend in line


@pytest.mark.parametrize("service", BOTH)
async def test_a_wrong_password(processes: Processes, service: str, embedded_binary: ServerBinary) -> None:
    async with run_standalone(embedded_binary, access=Access(password="right")) as server:  # noqa: S106
        environment = server.environment | {"REDIS_PASSWORD": "wrong"}
        line = await refusal(processes.start(service, environment=environment))
    assert line.startswith(f"{service}: REDIS_PASSWORD=********: WRONGPASS")
    assert line.endswith("check REDIS_USERNAME and REDIS_PASSWORD")


@pytest.mark.parametrize("service", BOTH)
async def test_no_password_where_one_is_needed(
    processes: Processes, service: str, embedded_binary: ServerBinary
) -> None:
    async with run_standalone(embedded_binary, access=Access(password="right")) as server:  # noqa: S106
        environment = server.environment | {"REDIS_PASSWORD": ""}
        line = await refusal(processes.start(service, environment=environment))
    assert line.startswith(f"{service}: REDIS_PASSWORD=: ")
    assert "Authentication required" in line


async def test_a_port_for_probes_that_is_taken(processes: Processes, embedded_binary: ServerBinary) -> None:
    async with run_standalone(embedded_binary) as server:
        environment = server.environment | {"PROBE_PORT": str(server.server.port), "PROBE_HOST": "127.0.0.1"}
        line = await refusal(processes.start("subscriber", environment=environment))
    assert line.startswith(f"subscriber: PROBE_PORT={environment['PROBE_PORT']}: cannot listen at 127.0.0.1")


@pytest.mark.parametrize("service", BOTH)
async def test_several_faults_have_a_line_each(processes: Processes, service: str) -> None:
    process = processes.start(service, environment={"PATTERN": "x", "REDIS_PORT": "x", "REDS_HOST": "x"})
    assert await process.exit() == 2
    assert sorted(line.split("=")[0] for line in process.lines) == [
        f"{service}: PATTERN",
        f"{service}: REDIS_PORT",
        f"{service}: REDS_HOST",
    ]


@pytest.mark.parametrize("service", BOTH)
async def test_an_argument_that_is_none(processes: Processes, service: str) -> None:
    line = await refusal(processes.start(service, "--port"))
    assert line == f"{service}: argument=--port: settings are environment variables; see --help"


@pytest.mark.parametrize("service", BOTH)
async def test_help_needs_no_settings_and_check_no_server(processes: Processes, service: str) -> None:
    wrong = {"PATTERN": "x"}
    port = str(free_port())
    helped = processes.start(service, "--help", environment=wrong)
    checked = processes.start(service, "--check", environment={"REDIS_PORT": port, "REDIS_PASSWORD": "hunter2"})
    refused = processes.start(service, "--check", environment=wrong)
    assert await helped.exit() == 0
    assert any(line.startswith("  REDIS_HOST=redis") for line in helped.lines)
    assert await checked.exit() == 0
    assert f"REDIS_PORT={port}  # environment" in checked.lines
    assert "hunter2" not in "\n".join(checked.lines)
    assert await refused.exit() == 2
