"""With LEDGER_URL both services record what they attempted and did, on another server."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from messaging.ledger import Attempt, Began, Effects, Ended, Outcomes, Subscription, decode_entry
from messaging.seam import keys
from tests.support.eventually import eventually
from tests.support.standalone import Standalone, run_standalone

if TYPE_CHECKING:
    from messaging.ledger.record import Record
    from tests.services.conftest import Services
    from tests.support.servers import ServerBinary

PATTERNS = "pubsub,stream"


async def records(ledger: Standalone, role: str) -> list[Record]:
    """Return what the one service of this role has recorded."""
    async with ledger.client() as client:
        writers: set[Any] = await client.smembers(keys.ledger_writers("test"))
        for writer in writers:
            rows: list[Any] = await client.lrange(keys.ledger_records("test", writer.decode()), 0, -1)
            found = [decode_entry(row).record for row in rows]
            if isinstance(found[0], Began) and found[0].role == role:
                return found
    return []


async def test_both_services_record(services: Services, embedded_binary: ServerBinary) -> None:
    async with run_standalone(embedded_binary) as ledger:
        url = f"redis://{ledger.node.host}:{ledger.node.port}"
        settings = {"PATTERN": PATTERNS, "LEDGER_URL": url, "LEDGER_RUN": "test"}
        subscriber = services.probed("subscriber", CONSUMER="me", **settings)
        await eventually(subscriber.ready)
        assert await services.start("publisher", PUBLISH_COUNT="3", **settings).exit() == 0
        await subscriber.process.line("[Received #6 from ")
        subscriber.process.terminate()
        assert await subscriber.process.exit() == 0
        sent, done = await records(ledger, "publisher"), await records(ledger, "subscriber")
    assert Counter(map(type, sent)) == {Began: 1, Attempt: 6, Outcomes: 6, Ended: 1}
    assert {each.of for each in sent if isinstance(each, Outcomes)} == {
        number for number, each in enumerate(sent, 1) if isinstance(each, Attempt)
    }
    effects = Counter[str]()
    for each in done:
        if isinstance(each, Effects):
            effects[each.pattern] += sum(map(len, each.groups))
    assert effects == {"pubsub": 3, "stream": 3}
    joined = [(each.pattern, each.state) for each in done if isinstance(each, Subscription)]
    assert joined == [("pubsub", "open"), ("pubsub", "closed")]
    assert isinstance(done[0], Began)
    assert done[0].who == "me"
    assert isinstance(done[-1], Ended)


async def test_a_ledger_that_is_not_there_ends_the_service(services: Services) -> None:
    publisher = services.start("publisher", LEDGER_URL="redis://127.0.0.1:1")
    assert await publisher.exit(timeout=30) == 1
    assert publisher.lines[-1].startswith("publisher: LEDGER_URL: no answer from Redis at 127.0.0.1:1")
