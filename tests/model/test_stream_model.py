"""The stream and its group against their invariants, in every order of events that hypothesis thinks of.

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

from messaging import ACK, Ack, Dead, Retry, Settlement
from messaging.patterns import stream
from messaging.seam.errors import ConnectionLost
from tests.model.letters import MAX_DELIVERIES
from tests.model.stream_world import Snapshot, StreamWorld
from tests.model.world import Hand
from tests.support.standalone import Standalone

WHO = some.integers(0, 5)
LIMIT = some.integers(1, 4)
SETTLEMENTS = some.lists(some.sampled_from([ACK, Retry("later"), Dead("no")]), min_size=4, max_size=4)
LOST = some.sampled_from([0, 0, 0, 1])


class StreamOfMessages(RuleBasedStateMachine):
    """Three consumers of one group; anything may happen to any of them at any moment."""

    def __init__(self, world: StreamWorld) -> None:
        super().__init__()
        self.world = world

    # ---- what may happen -------------------------------------------------------------------------

    @initialize(number=LIMIT)
    def begin_with_some(self, number: int) -> None:
        self.world.publish(number)

    @rule(number=LIMIT)
    def publish(self, number: int) -> None:
        self.world.publish(number)

    @precondition(lambda self: self.world.idle)
    @rule(who=WHO, limit=LIMIT, lost=LOST)
    def claim(self, who: int, limit: int, lost: int) -> None:
        hand, before = _one(self.world.idle, who), self.world.look()
        with hand.way.losing(lost):
            try:
                hand.batch = self.world.run(hand.consumer.receive(limit))
            except ConnectionLost:
                assert lost
            else:
                self.check_claim(before, hand, limit)

    @precondition(lambda self: self.world.busy)
    @rule(who=WHO, settlements=SETTLEMENTS, lost=LOST)
    def settle(self, who: int, settlements: list[Settlement], lost: int) -> None:
        hand, before = _one(self.world.busy, who), self.world.look()
        repeated, decided = hand.decided is not None, hand.decide(settlements)
        held = self.world.held(before, hand)
        with hand.way.losing(lost):
            try:
                settled = self.world.run(hand.consumer.settle(hand.batch, decided))
            except ConnectionLost:
                assert lost
            else:
                if repeated and not hand.ended:
                    assert settled == hand.expected([True] * len(held))
                elif not repeated:
                    assert settled == hand.expected(held)
        if not any(held):
            assert self.world.look() == before
        self.note_effect(hand, held)
        if not lost:
            hand.let_go()

    @precondition(lambda self: self.world.busy)
    @rule(who=WHO, settlements=SETTLEMENTS, limit=LIMIT, lost=some.sampled_from([0, 0, 1, 2]))
    def exchange(self, who: int, settlements: list[Settlement], limit: int, lost: int) -> None:
        hand, before = _one(self.world.busy, who), self.world.look()
        repeated, decided = hand.decided is not None, hand.decide(settlements)
        held = self.world.held(before, hand)
        with hand.way.losing(lost):
            try:
                settled, following = self.world.run(hand.consumer.exchange(hand.batch, decided, limit))
            except ConnectionLost:
                assert lost == 1
                self.note_effect(hand, held)
            else:
                assert repeated or settled == hand.expected(held)
                self.note_effect(hand, held)
                hand.let_go()
                hand.batch = following

    @precondition(lambda self: self.world.busy)
    @rule(who=WHO)
    def renew(self, who: int) -> None:
        hand, before = _one(self.world.busy, who), self.world.look()
        held = self.world.held(before, hand)
        assert self.world.run(hand.consumer.renew(hand.batch)) == all(held)
        if not any(held):
            assert self.world.look() == before
        elif all(held):
            hand.ended = False

    @precondition(lambda self: self.world.busy)
    @rule(who=WHO)
    def hand_back(self, who: int) -> None:
        hand, before = _one(self.world.busy, who), self.world.look()
        if hand.decided is not None:
            return
        held = self.world.held(before, hand)
        self.world.run(hand.consumer.hand_back(hand.batch))
        after = self.world.look()
        for number, is_held in zip(hand.numbers, held, strict=True):
            was, now = before.of(number), after.of(number)
            assert was is None or not is_held or now == was._replace(deliveries=was.deliveries - 1, due=True)
            assert is_held or now == was
        hand.let_go()

    @precondition(lambda self: self.world.busy)
    @rule(who=WHO, under_its_name=some.booleans())
    def crash(self, who: int, *, under_its_name: bool) -> None:
        hand = _one(self.world.busy, who)
        self.world.crash(hand, hand.name if under_its_name else "")

    @precondition(lambda self: self.world.busy and len(self.world.hands) < 5)
    @rule(who=WHO)
    def be_doubled(self, who: int) -> None:
        """Another one starts under its name, for somebody took it for dead."""
        self.world.hands.append(self.world.newcomer(_one(self.world.busy, who).name))

    @rule(which=some.integers(0, 9))
    def stall_past_a_lease(self, which: int) -> None:
        pending = list(self.world.look().pending.items())
        if pending:
            self.world.end_lease(*pending[which % len(pending)])

    @precondition(lambda self: self.world.busy and self.world.idle)
    @rule(who=WHO, heir=WHO)
    def be_overtaken(self, who: int, heir: int) -> None:
        """It stalls so long that another consumer takes what is due."""
        hand = _one(self.world.busy, who)
        for entry_id, pending in self.world.look().pending.items():
            if pending.number == hand.numbers[0]:
                self.world.end_lease(entry_id, pending)
        self.claim(heir, limit=1, lost=0)

    # ---- what always holds -----------------------------------------------------------------------

    @invariant()
    def every_message_is_in_one_place(self) -> None:
        world, now = self.world, self.world.look()
        assert sorted([*now.everywhere, *world.settled]) == list(range(1, world.published + 1))
        assert set(now.kept) <= world.settled | set(now.dead)
        assert now.lag == len(now.waiting), "an autoscaler reads it"
        assert all(one.deliveries <= MAX_DELIVERIES for one in now.pending.values())
        if not now.pending:
            assert len(now.kept) <= 1, "what is settled takes no memory"

    def teardown(self) -> None:
        """Whatever happened, one more consumer brings it to an end."""
        world = self.world
        try:
            for entry_id, pending in world.look().pending.items():
                world.end_lease(entry_id, pending)
            last = world.newcomer()
            world.hands.append(last)
            while len(batch := world.run(last.consumer.receive(4))):
                last.batch = batch
                assert world.run(last.consumer.settle(batch)).stale == 0
                world.settled.update(last.numbers)
            assert sorted([*world.settled, *world.look().dead]) == list(range(1, world.published + 1))
            assert world.run(last.consumer.backlog())[:2] == (0, 0)
        finally:
            world.close()

    # ---- how it is checked -----------------------------------------------------------------------

    def check_claim(self, before: Snapshot, hand: Hand, limit: int) -> None:
        """What comes was pending for it or due, and comes alone; or it is the next in order."""
        deliveries, now = hand.batch.deliveries, self.world.look()
        assert all(self.world.held(now, hand))
        if deliveries and deliveries[0].count > 1:
            (number,) = hand.numbers
            was = before.of(number)
            assert was is not None
            assert was.due or was.owner == hand.name
            assert deliveries[0].count == was.deliveries + 1
        else:
            handed_back = tuple(one.number for one in before.pending.values() if one.deliveries == 0)
            assert hand.numbers == before.waiting[:limit] or (len(deliveries) == 1 and hand.numbers[0] in handed_back)
            assert deliveries or not before.waiting

    def note_effect(self, hand: Hand, held: list[bool]) -> None:
        """Note what a settle did, whoever has heard of it."""
        decided = zip(hand.numbers, hand.decided or [], held, strict=True)
        acknowledged = {number for number, one, is_held in decided if is_held and isinstance(one, Ack)}
        assert not acknowledged & set(self.world.look().everywhere)
        self.world.settled |= acknowledged


def _one(hands: list[Hand], who: int) -> Hand:
    return hands[who % len(hands)]


@pytest.mark.timeout(300)
def test_no_order_of_events_loses_a_message_or_settles_one_that_is_not_held(
    brisk_server: Standalone, destination: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Time does not pass in the model: each receive looks for what is due.
    monkeypatch.setattr(stream, "SCAN_SECONDS", 0.0)
    numbers = count()
    node = brisk_server.node
    run_state_machine_as_test(
        lambda: StreamOfMessages(StreamWorld(node.host, node.port, f"{destination}_{next(numbers)}")),  # type: ignore[arg-type]
        settings=settings(
            max_examples=60, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
