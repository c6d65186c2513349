"""REDIS_URL in place of several variables, and its secrets."""

import pytest

from messaging.seam.errors import SettingsError
from messaging.settings.load import load
from messaging.settings.publisher import PublisherSettings
from messaging.transport.url import mask_url


def redis(**environ: str) -> object:
    return load(PublisherSettings, environ).redis


def refusal(**environ: str) -> str:
    with pytest.raises(SettingsError) as caught:
        load(PublisherSettings, environ)
    return str(caught.value)


def test_a_url_says_everything() -> None:
    settings = load(PublisherSettings, {"REDIS_URL": "rediss://me:p%40ss@host:6380/2"}).redis
    assert (settings.host, settings.port, settings.db, settings.tls) == ("host", 6380, 2, True)
    assert (settings.username, settings.password.get_secret_value()) == ("me", "p@ss")


def test_a_url_says_only_what_it_says() -> None:
    settings = load(PublisherSettings, {"REDIS_URL": "redis://[::1]", "REDIS_PORT": "6380"}).redis
    assert (settings.host, settings.port, settings.db, settings.tls) == ("::1", 6380, 0, False)


def test_the_same_said_twice_is_no_contradiction() -> None:
    url = "rediss://:secret@host:1/2"
    twice = {"REDIS_HOST": "host", "REDIS_PORT": "1", "REDIS_DB": "2", "REDIS_TLS": "yes"}
    twice["REDIS_PASSWORD"] = "secret"  # noqa: S105
    assert redis(REDIS_URL=url, **twice) == redis(REDIS_URL=url)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("REDIS_HOST", "other"),
        ("REDIS_PORT", "2"),
        ("REDIS_DB", "3"),
        ("REDIS_USERNAME", "you"),
        ("REDIS_PASSWORD", "other"),
        ("REDIS_TLS", "true"),
    ],
)
def test_a_contradiction_is_refused_without_telling_the_password(key: str, value: str) -> None:
    line = refusal(**{"REDIS_URL": "redis://me:secret@host:1/2", key: value})
    assert line == (f"REDIS_URL=redis://***@host:1/2: contradicts {key}, which is set too: remove one of them")


@pytest.mark.parametrize(
    "url",
    [
        "host",
        "http://host",
        "redis://",
        "redis://host:port",
        "redis://host:70000",
        "redis://host/name",
        "redis://host?db=1",
        "unix:///socket?timeout=1",
        "unix://",
        "unix://host/socket",
        "unix:///a%00b",
        "unix:///socket?db=first",
        "redis://[::1",
    ],
)
def test_what_is_no_url_of_ours_is_refused(url: str) -> None:
    assert "give redis://[user:password@]host[:port][/db]" in refusal(REDIS_URL=url)


def test_a_url_may_lead_to_a_socket() -> None:
    settings = load(PublisherSettings, {"REDIS_URL": "unix://me:p%40ss@/run/my%20redis/m%C3%BCller.sock?db=2"}).redis
    assert (settings.socket, settings.db) == ("/run/my redis/müller.sock", 2)
    assert (settings.username, settings.password.get_secret_value()) == ("me", "p@ss")
    assert load(PublisherSettings, {"REDIS_URL": "unix:///s?username=me&password=x"}).redis.username == "me"
    assert load(PublisherSettings, {"REDIS_HOST": "host"}).redis.socket == ""


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("REDIS_HOST", "host"),
        ("REDIS_PORT", "6380"),
        ("REDIS_TLS", "true"),
        ("REDIS_CLUSTER", "true"),
        ("REDIS_SENTINEL", "host:26379"),
    ],
)
def test_a_socket_stands_alone(key: str, value: str) -> None:
    line = refusal(**{"REDIS_URL": "unix:///run/redis.sock", key: value})
    assert line == f"REDIS_URL=unix:///run/redis.sock: leads to a socket: remove {key}"


def test_a_sockets_path_fits_into_its_address() -> None:
    assert load(PublisherSettings, {"REDIS_URL": f"unix:///{'x' * 106}"}).redis.socket
    assert "at most 107 bytes" in refusal(REDIS_URL=f"unix:///{'ü' * 54}")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://u:p@h:1/2", "redis://***@h:1/2"),
        ("redis://u:p@ss@h", "redis://***@h"),
        ("u:p@h", "***@h"),
        ("redis://h?password=p", "redis://h?***"),
        ("redis://h", "redis://h"),
        ("unix://u:p@/s", "unix://***@/s"),
        ("unix:///s?password=p", "unix:///s?***"),
        ("redis://u:p\n@h", "redis://***@h"),
    ],
)
def test_a_urls_secrets_are_masked(url: str, shown: str) -> None:
    assert mask_url(url) == shown


def test_a_repr_tells_no_secret() -> None:
    url = "redis://me:hunter2@host"
    settings = load(PublisherSettings, {"REDIS_URL": url, "LEDGER_URL": url})
    assert "hunter2" not in repr(settings)
    assert "hunter2" not in str(settings)
