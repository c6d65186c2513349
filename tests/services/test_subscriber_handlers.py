"""The handlers that come with the subscriber: three of them for experiments."""

from __future__ import annotations

import io
import itertools
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from messaging.seam.delivery import Delivery, Malformed
from messaging.seam.errors import SettingsError
from messaging.seam.handler import attempt
from messaging.seam.message import Message
from messaging.seam.settlements import ACK, Dead, Retry
from messaging.service.logs import Output, open_log
from messaging.settings.common import LogSettings
from messaging.settings.subscriber import SubscriberSettings
from subscriber.handlers import OWN, find
from subscriber.journal import Journal
from tests.support.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.services.conftest import Services


class Page:
    """A log that keeps its sentences."""

    def __init__(self) -> None:
        self._stream = io.StringIO()
        self.log = open_log(LogSettings(), lambda _: "", Output(self._stream, lambda _: None))

    @property
    def lines(self) -> list[str]:
        return [line.removeprefix("[] ") for line in self._stream.getvalue().splitlines()]

    def journal(self, rate: int = 100) -> Journal:
        return Journal("queue", self.log, rate, itertools.count(1))


def delivery(body: str, count: int = 1) -> Delivery:
    return Delivery(Message("an-id", datetime.now(UTC), body, "me", 1), "message_queue", count)


def handler_of(name: str, page: Page, **settings: float) -> object:
    made = SubscriberSettings.model_validate(settings)
    return find(f"subscriber.handlers:{name}")(made, page.journal())


async def settle(name: str, page: Page, *bodies: str, **settings: float) -> Sequence[object]:
    handler = handler_of(name, page, **settings)
    settlements = await attempt(handler, [delivery(body) for body in bodies])  # type: ignore[arg-type]
    return settlements or [ACK] * len(bodies)


@pytest.mark.parametrize("name", sorted(OWN))
async def test_each_acknowledges_an_ordinary_message_and_logs_it(name: str) -> None:
    page = Page()
    assert await settle(name, page, "hello", handler_delay=0) == [ACK]
    assert page.lines == ["[me] hello (ID: an-id) [Received #1 from queue]"]


async def test_fail_raises_for_the_message_that_says_so_alone() -> None:
    page = Page()
    settled = await settle("fail", page, "one", "please fail", "two")
    assert settled == [ACK, Retry("RuntimeError: the message says so"), ACK]
    assert len(page.lines) == 2


async def test_slow_takes_its_time() -> None:
    clock_before = datetime.now(UTC)
    await settle("slow", Page(), "one", "two", handler_delay=0.05)
    assert (datetime.now(UTC) - clock_before).total_seconds() >= 0.1


async def test_poison_kills_its_process_until_the_message_is_dead(services: Services) -> None:
    poison = services.fed("publisher", PATTERN="reliable-queue", PUBLISH_INPUT="-")
    poison.write("before\npoison\nafter\n")
    poison.close_input()
    assert await poison.exit() == 0
    settings = {"HANDLER": "subscriber.handlers:poison", "LEASE": "0.5", "MAX_DELIVERIES": "2"}
    for _ in range(2):
        victim = services.start("subscriber", PATTERN="reliable-queue", **settings)
        assert await victim.exit() == -9
    survivor = services.start("subscriber", PATTERN="reliable-queue", **settings)
    await survivor.line("after")
    async with services.server.client() as client:
        letters = "dead_letters:{reliable_message_queue}"
        await eventually(lambda: client.xlen(letters))
        found: Any = await client.xrange(letters)
    ((_, letter),) = found
    assert b'"message":"poison"' in letter[b"body"]


@pytest.mark.parametrize(
    ("path", "mend"),
    [
        ("subscriber.handlers:none", "and one of log, slow, fail, poison"),
        ("no_such_module:handle", "does not import"),
        ("json:none", "does not import"),
        ("json:dumps", "is not an async function"),
        ("json", "module:attribute"),
    ],
)
def test_a_handler_that_is_none_is_a_setting_to_mend(path: str, mend: str) -> None:
    with pytest.raises(SettingsError) as caught:
        find(path)
    assert caught.value.key == "HANDLER"
    assert mend in str(caught.value)


# ---- the journal ---------------------------------------------------------------------------------


def test_a_redelivery_is_told() -> None:
    page = Page()
    page.journal().received([delivery("x", count=3)])
    assert page.lines == ["[me] x (ID: an-id) [Received #1 from queue, delivery 3]"]


def test_above_the_rate_messages_are_summed_up_with_the_number_of_the_last() -> None:
    page = Page()
    journal = page.journal(rate=2)
    journal.received([delivery("x")] * 10)
    journal.flush()
    assert len(page.lines) == 3
    assert page.lines[-1] == "Received 8 more messages from queue [#10 in all]"


def test_what_a_handler_did_not_finish_is_told() -> None:
    page = Page()
    page.journal().answered([delivery("x", count=2)] * 3, [ACK, Retry("KeyError: 'x'"), Dead("no use")])
    assert page.lines == [
        "Retry an-id from queue (delivery 2): KeyError: 'x'",
        "Dead an-id from queue (delivery 2): no use",
    ]


def test_what_is_no_message_is_told() -> None:
    from messaging.seam.errors import MalformedMessage  # noqa: PLC0415

    page = Page()
    page.journal().malformed(Malformed(b"123", MalformedMessage("id", "is missing"), "d"))
    assert page.lines == ["Not a message, from queue (3 bytes): id: is missing"]
