"""The reliable queue against its invariants, in every order of events that hypothesis thinks of.

Real consumers and scripts on a real server; only time is not real: a lease ends when the test says so.
"""

from __future__ import annotations

from itertools import count

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as some
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from messaging import ACK, Ack, Dead, Retry, Settled, Settlement
from messaging.seam import keys
from messaging.seam.errors import ConnectionLost
from tests.model.letters import MAX_DELIVERIES
from tests.model.reliable_snapshot import Snapshot
from tests.model.reliable_world import OVERDUE, ReliableWorld
from tests.model.world import Hand
from tests.support.standalone import Standalone

WHO = some.integers(0, 5)
LIMIT = some.integers(1, 4)
SETTLEMENTS = some.lists(some.sampled_from([ACK, Retry("later"), Dead("no")]), min_size=4, max_size=4)
LOST = some.sampled_from([0, 0, 0, 1])


class ReliableQueue(RuleBasedStateMachine):
    """Three consumers of one list; anything may happen to any of them at any moment."""

    def __init__(self, world: ReliableWorld) -> None:
        super().__init__()
        self.world = world

    # ---- what may happen -------------------------------------------------------------------------

    @initialize(number=LIMIT)
    def begin_with_some(self, number: int) -> None:
        self.world.publish(number)

    @rule(number=LIMIT)
    def publish(self, number: int) -> None:
        self.world.publish(number)

    @rule()
    def wake_somebody_who_dies(self) -> None:
        """BLMOVE gave a blocked consumer a message, which it never claims."""
        destination = self.world.destination
        self.world.client.lmove(destination, keys.woken(destination), "LEFT", "RIGHT")

    @precondition(lambda self: self.world.idle)
    @rule(who=WHO, limit=LIMIT, lost=LOST)
    def claim(self, who: int, limit: int, lost: int) -> None:
        hand, before = _one(self.world.idle, who), self.world.look()
        with hand.way.losing(lost):
            try:
                hand.batch = self.world.run(hand.consumer.receive(limit))
            except ConnectionLost:
                assert lost
                hand.unseen = self.world.claimed_since(before) or hand.unseen
            else:
                assert not lost
                self.check_claim(before, hand, limit)
                hand.unseen = ""

    @precondition(lambda self: self.world.busy)
    @rule(who=WHO, settlements=SETTLEMENTS, lost=LOST)
    def settle(self, who: int, settlements: list[Settlement], lost: int) -> None:
        hand, before = _one(self.world.busy, who), self.world.look()
        repeated, decided = hand.decided is not None, hand.decide(settlements)
        with hand.way.losing(lost):
            try:
                settled = self.world.run(hand.consumer.settle(hand.batch, decided))
            except ConnectionLost:
                assert lost
            else:
                self.check_answer(before, hand, settled, repeated=repeated)
        self.check_effect(before, hand, alone=True)
        if not lost:
            hand.let_go()

    @precondition(lambda self: self.world.busy)
    @rule(who=WHO, settlements=SETTLEMENTS, limit=LIMIT, lost=some.sampled_from([0, 0, 1, 2]))
    def exchange(self, who: int, settlements: list[Settlement], limit: int, lost: int) -> None:
        hand, before = _one(self.world.busy, who), self.world.look()
        repeated, decided = hand.decided is not None, hand.decide(settlements)
        with hand.way.losing(lost):
            try:
                settled, following = self.world.run(hand.consumer.exchange(hand.batch, decided, limit))
            except ConnectionLost:
                assert lost == 1
                self.check_effect(before, hand, alone=False)
            else:
                self.check_answer(before, hand, settled, repeated=repeated)
                self.check_effect(before, hand, alone=False)
                hand.let_go()
                hand.batch = following
        hand.unseen = (self.world.claimed_since(before) or hand.unseen) if lost else ""

    @precondition(lambda self: self.world.busy)
    @rule(who=WHO)
    def renew(self, who: int) -> None:
        hand, before = _one(self.world.busy, who), self.world.look()
        name = str(hand.batch.receipt)
        if self.world.run(hand.consumer.renew(hand.batch)):
            assert before.leases[name] <= self.world.look().leases[name]  # equal within one millisecond
            hand.ended = False
        else:
            assert name not in before.leases
            assert self.world.look() == before

    @precondition(lambda self: self.world.busy)
    @rule(who=WHO)
    def hand_back(self, who: int) -> None:
        hand, before = _one(self.world.busy, who), self.world.look()
        if hand.decided is not None:
            return
        name = str(hand.batch.receipt)
        self.world.run(hand.consumer.hand_back(hand.batch))
        after, entry = self.world.look(), before.inflight.get(name)
        if entry is None:
            assert after == before
        elif entry.deliveries == 1:
            assert after.listed == entry.messages + before.listed
        else:
            assert after.inflight[name] == entry._replace(deliveries=entry.deliveries - 1)
            assert after.leases[name] <= OVERDUE
            self.world.end_lease(name)
        hand.let_go()

    @precondition(lambda self: self.world.busy)
    @rule(who=WHO)
    def crash(self, who: int) -> None:
        self.world.crash(_one(self.world.busy, who))

    @rule(which=some.integers(0, 9))
    def stall_past_a_lease(self, which: int) -> None:
        leases = self.world.look().held_in_order
        if leases:
            self.world.end_lease(leases[which % len(leases)])

    @precondition(lambda self: self.world.busy and self.world.idle)
    @rule(who=WHO, heir=WHO)
    def be_overtaken(self, who: int, heir: int) -> None:
        """It stalls so long that another consumer takes what is due."""
        hand = _one(self.world.busy, who)
        self.world.end_lease(str(hand.batch.receipt))
        self.claim(heir, limit=1, lost=0)

    # ---- what always holds -----------------------------------------------------------------------

    @invariant()
    def every_message_is_in_one_place_and_each_batch_has_a_lease(self) -> None:
        world, now = self.world, self.world.look()
        assert sorted([*now.everywhere, *world.settled]) == list(range(1, world.published + 1))
        at_rest = len(world.settled) + len(now.dead) == world.published
        assert at_rest == (not now.waiting and not now.leases)
        assert now.leases.keys() == now.inflight.keys()
        for entry in now.inflight.values():
            assert 1 <= entry.deliveries <= MAX_DELIVERIES
            assert entry.deliveries == 1 or len(entry.messages) == 1, "what is redelivered is alone"

    def teardown(self) -> None:
        """Whatever happened, one more consumer brings it to an end."""
        world = self.world
        for name in world.look().held_in_order:
            world.end_lease(name)
        last = world.newcomer()
        world.hands.append(last)
        while len(batch := world.run(last.consumer.receive(4))):
            last.batch = batch
            assert world.run(last.consumer.settle(batch)).stale == 0
            world.settled.update(last.numbers)
        try:
            assert sorted([*world.settled, *world.look().dead]) == list(range(1, world.published + 1))
            assert world.run(last.consumer.backlog()) == (0, 0)
        finally:
            world.close()

    # ---- how it is checked -----------------------------------------------------------------------

    def check_claim(self, before: Snapshot, hand: Hand, limit: int) -> None:
        """What comes is what was lost on the way, else one of what is due, else the next in order."""
        after, numbers, deliveries = self.world.look(), hand.numbers, hand.batch.deliveries
        if deliveries:
            entry = after.inflight[str(hand.batch.receipt)]
            assert (entry.messages, entry.deliveries) == (numbers, deliveries[0].count)
            assert after.leases[str(hand.batch.receipt)] > OVERDUE
        due = before.due(OVERDUE)
        if hand.unseen in before.inflight:
            assert hand.batch.receipt == hand.unseen
            assert after.inflight == before.inflight
        elif due.keys() - set(after.dead):
            (number,) = numbers
            assert deliveries[0].count == due[number] + 1
        else:
            assert numbers == before.waiting[:limit]
            assert all(one.count == 1 for one in deliveries)

    def check_answer(self, before: Snapshot, hand: Hand, settled: Settled, *, repeated: bool) -> None:
        """A settle tells what became of the batch, also when it repeats one whose reply was lost."""
        if hand.batch.receipt in before.inflight or (repeated and not hand.ended):
            assert settled == hand.expected([True] * len(hand.batch))
        elif not repeated:
            assert settled == Settled(stale=len(hand.batch))

    def check_effect(self, before: Snapshot, hand: Hand, *, alone: bool) -> None:
        """A settle does what it says, once; one that is stale changes nothing."""
        after = self.world.look()
        if hand.batch.receipt not in before.inflight:
            assert after == before or not alone
            return
        assert hand.batch.receipt not in after.inflight
        acknowledged = {
            number
            for number, settlement in zip(hand.numbers, hand.decided or [], strict=True)
            if isinstance(settlement, Ack)
        }
        assert not acknowledged & set(after.everywhere)
        self.world.settled |= acknowledged


def _one(hands: list[Hand], who: int) -> Hand:
    return hands[who % len(hands)]


@pytest.mark.timeout(300)
def test_no_order_of_events_loses_a_message_or_settles_one_that_is_not_held(
    brisk_server: Standalone, destination: str
) -> None:
    numbers = count()
    node = brisk_server.node
    run_state_machine_as_test(
        lambda: ReliableQueue(ReliableWorld(node.host, node.port, f"{destination}_{next(numbers)}")),  # type: ignore[arg-type]
        settings=settings(
            max_examples=60, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
