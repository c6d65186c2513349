"""The errors: the drawing is the tree, and each text ends with what to do."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

import pytest

from messaging.seam import errors
from messaging.seam.errors import (
    BacklogFull,
    ConnectionLost,
    MalformedMessage,
    MessagingError,
    ServerNotReady,
    ServerRefused,
    SettingsError,
)

LINE = re.compile(r"^(?P<indent>[ │├└─]*)(?P<name>[A-Z]\w+)(?:\s{2,}(?P<mend>.*))?$")


def drawn() -> Iterator[tuple[str, str]]:
    """Yield each class of the drawing with the one that it hangs on."""
    above: list[str] = []
    text = inspect.getdoc(errors) or ""
    for line in text.partition("::")[2].splitlines():
        if (found := LINE.match(line.removeprefix("    "))) and found["name"]:
            depth = len(found["indent"]) // 4
            del above[depth:]
            yield found["name"], above[-1] if above else "Exception"
            above.append(found["name"])


def defined() -> dict[str, type[MessagingError]]:
    return {
        name: value
        for name, value in vars(errors).items()
        if inspect.isclass(value) and issubclass(value, MessagingError)
    }


def test_the_drawing_is_the_tree_of_classes() -> None:
    assert dict(drawn()) == {name: kind.__base__.__name__ for name, kind in defined().items() if kind.__base__}


@pytest.mark.parametrize("kind", [kind for kind in defined().values() if hasattr(kind, "mend")])
def test_an_answer_of_the_server_is_told_in_its_words_and_with_the_mend(kind: type[ServerRefused]) -> None:
    error = kind("NOPE something is wrong")
    assert error.reply == "NOPE something is wrong"
    assert str(error) == f"NOPE something is wrong: {kind.mend}"
    assert len(kind.mend) > 10


def test_mends_differ_where_the_way_to_recover_does() -> None:
    mends = [kind.mend for kind in defined().values() if issubclass(kind, ServerNotReady | ServerRefused)]
    assert len(set(mends)) == len(mends)


def test_a_wrong_setting_is_told_with_its_name_its_value_and_the_mend() -> None:
    error = SettingsError("REDIS_PORT", "tcp://10.0.0.1:6379", "give the port alone")
    assert str(error) == "REDIS_PORT=tcp://10.0.0.1:6379: give the port alone"
    assert (error.key, error.value, error.mend) == ("REDIS_PORT", "tcp://10.0.0.1:6379", "give the port alone")


def test_a_malformed_message_is_told_with_its_field_where_there_is_one() -> None:
    assert str(MalformedMessage("count", "is missing")) == "count: is missing"
    assert str(MalformedMessage("", "not JSON")) == "not JSON"


def test_a_full_backlog_is_told_with_both_numbers_and_the_mend() -> None:
    text = str(BacklogFull("orders", 12, 10))
    assert "orders" in text
    assert "12" in text
    assert "10" in text
    assert text.endswith("raise MAX_LENGTH")


def test_a_lost_connection_is_told_with_its_address_and_reason() -> None:
    error = ConnectionLost("10.0.0.1:6379", "timed out", sent=True)
    assert str(error) == "no answer from Redis at 10.0.0.1:6379: timed out"
    assert error.sent
