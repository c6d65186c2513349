"""A span is a block around one call, and the call may fail."""

from __future__ import annotations

import pytest

from messaging import Acknowledged, Failed, MessagingError, Unknown
from messaging.telemetry import names
from tests.faults.silence import DroppedReplies, silent
from tests.support.promising import promising
from tests.support.standalone import Standalone
from tests.telemetry.recorder import Recorder
from tests.telemetry.stage import Stage, arrival, consume

NUMBERS = pytest.mark.parametrize("number", [1, 3])


@NUMBERS
@promising(persistent=True)
async def test_a_send_that_failed(stage: Stage, number: int) -> None:
    await stage.publish(1)
    publisher = await stage.publisher(max_length=1)
    outcomes = await publisher.publish(stage.author.write(number))
    assert [type(outcome) for outcome in outcomes] == [Failed] * number
    send = stage.recorder.named("send")[-1]
    assert (send.status, send.facts[names.ERROR_TYPE]) == ("ERROR", "BacklogFull")
    assert "MAX_LENGTH is 1" in (send.text or "")
    alone = send if number == 1 else stage.recorder.named("create")[-1]
    assert (alone.status, alone.facts[names.OUTCOME]) == ("ERROR", "failed")
    assert send.facts.get(names.FAILED_COUNT) == (None if number == 1 else number)


@NUMBERS
@promising(fan_out=False, redelivers=False)
async def test_a_send_without_an_answer(stage: Stage, server: Standalone, number: int) -> None:
    async with DroppedReplies(server) as way:
        there = Stage(way.settings, "queue", "unanswered", stage.recorder)
        publisher = await there.publisher(max_length=0)
        async with silent(way):
            outcomes = await publisher.publish(there.author.write(number))
        await there.aclose()
    assert [type(outcome) for outcome in outcomes] == [Unknown] * number
    send = stage.recorder.one("send")
    assert (send.status, send.facts[names.ERROR_TYPE]) == ("ERROR", "ConnectionLost")
    alone = send if number == 1 else stage.recorder.named("create")[-1]
    assert alone.facts[names.OUTCOME] == "unknown"
    assert send.facts.get(names.UNKNOWN_COUNT) == (None if number == 1 else number)


@NUMBERS
@promising(persistent=True)
async def test_what_is_sent_again_keeps_its_trace(stage: Stage, number: int) -> None:
    consumer = await stage.consumer()
    await stage.publish(1)
    publisher = await stage.publisher(max_length=1)
    messages = stage.author.write(number)
    await publisher.publish(messages)
    await consume(consumer, 1)
    outcomes = await publisher.publish(messages)
    assert [type(outcome) for outcome in outcomes] == [Acknowledged] * number
    await consume(consumer, number)
    begun = stage.recorder.named("send" if number == 1 else "create")
    first = [span for span in begun if span.status == "ERROR"]
    again = stage.recorder.named("send")[-1]
    assert (again.kind, again.status, again.links) == ("CLIENT", "UNSET", [span.id for span in first])
    assert [span.parent for span in stage.recorder.named("process")[-number:]] == [span.id for span in first]


@promising(persistent=True)
async def test_what_is_not_sampled_stays_so_when_it_is_sent_again(stage: Stage) -> None:
    some = Recorder(0.5)
    publisher = await stage.publisher(some.tracing, max_length=1)
    await stage.publish(1)
    for _ in range(20):
        await publisher.publish(messages := stage.author.write(10))
        before = len(some.named("create"))
        await publisher.publish(messages)
        assert len(some.named("create")) == before


@promising(redelivers=True)
async def test_a_settle_that_found_no_server(stage: Stage, server: Standalone) -> None:
    consumer = await stage.consumer()
    await stage.publish(1)
    batch = await arrival(consumer)
    await consumer.handler(_fine)(batch.deliveries)
    server.server.kill()
    with pytest.raises(MessagingError):
        await consumer.settle(batch)
    settle, process = stage.recorder.one("settle"), stage.recorder.one("process")
    assert (settle.parent, settle.status, settle.facts[names.ERROR_TYPE]) == (process.id, "ERROR", "ConnectionLost")


async def _fine(_: object) -> None:
    """Do nothing."""


@promising(fan_out=False)
async def test_a_receive_that_found_no_server(stage: Stage, server: Standalone) -> None:
    consumer = await stage.consumer()
    server.server.kill()
    with pytest.raises(MessagingError):
        await consumer.receive(1)
    receive = stage.recorder.one("receive")
    assert (receive.kind, receive.status, receive.facts[names.ERROR_TYPE]) == ("CLIENT", "ERROR", "ConnectionLost")
