"""One look after the other: what came, whom it asks for messages, and what it says when there is nobody."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from lab.page.model import Model
from lab.watch.replicas import CrowdError, Group
from messaging.telemetry.last_messages import Passed

RECEIVED = 'messaging_client_consumed_messages_total{{messaging_redis_pattern="queue"}} {}\n'


class Crowd:
    """Says what a test lets it say."""

    def __init__(self, *names: str) -> None:
        """Have so many replicas, each of which has received nothing."""
        self.counts = dict.fromkeys(names, 0)
        self.deployments: Mapping[str, Group] = {}
        self.asked: list[str] = []

    async def pages(self) -> Mapping[str, str]:
        if not self.counts:
            raise CrowdError("nobody is there: start somebody")
        return {name: RECEIVED.format(count) for name, count in self.counts.items()}

    async def messages(self, who: str) -> str:
        self.asked.append(who)
        one = Passed(float(len(self.asked)), "queue", "orders", f"id-{len(self.asked)}", "me", 1, 1, 0.1, "", "")
        return msgspec.json.encode([one]).decode()

    async def groups(self) -> Mapping[str, Group]:
        return self.deployments


class Stranger(Crowd):
    """Is a program of another kind."""

    async def messages(self, who: str) -> str:
        return f'{{"not ours": "{who}"}}'


async def test_a_look_tells_what_came_since_the_last_one() -> None:
    crowd = Crowd("a")
    model = Model(crowd, {})
    await model.look()
    crowd.counts |= {"a": 10, "b": 0}
    await model.look()
    (sharing,) = model.sharings
    assert [(part.who, part.received) for part in sharing.parts] == [("a", 10), ("b", 0)]
    assert [str(mark) for mark in model.marks] == ["b came"]
    assert [point.received > 0 for point in model.histories["queue"].points] == [True]


async def test_nobody_there_is_shown_and_over_when_somebody_comes() -> None:
    crowd = Crowd()
    model = Model(crowd, {})
    await model.look()
    assert model.trouble == "nobody is there: start somebody"
    crowd.counts = {"a": 1}
    await model.look()
    assert (model.trouble, model.replicas) == ("", 1)


async def test_it_asks_a_few_for_their_messages_and_all_in_turn() -> None:
    crowd = Crowd(*"abcdefg")
    model = Model(crowd, {})
    for _ in range(7):
        await model.look()
    assert {name: crowd.asked.count(name) for name in "abcdefg"} == dict.fromkeys("abcdefg", 3)
    newest = [one.id for _, one in model.passed]
    assert newest == [f"id-{number}" for number in range(21, 9, -1)]


async def test_what_is_no_list_of_messages_is_none() -> None:
    model = Model(Stranger("a"), {})
    await model.look()
    assert model.passed == []


async def test_scaling_is_marked() -> None:
    crowd = Crowd("a")
    crowd.deployments = {"subscriber": Group("subscriber", "1", wanted=1, settled=True)}
    model = Model(crowd, {})
    await model.look()
    crowd.deployments = {"subscriber": Group("subscriber", "1", wanted=4, settled=False)}
    await model.look()
    assert [str(mark) for mark in model.marks] == ["subscriber scaled to 4"]
