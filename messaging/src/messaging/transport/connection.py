"""Three topologies, one promise: a connection to the server that holds a key."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Protocol
from weakref import WeakSet

from redis.asyncio import Connection, RedisCluster, Sentinel, SSLConnection, UnixDomainSocketConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from messaging.transport.settings import RedisSettings

CLIENT_NAME = "messaging"
AnyConnection = Connection | UnixDomainSocketConnection
"""Open, by TCP, TLS or a Unix domain socket."""


class Topology(Protocol):
    """Finds the server that holds a key."""

    async def connect(self, key: str) -> AnyConnection:
        """Return an open, authenticated connection to the server that may write `key`.

        The caller owns it. Nothing is retried: redis-py's default of ten retries stores a message
        twice when a reply is lost. Raises what redis-py raises; `messaging.seam.errors` translates it.
        """

    @property
    def address(self) -> str:
        """What to call it in a log: host:port, a socket's path, or how it is found."""

    @property
    def tls(self) -> bool | None:
        """Whether it speaks TLS; None where it cannot."""


def topology(settings: RedisSettings) -> Topology:
    """Return the topology that the settings describe."""
    if settings.sentinel:
        return _Sentinel(settings)
    if settings.cluster:
        return _Cluster(settings)
    return _Socket(settings) if settings.socket else _Standalone(settings)


def _arguments(settings: RedisSettings) -> dict[str, Any]:
    """Return what redis-py's connections and clients take alike."""
    return {
        "username": settings.username or None,
        "password": settings.password.get_secret_value() or None,
        "client_name": CLIENT_NAME,
        "protocol": 2,
        # Answers are timed by the caller, who knows how long a blocking command may wait.
        "socket_timeout": None,
        "socket_connect_timeout": settings.connect_timeout,
        "retry": Retry(NoBackoff(), 0),
        "driver_info": None,  # else each connection reads redis-py's version from files, on the event loop
    } | _tls_arguments(settings)


def _tls_arguments(settings: RedisSettings) -> dict[str, Any]:
    if not settings.tls:
        return {}
    return {
        "ssl_cert_reqs": "required",
        "ssl_ca_certs": str(settings.tls_ca) if settings.tls_ca else None,
        "ssl_certfile": str(settings.tls_cert) if settings.tls_cert else None,
        "ssl_keyfile": str(settings.tls_key) if settings.tls_key else None,
        "ssl_check_hostname": settings.tls_verify_host,
    }


async def _open(settings: RedisSettings, host: str, port: int, arguments: Mapping[str, Any]) -> AnyConnection:
    make = SSLConnection if settings.tls else Connection
    return await _connected(make(host=host, port=port, db=settings.db, **arguments))


async def _connected(connection: AnyConnection) -> AnyConnection:
    try:
        await connection.connect()  # type: ignore[no-untyped-call]
    except BaseException:
        await connection.disconnect(nowait=True)
        raise
    _made.add(connection)
    return connection


_made: WeakSet[AnyConnection] = WeakSet()
"""The connections of this process."""
_inherited: list[AnyConnection] = []
"""Those of its parent, kept: closing one, if only as garbage, would reach into the parent's event loop."""


def _inherit() -> None:
    _inherited.extend(_made)
    _made.clear()


if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
    os.register_at_fork(after_in_child=_inherit)


class _Socket:
    tls = None

    def __init__(self, settings: RedisSettings) -> None:
        self._arguments = _arguments(settings) | {"db": settings.db}
        self.address = settings.socket

    async def connect(self, key: str) -> AnyConnection:
        del key  # one server holds every key
        try:
            return await _connected(UnixDomainSocketConnection(path=self.address, **self._arguments))
        except RedisConnectionError as error:
            if not isinstance(error.__context__, FileNotFoundError | PermissionError):
                raise
            mend = "start its server, or mend the path in REDIS_URL (of a ledger: LEDGER_URL), or its mode"
            raise ConnectionError(f"no socket that this user may use: {mend}") from error


class _Standalone:
    def __init__(self, settings: RedisSettings) -> None:
        self._settings, self.tls = settings, settings.tls
        self._arguments = _arguments(settings)
        self.address = f"{settings.host}:{settings.port}"

    async def connect(self, key: str) -> AnyConnection:
        del key  # one server holds every key
        return await _open(self._settings, self._settings.host, self._settings.port, self._arguments)


class _Sentinel:
    """Asks the Sentinels for the primary each time it connects, so that a failover is followed."""

    def __init__(self, settings: RedisSettings) -> None:
        self._settings, self.tls = settings, settings.tls
        self._arguments = _arguments(settings)
        self.address = f"{settings.sentinel_master} of Sentinel {settings.sentinel}"

    async def connect(self, key: str) -> AnyConnection:
        del key
        host, port = await self._primary()
        return await _open(self._settings, host, port, self._arguments)

    async def _primary(self) -> tuple[str, int]:
        sentinel = Sentinel(  # type: ignore[no-untyped-call]
            self._addresses(), sentinel_kwargs=self._sentinel_arguments()
        )
        try:
            return await self._ask(sentinel)
        finally:
            for client in sentinel.sentinels:
                await client.aclose()

    async def _ask(self, sentinel: Sentinel) -> tuple[str, int]:
        """Ask one after the other, as redis-py's `discover_master` does, but keep what went wrong."""
        name, problems = self._settings.sentinel_master, list[Exception]()
        for client in sentinel.sentinels:
            try:
                masters: Any = await client.sentinel_masters()
            except (RedisConnectionError, RedisTimeoutError) as error:
                problems.append(error)
                continue
            state = masters.get(name)
            if state and sentinel.check_master_state(state, name):
                return state["ip"], state["port"]
        if len(problems) < len(sentinel.sentinels):
            raise ConnectionError(f"no Sentinel knows a primary {name!r} that is up")
        if isinstance(problems[-1], AuthenticationError):
            raise ConnectionError(f"{problems[-1]}; check REDIS_SENTINEL_USERNAME and REDIS_SENTINEL_PASSWORD")
        raise problems[-1]

    def _addresses(self) -> list[tuple[str, int]]:
        pairs = (entry.strip().rpartition(":") for entry in self._settings.sentinel.split(","))
        return [(host, int(port)) for host, _, port in pairs]

    def _sentinel_arguments(self) -> dict[str, Any]:
        settings = self._settings
        return {
            **self._arguments,
            "username": settings.sentinel_username or None,
            "password": settings.sentinel_password.get_secret_value() or None,
            "socket_timeout": settings.timeout,
            "ssl": settings.tls,
        }


class _Cluster:
    """Asks the cluster for the slot's owner each time it connects, so that a moved slot is followed."""

    def __init__(self, settings: RedisSettings) -> None:
        self._settings, self.tls = settings, settings.tls
        self._arguments = _arguments(settings)
        self.address = f"cluster at {settings.host}:{settings.port}"

    async def connect(self, key: str) -> AnyConnection:
        settings = self._settings
        arguments = self._arguments | {"socket_timeout": settings.timeout, "ssl": settings.tls}
        async with RedisCluster(host=settings.host, port=settings.port, **arguments) as cluster:
            node = cluster.get_node_from_key(key)
            if node is None:
                raise ConnectionError(f"no node of the cluster serves the slot of {key!r}")
            host, port = str(node.host), int(node.port)
        return await _open(settings, host, port, self._arguments)
