"""REDIS_URL: one value in place of several."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from messaging.transport.values import Fault

_TLS_OF_SCHEME = {"redis": False, "rediss": True, "valkey": False, "valkeys": True}
_FORM = "give redis://[user:password@]host[:port][/db], rediss:// for TLS, or unix://[user:password@]/path[?db=0]"
_SOCKET_KEYS = {"db", "username", "password"}
_SOCKET_BYTES = 107  # sockaddr_un of Linux has room for so many, and a zero


def mask_url(url: str) -> str:
    """Return the URL without what may be secret in it."""
    return re.sub(r"\?.*", "?***", re.sub(r"(?s)^([a-z+]+://)?.*@", r"\1***@", url))


def expand_url(given: Mapping[str, object]) -> dict[str, object]:
    """Return the values with what their `url` says put beside it.

    Raises:
        Fault: the URL cannot be read, or contradicts a value that was given too.
    """
    url = given.get("url")
    if not isinstance(url, str) or not url:
        return dict(given)
    parts = parse_url(url, "url")
    for name, value in parts.items():
        if name in given and not _same(given[name], value):
            variable = f"REDIS_{name.upper()}"
            raise Fault("url", f"contradicts {variable}, which is set too: remove one of them")
    return parts | dict(given)


def parse_url(url: str, field: str = "") -> dict[str, object]:
    """Return what a URL says, by the names of the settings.

    Args:
        url: redis://, rediss://, the same with valkey, or unix:// as redis-py has it.
        field: the field to blame.

    Raises:
        Fault: the URL cannot be read.
    """
    try:
        split = urlsplit(url)
        port = split.port
    except ValueError:
        raise Fault(field, _FORM) from None
    if split.scheme == "unix":
        return _socket_parts(split, field)
    if split.scheme not in _TLS_OF_SCHEME or not split.hostname or split.query or split.fragment:
        raise Fault(field, _FORM)
    found: dict[str, object | None] = {
        "host": split.hostname,
        "port": port,
        "db": _database(split.path, field),
        "username": unquote(split.username or "") or None,
        "password": unquote(split.password or "") or None,
        "tls": _TLS_OF_SCHEME[split.scheme],
    }
    return {name: value for name, value in found.items() if value is not None}


def socket_of(url: str) -> str:
    """Return the path of the Unix domain socket that a URL leads to, or "" for a URL of another kind."""
    split = urlsplit(url)
    return unquote(split.path) if split.scheme == "unix" else ""


def _socket_parts(split: SplitResult, field: str) -> dict[str, object]:
    query = dict(parse_qsl(split.query))
    path = unquote(split.path)
    if not path.strip("/") or "\0" in path or split.hostname or split.fragment or query.keys() - _SOCKET_KEYS:
        raise Fault(field, _FORM)
    if len(os.fsencode(path)) > _SOCKET_BYTES:
        raise Fault(field, f"a socket's path has at most {_SOCKET_BYTES} bytes: move it to a shorter one")
    found: dict[str, object | None] = {
        "db": _database(query.get("db", ""), field),
        "username": unquote(split.username or "") or query.get("username"),
        "password": unquote(split.password or "") or query.get("password"),
    }
    return {name: value for name, value in found.items() if value is not None}


def _database(path: str, field: str) -> int | None:
    path = path.strip("/")
    if path and not (path.isascii() and path.isdigit()):
        raise Fault(field, _FORM)
    return int(path) if path else None


def _same(given: object, value: object) -> bool:
    if isinstance(value, bool):
        return (str(given).lower() in {"1", "true", "t", "yes", "y", "on"}) is value
    get_secret = getattr(given, "get_secret_value", None)
    return str(get_secret() if get_secret else given) == str(value)
