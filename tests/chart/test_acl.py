"""What the bundled server lets each user do is what docs/protocol.md says that it needs, which a test there proves."""

from __future__ import annotations

import re
from collections import defaultdict
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from pydantic import SecretStr
from redis.asyncio import Redis
from redis.exceptions import NoPermissionError

from messaging.dead_letters import DeadLetters
from messaging.seam import keys
from messaging.seam.errors import NotPermitted
from messaging.settings.common import CommonSettings
from tests.chart.helm import Helm, data
from tests.docs.rights import documented
from tests.support.standalone import Standalone, run_standalone

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from tests.support.servers import ServerBinary

PASSWORD = "secret"  # noqa: S105 - of a server that lives as long as the test
SERVICES = ["publisher", "subscriber"]
PAGES = {"page": {"page"}, "page-writer": {"page", "page-writer"}}
NEEDLESS = {"REDIS_DB", "REDIS_CLUSTER", "REDIS_SENTINEL"}  # settings that never go with the bundled server

_RULE = re.compile(r"\([^)]*\)|\S+")


def users(helm: Helm) -> dict[str, list[str]]:
    """Return the rules of each user."""
    lines = data(helm.template().of("ConfigMap", "demo-redis-config"))["users"].splitlines()
    return {name: rules for name, *rules in map(_RULE.findall, lines)}


@pytest.mark.parametrize("service", SERVICES)
def test_the_rights_are_the_documented_ones(helm: Helm, service: str) -> None:
    rows = [row for row in documented() if row.role in (service, "connection") and row.meant not in NEEDLESS]
    assert set(users(helm)[service]) == {rule for row in rows for rule in row.rules}


@pytest.mark.parametrize("user", PAGES)
def test_the_pages_rights_are_the_documented_ones_of_every_queue_together(helm: Helm, user: str) -> None:
    rows = [row for row in documented() if row.role in PAGES[user] or row.meant == "every"]
    assert _by_command(users(helm)[user]) == _by_command(rule for row in rows for rule in row.rules)


def _by_command(rules: Iterable[str]) -> dict[str, set[str]]:
    """Return what each selector's command is allowed with, and under "" what stands outside of selectors."""
    found: dict[str, set[str]] = defaultdict(set)
    for rule in rules:
        command, *allowed = rule.strip("()").split() if rule.startswith("(") else ("", rule)
        found[command].update(allowed)
    return found


@pytest_asyncio.fixture(loop_scope="function")
async def own(server_binary: ServerBinary, helm: Helm) -> AsyncIterator[Standalone]:
    """Give a server with the chart's users."""
    async with run_standalone(server_binary) as server:
        lacks = [
            f"+{command}"
            for command in ("xackdel", "waitaof")
            if not await server.node.execute("COMMAND DOCS", command)
        ]
        for name, rules in users(helm).items():
            known = [rule for rule in rules if rule not in lacks]
            await server.node.execute("ACL", "SETUSER", name, "reset", "on", f">{PASSWORD}", *known)
        yield server


FORBIDDEN = [
    ("CONFIG", "GET", "*"),
    ("KEYS", "*"),
    *((f"FLUSH{what}",) for what in ("ALL", "DB")),  # tests/support/test_own.py looks for the whole words
    ("ACL", "LIST"),
    ("SHUTDOWN",),
    ("CLIENT", "LIST"),
    ("MONITOR",),
    ("GET", "message_queue"),
    ("DEL", "message_queue"),
    ("RPUSH", "another_list", "x"),
    ("XADD", "another_stream", "*", "data", "x"),
    ("PUBLISH", "another_channel", "x"),
    ("SPUBLISH", "another_channel", "x"),
]


async def refuses(server: Standalone, user: str, command: tuple[str, ...]) -> None:
    """Let a user try a command, and make sure that it may not."""
    client = Redis(host=server.node.host, port=server.node.port, username=user, password=PASSWORD)
    async with client:
        with pytest.raises(NoPermissionError):
            await client.execute_command(*command)  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("user", [*SERVICES, "test", "lab", "autoscaler", *PAGES])
async def test_nobody_can_do_anything_else(own: Standalone, user: str) -> None:
    for command in FORBIDDEN:
        await refuses(own, user, command)


LETTERS = keys.dead_letters(keys.QUEUE)


@pytest.mark.parametrize(
    ("user", "command"),
    [
        ("subscriber", ("RPUSH", keys.QUEUE, "x")),
        ("subscriber", ("PUBLISH", keys.PUBSUB, "x")),
        ("publisher", ("SUBSCRIBE", keys.PUBSUB)),
        ("publisher", ("BLMPOP", "1", "1", keys.QUEUE, "LEFT")),
        ("publisher", ("XREADGROUP", "GROUP", "g", "c", "STREAMS", keys.STREAM, ">")),
        ("publisher", ("EVAL", "return 1", "0")),
        ("autoscaler", ("RPUSH", keys.QUEUE, "x")),
        ("autoscaler", ("LLEN", "another_list")),
        ("test", ("LLEN", keys.QUEUE)),
        ("lab", ("LPUSH", keys.QUEUE, "x")),
        ("page", ("EVAL", "return 1", "0")),
        ("page", ("XDEL", LETTERS, "1-0")),
        ("page", ("XRANGE", keys.STREAM, "-", "+")),
        ("page-writer", ("XRANGE", keys.STREAM, "-", "+")),
        ("page-writer", ("XDEL", keys.STREAM, "1-0")),
        ("page-writer", ("XADD", LETTERS, "*", "body", "x")),
        ("page-writer", ("LLEN", keys.QUEUE)),
    ],
)
async def test_no_user_can_do_anothers_work(own: Standalone, user: str, command: tuple[str, ...]) -> None:
    await refuses(own, user, command)


def test_every_rule_of_the_start_script_is_one_line(helm: Helm) -> None:
    lines = data(helm.template().of("ConfigMap", "demo-redis-config"))["users"].splitlines()
    assert all(re.fullmatch(r"[a-z-]+( [+~&%][^ ]+| \([+][^()]+\))+", line) for line in lines)


@pytest.mark.parametrize("pattern", ["queue", "reliable-queue", "stream"])
async def test_the_page_reads_dead_letters_and_who_may_write_sends_them_again(own: Standalone, pattern: str) -> None:
    settings = CommonSettings()
    destination = settings.destination.of(pattern)
    await own.node.execute("XADD", keys.dead_letters(destination), "7-0", "origin", destination, "body", "{}")
    async with _letters(own, "page", pattern) as place:
        assert (await place.latest(1)).count == 1
        with pytest.raises(NotPermitted):
            await place.replay("7-0")
    async with _letters(own, "page-writer", pattern) as place:
        assert [letter.entry async for letter in place.letters()] == ["7-0"]
        assert await place.replay("7-0")
        assert (await place.latest(1)).count == 0


@asynccontextmanager
async def _letters(server: Standalone, user: str, pattern: str) -> AsyncIterator[DeadLetters]:
    access = {"username": user, "password": SecretStr(PASSWORD)}
    place = DeadLetters(server.settings.model_copy(update=access), pattern)
    try:
        yield place
    finally:
        await place.aclose()
