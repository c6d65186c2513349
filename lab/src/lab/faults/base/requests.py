"""How a pattern's requests are recognized on the wire."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from messaging.transport.scripts import SCRIPTS

Step = Literal["claim", "settle", "publish"]


def _script(name: str) -> bytes:
    return SCRIPTS[name].sha.encode()


_STEPS: dict[Step, dict[str, bytes]] = {
    "claim": {
        "queue": b"\r\nBLMPOP\r\n",
        "reliable-queue": _script("reliable_claim"),
        "stream": b"\r\nXREADGROUP\r\n",
    },
    "settle": {"reliable-queue": _script("reliable_settle"), "stream": _script("stream_settle")},
    "publish": {
        "pubsub": b"\r\nPUBLISH\r\n",
        "sharded-pubsub": b"\r\nSPUBLISH\r\n",
        "queue": b"\r\nRPUSH\r\n",
        "reliable-queue": b"\r\nRPUSH\r\n",
        "stream": b"\r\nXADD\r\n",
    },
}


def markers(step: Step, settings: Mapping[str, str]) -> dict[str, bytes]:
    """Return the bytes in each pattern's requests for a step, for the patterns that have it.

    Args:
        step: a claim is a receive that takes messages; a queue and the channels are told of no settle.
        settings: a service's, which name patterns and destinations.
    """
    found = {}
    for pattern in settings["PATTERN"].split(","):
        if (marker := _STEPS[step].get(pattern)) is not None:
            key = settings[f"DESTINATION_{pattern.replace('-', '_').upper()}"].encode()
            found[pattern] = marker + b"$%d\r\n%s\r\n" % (len(key), key) if step == "publish" else marker
    return found
