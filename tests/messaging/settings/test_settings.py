"""From an environment to settings, or to one clear error for each fault."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import pytest
from pydantic import BaseModel

from messaging.seam.errors import SettingsError
from messaging.seam.options import Options
from messaging.settings.common import CommonSettings
from messaging.settings.load import load
from messaging.settings.publisher import PublisherSettings
from messaging.settings.subscriber import SubscriberSettings
from messaging.settings.variables import variables
from messaging.transport.settings import RedisSettings

if TYPE_CHECKING:
    from pathlib import Path

S = TypeVar("S", bound=CommonSettings)
BOTH = [PublisherSettings, SubscriberSettings]


def refused(model: type[S], **environ: str) -> list[str]:
    """Return the lines that a user would read."""
    with pytest.raises(SettingsError) as caught:
        load(model, environ)
    return [str(caught.value), *getattr(caught.value, "__notes__", ())]


def test_the_first_versions_variables_keep_names_and_defaults() -> None:
    settings = load(PublisherSettings, {})
    assert (settings.redis.host, settings.redis.port) == ("redis", 6379)
    assert (settings.pattern, settings.publish.interval) == ("both", 2.0)
    given = {"REDIS_HOST": "my-redis", "REDIS_PORT": "6380", "PATTERN": "queue"}
    settings = load(PublisherSettings, given | {"PUBLISH_INTERVAL": "0.5"})
    assert (settings.redis.host, settings.redis.port) == ("my-redis", 6380)
    assert (settings.pattern, settings.publish.interval) == ("queue", 0.5)


def test_flat_fields_that_share_a_beginning_are_kept_apart() -> None:
    given = {"BATCH": "7", "BATCH_BYTES": "9", "HANDLER": "a:b", "HANDLER_TIMEOUT": "3"}
    settings = load(SubscriberSettings, given)
    assert (settings.batch, settings.batch_bytes) == (7, 9)
    assert (settings.handler, settings.handler_timeout) == ("a:b", 3.0)


def test_nested_names_with_more_than_one_underscore() -> None:
    given = {"REDIS_GIVE_UP_AFTER": "3", "DESTINATION_RELIABLE_QUEUE": "orders:{eu}"}
    settings = load(PublisherSettings, given | {"PUBLISH_WAIT_FSYNC": "true"})
    assert settings.redis.give_up_after == 3.0
    assert settings.destination.of("reliable-queue") == "orders:{eu}"
    assert settings.publish.wait_fsync is True


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("both", ("pubsub", "queue")),
        ("all", ("pubsub", "sharded-pubsub", "queue", "reliable-queue", "stream")),
        ("stream", ("stream",)),
        (" queue, stream ,queue", ("queue", "stream")),
        ("stream,both", ("stream", "pubsub", "queue")),
    ],
)
def test_pattern_takes_names_and_shorthands(pattern: str, names: tuple[str, ...]) -> None:
    assert load(SubscriberSettings, {"PATTERN": pattern}).patterns == names


@pytest.mark.parametrize("model", BOTH)
def test_an_empty_variable_counts_as_not_set(model: type[CommonSettings]) -> None:
    settings = load(model, {"PATTERN": "", "REDIS_PORT": "", "REDIS_TLS_CA": ""})
    assert (settings.pattern, settings.redis.port, settings.redis.tls_ca) == ("both", 6379, None)


@pytest.mark.parametrize("model", BOTH)
def test_the_environment_is_read_when_it_is_given_alone(
    model: type[CommonSettings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATTERN", "stream")
    monkeypatch.setenv("LOG_DIR", "/var/log")
    assert model().pattern == "both"
    assert load(model, {}).pattern == "both"


@pytest.mark.parametrize(
    ("key", "value", "mend"),
    [
        ("PATTERN", "topic", "give names of pubsub, sharded-pubsub, queue"),
        ("PATTERN", "queue,", "give names of"),
        ("PUBLISH_INTERVAL", "abc", "give a number from 0 to 86400 (seconds)"),
        ("PUBLISH_INTERVAL", "-1", "give a number from 0 to 86400 (seconds)"),
        ("PUBLISH_INTERVAL", "nan", "give a number from 0 to 86400 (seconds)"),
        ("PUBLISH_INTERVAL", "inf", "give a number from 0 to 86400 (seconds)"),
        ("PUBLISH_BATCH", "0", "give a whole number from 1 to 10000 (messages)"),
        ("REDIS_PORT", "70000", "give a whole number from 1 to 65535"),
        ("REDIS_TIMEOUT", "0", "give a number above 0 to 300 (seconds)"),
        ("REDIS_TLS", "perhaps", "give true or false"),
        ("REDIS_HOST", "redis:6380", "the port as REDIS_PORT"),
        ("REDIS_HOST", "redis://redis", "the URL as REDIS_URL"),
        ("REDIS_SENTINEL", "one:26379,two", "give host:port for each Sentinel"),
        ("LOG_FORMAT", "xml", "give one of text, json"),
        ("PUBLISH_INPUT", "/no/such/file", "no file that this user can read"),
        ("LEDGER_URL", "ledger", "give redis://"),
        ("STREAM_KEEP", "much", "give a number of messages (100000), a time (90s, 15m, 24h, 7d), or 0"),
        ("STREAM_KEEP", "-1", "or 0"),
        ("STREAM_KEEP", "1w", "a time (90s, 15m, 24h, 7d)"),
        ("STREAM_KEEP", "99999d", "keep at most 3650d"),
        ("STREAM_KEEP", "1" * 16, "keep fewer than 10^15 messages"),
    ],
)
def test_one_line_names_key_value_and_mend(key: str, value: str, mend: str) -> None:
    (line,) = refused(PublisherSettings, **{key: value})
    assert line.startswith(f"{key}={value}: ")
    assert mend in line


def test_every_fault_has_a_line() -> None:
    lines = refused(PublisherSettings, REDIS_PORT="0", PATTERN="x", PUBLISH_BATCH="x", REDIS_HSOT="x")
    assert {line.partition("=")[0] for line in lines} == {
        "REDIS_PORT",
        "PATTERN",
        "PUBLISH_BATCH",
        "REDIS_HSOT",
    }


def test_a_value_cannot_break_the_line() -> None:
    (line,) = refused(PublisherSettings, PATTERN="a\nb\x1b[31m" + "x" * 1000)
    assert line.startswith("PATTERN=a\\nb\\x1b[31mxxx")
    assert "\n" not in line
    assert len(line) < 400


@pytest.mark.parametrize(
    ("environ", "blamed", "mend"),
    [
        ({"HANDLER_TIMEOUT": "30"}, "HANDLER_TIMEOUT", "SHUTDOWN_GRACE is 25"),
        ({"SHUTDOWN_GRACE": "1"}, "BLOCK", "SHUTDOWN_GRACE is 1"),
        ({"BLOCK": "10", "LEASE": "5"}, "BLOCK", "LEASE is 5"),
        ({"RETRY_DELAY": "90"}, "RETRY_DELAY", "RETRY_DELAY_MAX is 60"),
        ({"REDIS_SENTINEL": "a:1", "REDIS_CLUSTER": "true"}, "REDIS_CLUSTER", "remove one"),
        ({"REDIS_DB": "1", "REDIS_CLUSTER": "true"}, "REDIS_DB", "database 0 only"),
        ({"DESTINATION_STREAM": "message_queue"}, "DESTINATION_STREAM", "DESTINATION_QUEUE"),
    ],
)
def test_settings_that_contradict_one_another(environ: dict[str, str], blamed: str, mend: str) -> None:
    (line,) = refused(SubscriberSettings, **environ)
    assert line.startswith(f"{blamed}=")
    assert mend in line


def test_padding_must_fit_into_a_message() -> None:
    (line,) = refused(PublisherSettings, PUBLISH_BYTES="1000", MESSAGE_BYTES="1000")
    assert line.startswith("PUBLISH_BYTES=1000: MESSAGE_BYTES is 1000")


def test_files_of_tls_must_be_there_and_complete(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("")
    (line,) = refused(PublisherSettings, REDIS_TLS="1", REDIS_TLS_CA=str(tmp_path / "none"))
    assert "no file that this user can read" in line
    (line,) = refused(PublisherSettings, REDIS_TLS="1", REDIS_TLS_CA=str(tmp_path))
    assert "no file that this user can read" in line
    (line,) = refused(PublisherSettings, REDIS_TLS_CA=str(file))
    assert "set REDIS_TLS=true" in line
    (line,) = refused(PublisherSettings, REDIS_TLS="1", REDIS_TLS_CERT=str(file))
    assert line.startswith(f"REDIS_TLS_CERT={file}: set REDIS_TLS_KEY")
    (line,) = refused(PublisherSettings, REDIS_TLS="1", REDIS_TLS_KEY=str(file))
    assert line.startswith(f"REDIS_TLS_KEY={file}: set REDIS_TLS_CERT")


def test_input_is_sent_as_it_comes_unless_a_pace_is_set(tmp_path: Path) -> None:
    file = tmp_path / "lines"
    file.write_text("")
    publish = load(PublisherSettings, {"PUBLISH_INPUT": str(file)}).publish
    assert (publish.interval, publish.batch) == (0.0, 100)
    publish = load(PublisherSettings, {"PUBLISH_INPUT": "-", "PUBLISH_INTERVAL": "1"}).publish
    assert (publish.interval, publish.batch) == (1.0, 100)


def test_options_carry_what_the_library_needs() -> None:
    given = {"BLOCK": "1", "LEASE": "3", "CONSUMER": "me", "STREAM_GROUP": "g", "REDIS_TIMEOUT": "4"}
    options = load(SubscriberSettings, given | {"MAX_DELIVERIES": "2"}).options("stream")
    assert (options.destination, options.group, options.consumer) == ("message_stream", "g", "me")
    assert (options.block, options.lease, options.timeout) == (1.0, 3.0, 4.0)
    assert options.max_deliveries == 2
    options = load(PublisherSettings, {"MAX_LENGTH": "9", "PUBLISH_WAIT": "2"}).options("queue")
    assert (options.destination, options.max_length, options.wait_replicas) == ("message_queue", 9, 2)


@pytest.mark.parametrize("name", ["a}b", "{}a", "a{}"])
@pytest.mark.parametrize("pattern", ["QUEUE", "RELIABLE_QUEUE", "STREAM"])
def test_a_name_that_splits_a_destination_over_slots_is_refused(name: str, pattern: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(PublisherSettings, {f"DESTINATION_{pattern}": name})
    assert caught.value.key == f"DESTINATION_{pattern}"
    assert "hash tag" in caught.value.mend


@pytest.mark.parametrize("model", BOTH)
def test_defaults_are_the_librarys(model: type[CommonSettings]) -> None:
    ours, theirs = load(model, {}).options("queue"), Options()
    differing = {name for name in Options.__slots__ if getattr(ours, name) != getattr(theirs, name)}
    assert differing <= {"destination", "consumer"}


def test_the_consumers_name_stays_the_same() -> None:
    settings = load(SubscriberSettings, {})
    assert settings.options("queue").consumer == settings.options("stream").consumer


@pytest.mark.parametrize("model", [*BOTH, RedisSettings])
def test_every_setting_is_described_and_every_number_bounded_and_measured(
    model: type[BaseModel],
) -> None:
    unmeasured = {"REDIS_PORT", "REDIS_DB", "PROBE_PORT", "PORT", "DB"}
    for variable in variables(model):
        assert variable.description, variable.name
        if variable.field.annotation in (int, float):
            assert " to " in variable.allowed, variable.name
            assert variable.unit or variable.name in unmeasured, variable.name
