"""What both services need to know."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from messaging.patterns import PATTERNS
from messaging.seam import keys
from messaging.seam.keep import Keep
from messaging.seam.message import MESSAGE_BYTES
from messaging.seam.options import Options
from messaging.transport.settings import RedisSettings
from messaging.transport.url import parse_url
from messaging.transport.values import Bytes, Fault, Group, SomeSeconds, Unit

SHORTHANDS = {"both": ("pubsub", "queue"), "all": tuple(PATTERNS)}
"""What PATTERN may say in place of names."""

Name = Annotated[str, Field(min_length=1, max_length=512)]


def _one_slot(name: str) -> str:
    """Refuse a name beside which no helper key can stand in the same slot of a Redis Cluster."""
    if "}" in name and not keys.has_hash_tag(name):
        raise Fault("", "a name with } needs a hash tag, as in orders:{eu}")
    return name


KeyName = Annotated[Name, AfterValidator(_one_slot)]


class DestinationSettings(Group):
    """Names of channels, lists and streams in Redis."""

    pubsub: Name = Field(keys.PUBSUB, description="Channel of pubsub")
    sharded_pubsub: Name = Field(keys.SHARDED_PUBSUB, description="Channel of sharded-pubsub")
    queue: KeyName = Field(keys.QUEUE, description="List of queue")
    reliable_queue: KeyName = Field(keys.RELIABLE_QUEUE, description="List of reliable-queue")
    stream: KeyName = Field(keys.STREAM, description="Stream of stream")

    def of(self, pattern: str) -> str:
        """Return the destination of a pattern, "" for one that has no setting of its own."""
        return str(getattr(self, pattern.replace("-", "_"), ""))

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        taken: dict[str, str] = {}
        for field in ("queue", "reliable_queue", "stream"):
            name = getattr(self, field)
            if name in taken:
                other = f"DESTINATION_{taken[name].upper()}"
                raise Fault(field, f"{other} is the same key in Redis: choose another name")
            taken[name] = field
        return self


class StreamSettings(Group):
    """The stream's group and history."""

    group: Name = Field(keys.GROUP, description="Consumer group of stream")
    keep: str = Field(
        "0",
        description="What stays of acknowledged messages, the same for all who use the stream: its newest so many "
        "(100000), or those of a time (90s, 15m, 24h, 7d); 0: nothing",
    )

    @field_validator("keep")
    @classmethod
    def _readable(cls, text: str) -> str:
        try:
            Keep.parse(text)
        except ValueError as error:
            raise Fault("", str(error)) from None
        return text


class LogSettings(Group):
    """What is written to stdout."""

    format: Literal["text", "json"] = Field("text", description="text for people, json for programs")
    level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="The least important lines that are written"
    )
    rate: Annotated[int, Field(ge=0, le=1_000_000), Unit("lines/s")] = Field(
        100,
        description="Lines for single messages, per source; above it one line a second sums them up",
    )


class ProbeSettings(Group):
    """The server of /livez, /readyz, /metrics and /messages."""

    host: str = Field("0.0.0.0", description="Address to listen at (:: for IPv6)")  # noqa: S104  # kubelet asks from outside
    port: int = Field(0, ge=0, le=65535, description="Port to listen at; 0: do not listen")
    text: Annotated[int, Field(ge=0, le=1000), Unit("characters")] = Field(
        0, description="How much of a message's text /messages shows to whoever can reach the port"
    )


class LedgerSettings(Group):
    """The record of an experiment: what was attempted and done."""

    url: str = Field("", repr=False, description="URL of the ledger's own server; empty: no ledger")
    run: Name = Field("run", description="Name of the run that the records belong to")
    received: bool = Field(False, description="Whether a subscriber records what it has in hand, before it is handled")

    @field_validator("url")
    @classmethod
    def _well_formed(cls, url: str) -> str:
        if url:
            parse_url(url)
        return url


class TelemetrySettings(Group):
    """Traces and metrics by OTLP. OpenTelemetry's own OTEL_* variables switch them on."""

    flush: SomeSeconds = Field(2.0, description="How long sending the last spans and metrics may take at the end")
    traces_per_second: Annotated[int, Field(ge=0, le=1_000_000), Unit("messages/s")] = Field(
        100, description="The most messages that one process samples, whatever the sampler's ratio; 0: any number"
    )


class CommonSettings(BaseSettings):
    """The root of both services' settings; `messaging.settings.load` makes it from an environment."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        env_nested_delimiter="_",
        env_nested_max_split=1,
        env_ignore_empty=True,
    )

    pattern: str = Field("both", description="Pattern names with commas, both (pubsub and queue), or all")
    redis: RedisSettings = RedisSettings()
    destination: DestinationSettings = DestinationSettings()
    stream: StreamSettings = StreamSettings()
    log: LogSettings = LogSettings()
    probe: ProbeSettings = ProbeSettings()
    ledger: LedgerSettings = LedgerSettings()
    telemetry: TelemetrySettings = TelemetrySettings()
    message_bytes: Annotated[Bytes, Field(ge=256)] = Field(
        MESSAGE_BYTES, description="Largest message accepted, as JSON"
    )
    shutdown_grace: SomeSeconds = Field(
        25.0, description="How long finishing may take after SIGTERM (below the pod's grace period)"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic-settings names what it passes
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read no environment unasked: `load` hands over what was read from the one it is given."""
        return (init_settings,)

    @property
    def patterns(self) -> tuple[str, ...]:
        """The patterns' names, each once, in the order given."""
        names = (name.strip() for name in self.pattern.split(","))
        return tuple(dict.fromkeys(each for name in names for each in SHORTHANDS.get(name, (name,))))

    def options(self, pattern: str) -> Options:
        """Return what the library needs to know for one of the patterns."""
        return Options(
            destination=self.destination.of(pattern),
            group=self.stream.group,
            keep=Keep.parse(self.stream.keep),
            message_bytes=self.message_bytes,
            timeout=self.redis.timeout,
            connect_timeout=self.redis.connect_timeout,
        )

    @field_validator("pattern")
    @classmethod
    def _known(cls, pattern: str) -> str:
        for name in pattern.split(","):
            if name.strip() not in (*PATTERNS, *SHORTHANDS):
                raise Fault("", f"give names of {', '.join((*PATTERNS, *SHORTHANDS))}, with commas")
        return pattern
