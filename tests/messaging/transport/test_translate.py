"""Every error of redis-py becomes one of ours, and the right one."""

from __future__ import annotations

import inspect
import ssl

import pytest
from redis import exceptions

from messaging.seam.errors import (
    AccessDenied,
    ConnectionLost,
    GroupExists,
    MessagingError,
    NotPermitted,
    OutOfMemory,
    ServerLoading,
    ServerNotReady,
    ServerReadOnly,
    ServerRefused,
    ServerTooOld,
    WrongType,
)
from messaging.transport.translate import CONNECTION_ERRORS, connection_error, is_no_script, reply_error

NOT_RAISED_BY_A_CONNECTION = {
    "RedisError",  # the base
    "DataError",  # a value that cannot be sent
    "PubSubError",  # redis-py's own PubSub, Lock, pipeline, credentials and cluster client: not used
    "WatchError",
    "LockError",
    "LockNotOwnedError",
    "ChildDeadlockedError",
    "IncorrectPolicyType",
    "ClusterError",
}
CLASSES = {
    name: kind
    for name, kind in vars(exceptions).items()
    if inspect.isclass(kind) and issubclass(kind, Exception) and kind.__module__ == exceptions.__name__
}
REPLIES = {
    name: kind
    for name, kind in CLASSES.items()
    if issubclass(kind, exceptions.ResponseError) and name not in NOT_RAISED_BY_A_CONNECTION
}
EXPECTED: dict[str, type[MessagingError]] = {
    "ResponseError": ServerRefused,
    "NoScriptError": ServerRefused,
    "OutOfMemoryError": OutOfMemory,
    "ExecAbortError": ServerRefused,
    "ReadOnlyError": ServerReadOnly,
    "NoPermissionError": NotPermitted,
    "ModuleError": ServerRefused,
    "NoSuchFieldsetError": ServerRefused,
    "AuthenticationWrongNumberOfArgsError": AccessDenied,
    "ClusterDownError": ServerNotReady,
    "AskError": ServerNotReady,
    "TryAgainError": ServerNotReady,
    "ClusterCrossSlotError": ServerRefused,
    "MovedError": ServerNotReady,
    "MasterDownError": ServerNotReady,
}
"""What each error reply becomes; redis-py may add classes, then a test asks to add them here."""


def made(kind: type[Exception]) -> Exception:
    """Return an instance; those of a Cluster parse their text."""
    return kind("3999 127.0.0.1:6381" if kind.__name__ in {"MovedError", "AskError"} else "some words")


@pytest.mark.parametrize("name", REPLIES)
def test_each_error_reply_becomes_one_of_ours(name: str) -> None:
    assert type(reply_error(made(REPLIES[name]))) is EXPECTED[name]


@pytest.mark.parametrize("name", sorted(CLASSES.keys() - REPLIES.keys() - NOT_RAISED_BY_A_CONNECTION))
def test_each_other_error_is_known_to_break_a_connection(name: str) -> None:
    assert issubclass(CLASSES[name], CONNECTION_ERRORS)
    error = connection_error(made(CLASSES[name]), "here:1", sent=True)
    refused = {
        "AuthenticationError": AccessDenied,
        "AuthorizationError": AccessDenied,
        "BusyLoadingError": ServerLoading,
    }
    assert type(error) is refused.get(name, ConnectionLost)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("WRONGTYPE Operation against a key holding the wrong kind of value", WrongType),
        ("-WRONGTYPE Operation against a key script: f_1, on @user_script:3.", WrongType),
        ("NOAUTH Authentication required.", AccessDenied),
        ("NOPERM this user has no permissions to run the 'xadd' command", NotPermitted),
        ("BUSY Redis is busy running a script.", ServerNotReady),
        ("NOREPLICAS Not enough good replicas to write.", ServerNotReady),
        ("MISCONF Redis is configured to save RDB snapshots", ServerNotReady),
        ("UNBLOCKED the stream key no longer exists", ServerNotReady),
        ("unknown command 'SPUBLISH', with args beginning with:", ServerTooOld),
        ("ERR unknown subcommand 'DOCS'. Try COMMAND HELP.", ServerTooOld),
        ("NOGROUP No such key 'x' or consumer group 'y'", ServerRefused),
        ("ERR value is not an integer or out of range", ServerRefused),
        ("BUSYGROUP Consumer Group name already exists", GroupExists),
    ],
)
def test_a_reply_without_a_class_of_its_own_is_known_by_its_code(text: str, expected: type[MessagingError]) -> None:
    error = reply_error(exceptions.ResponseError(text))
    assert type(error) is expected
    assert str(error).startswith(text)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (exceptions.BusyLoadingError, "LOADING"),
        (exceptions.ReadOnlyError, "READONLY"),
        (exceptions.NoPermissionError, "NOPERM"),
        (exceptions.OutOfMemoryError, "OOM"),
        (exceptions.MasterDownError, "MASTERDOWN"),
    ],
)
def test_the_code_that_redis_py_cuts_off_is_put_back_once(kind: type[Exception], code: str) -> None:
    assert str(reply_error(kind("some words"))).startswith(f"{code} some words")
    assert str(reply_error(kind(f"{code} some words"))).startswith(f"{code} some words")


@pytest.mark.parametrize("sent", [True, False])
def test_a_broken_connection_keeps_its_address_and_whether_the_request_was_sent(sent: bool) -> None:  # noqa: FBT001
    error = connection_error(ConnectionResetError("reset by peer"), "here:1", sent=sent)
    assert isinstance(error, ConnectionLost)
    assert (error.address, error.sent) == ("here:1", sent)
    assert "reset by peer" in str(error)


@pytest.mark.parametrize("error", [TimeoutError(), exceptions.TimeoutError("x"), OSError()])
def test_an_error_without_words_is_told_all_the_same(error: Exception) -> None:
    words = str(connection_error(error, "here:1", sent=True)).partition(": ")[2]
    assert words in {"timed out", "OSError"}


def test_what_was_wrapped_is_found_behind_its_wrapper() -> None:
    wrapper = exceptions.ConnectionError("while connecting")
    wrapper.__cause__ = exceptions.AuthenticationError("invalid username-password pair")
    assert type(connection_error(wrapper, "here:1", sent=False)) is AccessDenied
    wrapper.__cause__ = ssl.SSLCertVerificationError(1, "certificate verify failed")
    wrapper.__cause__.verify_message = "self-signed certificate"
    assert "self-signed certificate; check REDIS_TLS_CA" in str(connection_error(wrapper, "here:1", sent=False))


def test_an_unknown_script_is_told_from_other_errors() -> None:
    assert is_no_script(exceptions.NoScriptError("No matching script."))
    assert is_no_script(exceptions.ResponseError("NOSCRIPT No matching script."))
    assert not is_no_script(exceptions.ResponseError("ERR no"))
