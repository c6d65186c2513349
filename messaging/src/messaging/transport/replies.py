"""From a server's replies to what became of a publish."""

from __future__ import annotations

from messaging.seam.errors import ConnectionLost, MessagingError
from messaging.seam.outcomes import Acknowledged, Failed, Outcome, Unknown
from messaging.transport.link import Reply


def outcome(reply: Reply) -> Outcome:
    """Return the outcome that one reply, or the error in its place, stands for."""
    if isinstance(reply, bytes):
        return Acknowledged(reply.decode())
    if isinstance(reply, MessagingError):
        return refused(reply)
    return Acknowledged(int(reply))


def refused(error: MessagingError) -> Failed | Unknown:
    """Return Unknown where the request may have been carried out, else Failed."""
    if isinstance(error, ConnectionLost) and error.sent:
        return Unknown(error)
    return Failed(error)
