"""Connects again under another name, and never reads again what it had been given before."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from messaging import Batch, MessagingError, decode
from messaging.seam import keys
from messaging.transport.link import Link
from tests.lab.saboteurs.harm import ids
from tests.lab.saboteurs.passing import PassingConsumer
from tests.lab.saboteurs.saboteur import Saboteur, Scene


class ForgetsItsOwn(PassingConsumer):
    """Harms what stood in the reply that was lost."""

    def __init__(self, scene: Scene) -> None:
        """Have a way of its own to what is pending."""
        super().__init__(scene)
        self._options = scene.options
        self._link = Link(scene.topology, self._options.destination, 5.0, 5.0)
        self._lives, self._lost, self._seen = 0, False, set[str]()

    async def open(self) -> None:
        if self._lost:
            self.harm.done(await self._pending() - self._seen)
            await self.inner.aclose()
            self._lives, self._lost = self._lives + 1, False
            name = f"{self.scene.options.consumer}~{self._lives}"
            self._options = replace(self.scene.options, consumer=name)
            self.inner = self.scene.consumer(self._options)
        await self.inner.open()

    async def receive(self, limit: int) -> Batch:
        try:
            batch = await self.inner.receive(limit)
        except MessagingError:
            self._lost = True
            raise
        self._seen.update(ids(batch.deliveries))
        return batch

    async def aclose(self) -> None:
        await self._link.aclose()
        await super().aclose()

    async def _pending(self) -> set[str]:
        """Return the messages that are pending under the name that is about to be given up."""
        options = self._options
        rows: list[Any] = await self._link.one(
            ("XPENDING", options.destination, options.group, "-", "+", 10_000, options.consumer)
        )
        entries = [await self._link.one(("XRANGE", options.destination, row[0], row[0])) for row in rows]
        return {decode(_body(fields)).id for found in entries for _, fields in found}


def _body(fields: list[bytes]) -> bytes:
    return dict(zip(fields[::2], fields[1::2], strict=True))[keys.STREAM_FIELD.encode()]


SABOTEUR = Saboteur(
    name="forgets-its-own",
    breaks="never reads again, after a lost reply, what is pending under its own name",
    patterns=("stream",),
    spared="nothing is pending under a consumer's name",
    like="reply-cut",
    scenario="""
        load: [{rate_per_second: 600, burst: 30, for_seconds: 5}]
        faults: [{fault: reply-cut, reply: claim, at_seconds: 1, times: 3, every_seconds: 1, for_seconds: 0}]
        publisher: {REDIS_TIMEOUT: 1}
        subscriber: {HANDLER: "subscriber.handlers:slow", HANDLER_DELAY: 0.002, REDIS_TIMEOUT: 1, BLOCK: 0.5, LEASE: 20}
        rest_seconds: 60
    """,
    finding="overdue",
    reason="not given again at once to who had not settled them",
    consumer=ForgetsItsOwn,
    quick=False,
)
