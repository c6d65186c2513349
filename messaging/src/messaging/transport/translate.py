"""redis-py's errors in our words. With `connection` and `link`, the only code that names redis-py."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from collections.abc import Iterator

from redis import exceptions as redis

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
from messaging.transport.scripts import BY_SHA

_BY_CLASS: tuple[tuple[type[Exception], type[ServerNotReady | ServerRefused], str], ...] = (
    (redis.BusyLoadingError, ServerLoading, "LOADING"),
    (redis.ReadOnlyError, ServerReadOnly, "READONLY"),
    (redis.NoPermissionError, NotPermitted, "NOPERM"),
    (redis.OutOfMemoryError, OutOfMemory, "OOM"),
    (redis.MasterDownError, ServerNotReady, "MASTERDOWN"),
    (redis.ClusterDownError, ServerNotReady, "CLUSTERDOWN"),
    (redis.TryAgainError, ServerNotReady, "TRYAGAIN"),
    (redis.MovedError, ServerNotReady, "MOVED"),
    (redis.AskError, ServerNotReady, "ASK"),
    (redis.AuthenticationWrongNumberOfArgsError, AccessDenied, "NOAUTH"),
    (redis.AuthenticationError, AccessDenied, "WRONGPASS"),
    (redis.AuthorizationError, AccessDenied, "NOAUTH"),
)
"""Most specific first. redis-py cuts the code off some replies: the third column puts it back."""

_BY_CODE: dict[str, type[ServerNotReady | ServerRefused]] = {
    "WRONGTYPE": WrongType,
    "BUSYGROUP": GroupExists,
    "NOAUTH": AccessDenied,
    "NOPERM": NotPermitted,
    "BUSY": ServerNotReady,
    "NOREPLICAS": ServerNotReady,
    "MISCONF": ServerNotReady,
    "UNBLOCKED": ServerNotReady,
}

CONNECTION_ERRORS = (
    redis.ConnectionError,
    redis.TimeoutError,
    redis.RedisClusterException,
    redis.InvalidResponse,
    OSError,
    asyncio.TimeoutError,
)
"""What a connection that broke raises."""

_SCRIPT_LACKS_RIGHTS = ("ACL failure in script", "The user executing the script can't")
"""How a right that is missing inside a script is worded, by newer servers and by Redis 7.0."""

REPLY_ERRORS = (redis.ResponseError, redis.BusyLoadingError, redis.AuthenticationError, redis.AuthorizationError)
"""What an error reply raises. The last three are for redis-py errors of a connection, which goes on all the same."""

_REFUSED_AT_THE_DOOR = (
    redis.BusyLoadingError,
    redis.AuthenticationError,
    redis.AuthorizationError,
    redis.AuthenticationWrongNumberOfArgsError,
    redis.NoPermissionError,
)
"""What a server answers to a client that has just connected."""


_CLOSED = "Connection closed by server"
"""How redis-py words the end of a connection."""


def reply_error(error: Exception) -> MessagingError:
    """Translate an error reply of the server."""
    text = str(error)
    if "authentication required" in text.lower():
        return AccessDenied(f"NOAUTH {text.removeprefix('NOAUTH ')}")
    for theirs, ours, code in _BY_CLASS:
        if isinstance(error, theirs):
            return ours(text if text.startswith(code) else f"{code} {text}")
    if "unknown command" in text.lower() or "unknown subcommand" in text.lower():
        return ServerTooOld(text)
    if text.startswith(_SCRIPT_LACKS_RIGHTS):
        return NotPermitted(f"NOPERM {text}{_refused_in_script(text)}")
    return _by_code(text)


def _refused_in_script(text: str) -> str:
    """Name the command that Redis 7.0 refused inside a script: it tells the line alone."""
    place = re.search(r"script: (\w+), on @user_script:(\d+)", text)
    script = BY_SHA.get(place[1]) if place else None
    if place is None or script is None:
        return ""
    line = script.source.splitlines()[int(place[2]) - 1]
    calls = re.findall(r"redis\.p?call\('(\w+)'", line)
    return f" There {script.name}.lua runs {', '.join(repr(command.lower()) for command in calls)}"


def _by_code(text: str) -> MessagingError:
    """Find the code, which stands first, or last before the text in a script's error."""
    for code, ours in _BY_CODE.items():
        if text.startswith((f"{code} ", f"-{code} ")):
            return ours(text)
    return ServerRefused(text)


def connection_error(error: BaseException, address: str, *, sent: bool, tls: bool | None = None) -> MessagingError:
    """Translate what broke a connection, or kept it from being made.

    Args:
        error: what redis-py raised.
        address: what to call the server.
        sent: whether a request may have reached it.
        tls: how one tried to connect; None where a connection broke that had been made, or that has no TLS.
    """
    for cause in _causes(error):
        if isinstance(cause, _REFUSED_AT_THE_DOOR):
            return reply_error(cause)
        if isinstance(cause, ssl.SSLCertVerificationError):
            return ConnectionLost(address, f"{cause.verify_message}; check REDIS_TLS_CA", sent=sent)
    timed_out = isinstance(error, asyncio.TimeoutError | redis.TimeoutError)
    words = "timed out" if timed_out else str(error) or type(error).__name__
    mend = _tls_mend(error, tls=tls)
    return ConnectionLost(address, words.rstrip(".") + mend if mend else words, sent=sent)


def _tls_mend(error: BaseException, *, tls: bool | None) -> str:
    """Say what to do where one side seems to speak TLS and the other does not."""
    if tls is None or not _broke_at_hello(error, tls=tls):
        return ""
    return f"; if the server speaks {'no TLS, set REDIS_TLS=false' if tls else 'TLS, set REDIS_TLS=true'}"


def _broke_at_hello(error: BaseException, *, tls: bool) -> bool:
    """Tell whether a server was there and ended the conversation, or could not make sense of it."""
    causes = list(_causes(error))
    if any(isinstance(cause, ConnectionRefusedError | socket.gaierror) for cause in causes):
        return False
    if tls:  # a server without TLS may also wait for the end of what it takes for a command
        return any(isinstance(cause, ssl.SSLError | ConnectionError | asyncio.TimeoutError) for cause in causes)
    return any(isinstance(cause, ConnectionResetError) or str(cause).startswith(_CLOSED) for cause in causes)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and what led to it: redis-py wraps some in its own."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def is_no_script(error: Exception) -> bool:
    """Tell whether the server does not know a script (it was restarted, or its scripts flushed)."""
    return isinstance(error, redis.NoScriptError) or str(error).startswith("NOSCRIPT")
