"""From replies to outcomes: nobody turns Unknown into one of the others."""

from __future__ import annotations

import pytest

from messaging import Acknowledged, Failed, Unknown
from messaging.patterns.list_store import ListStore
from messaging.seam.errors import ConnectionLost, MessagingError, OutOfMemory, ServerLoading
from messaging.transport.replies import outcome, refused


@pytest.mark.parametrize(("reply", "value"), [(b"1-1", "1-1"), (0, 0), (7, 7)])
def test_a_reply_acknowledges(reply: bytes | int, value: str | int) -> None:
    assert outcome(reply) == Acknowledged(value)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ConnectionLost("here:1", "gone", sent=True), Unknown),
        (ConnectionLost("here:1", "gone", sent=False), Failed),
        (OutOfMemory("OOM"), Failed),
        (ServerLoading("LOADING"), Failed),
    ],
)
def test_only_a_lost_reply_is_unknown(error: MessagingError, kind: type[Failed | Unknown]) -> None:
    assert outcome(error) == refused(error) == kind(error)


def test_one_reply_for_a_list_acknowledges_each_message_with_its_own_length() -> None:
    assert ListStore("orders").outcomes([12], 3) == [Acknowledged(10), Acknowledged(11), Acknowledged(12)]


def test_one_error_for_a_list_is_the_outcome_of_each_message() -> None:
    error = ConnectionLost("here:1", "gone", sent=True)
    assert ListStore("orders").outcomes([error], 2) == [Unknown(error)] * 2
