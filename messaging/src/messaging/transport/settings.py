"""How to reach the server: REDIS_*."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from messaging.transport.url import expand_url, socket_of
from messaging.transport.values import Fault, File, Group, Seconds, SomeSeconds

Limit = Annotated[SomeSeconds, Field(le=300)]
_LAST_PORT = 65535


class RedisSettings(Group):
    """One way to one server, in any of three topologies. Its repr masks the secrets."""

    host: str = Field("redis", min_length=1, description="Host name or address of the server")
    port: int = Field(6379, ge=1, le=_LAST_PORT, description="TCP port of the server")
    db: int = Field(0, ge=0, le=1023, description="Database number (0 on Redis Cluster)")
    url: str = Field(
        "",
        repr=False,
        description="redis://, rediss:// or unix:// URL in place of host, port, db, user and password",
    )
    username: str = Field("", description="ACL user; empty for the default user")
    password: SecretStr = Field(SecretStr(""), description="Password; better as a mounted file")
    sentinel: str = Field("", description="host:port of each Sentinel, with commas; empty when there is none")
    sentinel_master: str = Field("mymaster", min_length=1, description="Name of the primary that Sentinel watches")
    sentinel_username: str = Field("", description="ACL user of the Sentinels themselves")
    sentinel_password: SecretStr = Field(SecretStr(""), description="Password of the Sentinels themselves")
    cluster: bool = Field(False, description="Whether host and port lead to a Redis Cluster")
    tls: bool = Field(False, description="Whether to speak TLS")
    tls_ca: File = Field(None, description="File with the CA that signed the server's certificate")
    tls_cert: File = Field(None, description="File with the client's certificate")
    tls_key: File = Field(None, description="File with the client's private key")
    tls_verify_host: bool = Field(True, description="Whether the certificate must be for the host's name")
    timeout: Limit = Field(5.0, description="How long one answer may take")
    connect_timeout: Limit = Field(5.0, description="How long connecting may take")
    give_up_after: Seconds = Field(
        0.0,
        description="How long to try to reach the server before exiting with code 1; 0: for ever",
    )

    @model_validator(mode="before")
    @classmethod
    def _expand_url(cls, given: Any) -> Any:  # noqa: ANN401  # pydantic passes whatever came
        return expand_url(given) if isinstance(given, dict) else given

    @property
    def socket(self) -> str:
        """The path of the server's Unix domain socket; empty when it is reached by host and port."""
        return socket_of(self.url)

    @field_validator("host")
    @classmethod
    def _host_alone(cls, host: str) -> str:
        if "://" in host:
            raise Fault("", "give the host's name alone, or the URL as REDIS_URL")
        if host.count(":") == 1:
            raise Fault("", "give the host's name alone, and the port as REDIS_PORT")
        return host

    @field_validator("sentinel")
    @classmethod
    def _host_and_port_each(cls, sentinel: str) -> str:
        for entry in sentinel.split(",") if sentinel else ():
            host, _, port = entry.strip().rpartition(":")
            if not host or not (port.isascii() and port.isdigit()) or not 0 < int(port) <= _LAST_PORT:
                raise Fault("", "give host:port for each Sentinel, with commas between")
        return sentinel

    @model_validator(mode="after")
    def _one_topology(self) -> Self:
        if self.sentinel and self.cluster:
            raise Fault("cluster", "REDIS_SENTINEL is set too: remove one of them")
        if self.cluster and self.db:
            raise Fault("db", "Redis Cluster has database 0 only: remove it")
        return self

    @model_validator(mode="after")
    def _socket_alone(self) -> Self:
        for field in ("host", "port", "sentinel", "cluster", "tls"):
            if self.socket and field in self.model_fields_set and getattr(self, field):
                raise Fault("url", f"leads to a socket: remove REDIS_{field.upper()}")
        return self

    @model_validator(mode="after")
    def _whole_tls(self) -> Self:
        if (self.tls_cert is None) != (self.tls_key is None):
            there, missing = ("key", "cert") if self.tls_cert is None else ("cert", "key")
            raise Fault(f"tls_{there}", f"set REDIS_TLS_{missing.upper()} as well")
        for field in ("tls_ca", "tls_cert"):
            if getattr(self, field) is not None and not self.tls:
                raise Fault(field, "set REDIS_TLS=true as well, or remove it")
        return self
