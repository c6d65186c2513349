"""Where the replicas are: pods of a release (`lab.watch.pods`), or programs at addresses."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from lab.common.http import Address, FetchError, fetch

METRICS, MESSAGES = "/metrics", "/messages"


class CrowdError(Exception):
    """The replicas cannot be looked at; the text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Group:
    """Replicas that are replaced and scaled together: a Deployment.

    Attributes:
        role: which service they are.
        revision: another one after each rollout.
        wanted: how many there shall be.
        settled: whether so many are there, and all of this revision.
    """

    role: str
    revision: str
    wanted: int
    settled: bool


class Crowd(Protocol):
    """Some replicas."""

    async def pages(self) -> Mapping[str, str]:
        """Return what each says in /metrics, by its name; one that does not answer is left out.

        Raises:
            CrowdError: nobody can be asked.
        """

    async def messages(self, who: str) -> str:
        """Return what one of them says in /messages, a JSON array; an empty one when it does not answer."""

    async def groups(self) -> Mapping[str, Group]:
        """Return those who replace and scale the replicas, by name; empty where nobody does, or may be asked."""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Programs that were started with PROBE_PORT.

    Attributes:
        addresses: where they listen.
    """

    addresses: Sequence[Address]

    async def pages(self) -> Mapping[str, str]:
        """Ask each; its name is its address."""
        where = {f"{address.host}:{address.port}": address for address in self.addresses}
        found = await pages_of(where)
        if not found:
            raise CrowdError(f"nobody answers at {', '.join(where)}: start the services with PROBE_PORT=...")
        return found

    async def messages(self, who: str) -> str:
        """Ask it."""
        host, _, port = who.rpartition(":")
        return await said(Address(host, int(port)), MESSAGES) or "[]"

    async def groups(self) -> Mapping[str, Group]:
        """There are none."""
        return {}


async def pages_of(where: Mapping[str, Address]) -> dict[str, str]:
    """Ask each for its /metrics; one that does not answer is left out."""
    answers = await asyncio.gather(*(said(address, METRICS) for address in where.values()))
    return {name: page for name, page in zip(where, answers, strict=True) if page is not None}


async def said(address: Address, path: str) -> str | None:
    """Return what somebody answers, None when that is nothing."""
    try:
        return (await fetch(address, path)).decode()
    except FetchError:
        return None
