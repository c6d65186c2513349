"""Variables that are not ours: refused where they must be a mistake, else left alone."""

import pytest

from messaging.seam.errors import SettingsError
from messaging.settings.common import CommonSettings
from messaging.settings.load import known_names, load
from messaging.settings.publisher import PublisherSettings
from messaging.settings.subscriber import SubscriberSettings
from messaging.settings.unknown import strangers

NORMAL = {
    "PATH": "/bin",
    "HOME": "/root",
    "HOSTNAME": "pod-1",
    "LANG": "C.UTF-8",
    "RELEASE": "1",
    "LOCK": "1",
    "PATCH": "1",
    "LOG": "debug",
    "REDIS": "{",
    "LOG_DIR": "/var/log",
    "LOG_FILE": "x",
    "STREAM_URL": "x",
    "BATCH_ID": "7",
    "CONSUMER_KEY": "x",
    "HANDLER_PATH": "x",
    "LEASE_ID": "7",
    "KUBERNETES_SERVICE_HOST": "10.0.0.1",
    "KUBERNETES_PORT": "tcp://10.0.0.1:443",
    "KUBERNETES_PORT_443_TCP_ADDR": "10.0.0.1",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318",
    "OTEL_TRACES_SAMPLER": "always_on",
    "PYTHONUNBUFFERED": "1",
    "GITHUB_ACTIONS": "true",
    "CI": "true",
    "SSL_CERT_FILE": "/x",
}


def refusal(environ: dict[str, str], model: type[CommonSettings] = PublisherSettings) -> str:
    with pytest.raises(SettingsError) as caught:
        load(model, environ)
    assert not getattr(caught.value, "__notes__", ())
    return str(caught.value)


def test_a_normal_environment_passes() -> None:
    assert load(PublisherSettings, NORMAL) == load(PublisherSettings, {})


def test_each_service_ignores_the_others_settings_whatever_they_hold() -> None:
    others = {"HANDLER_TIMEOUT": "abc", "BATCH": "-1"}
    assert load(PublisherSettings, others) == load(PublisherSettings, {})
    others = {"PUBLISH_INTERVAL": "abc", "SENDER": "x", "CONSUMER": "me"}
    assert load(SubscriberSettings, others) == load(SubscriberSettings, {"CONSUMER": "me"})


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("PUBLISH_INTERVALL", "PUBLISH_INTERVAL"),
        ("PUBLSH_INTERVAL", "PUBLISH_INTERVAL"),
        ("REDIS_HSOT", "REDIS_HOST"),
        ("REDS_HOST", "REDIS_HOST"),
        ("PATERN", "PATTERN"),
        ("PATTERNS", "PATTERN"),
        ("HANDLER_TIME_OUT", "HANDLER_TIMEOUT"),
        ("STREAM_GRUOP", "STREAM_GROUP"),
        ("DESTINATION_RELIABLEQUEUE", "DESTINATION_RELIABLE_QUEUE"),
        ("redis_host", "REDIS_HOST"),
        ("MAX_DELIVERYS", "MAX_DELIVERIES"),
    ],
)
def test_a_misspelt_name_is_refused_with_the_right_one(name: str, meant: str) -> None:
    assert refusal({name: "x"}) == f"{name}=x: did you mean {meant}?"
    assert refusal({name: "x"}, SubscriberSettings) == f"{name}=x: did you mean {meant}?"


def test_an_unknown_name_under_our_prefix_lists_what_there_is() -> None:
    assert refusal({"PROBE_INTERVAL_SECONDS": "1"}) == (
        "PROBE_INTERVAL_SECONDS=1: no such setting: give one of PROBE_HOST, PROBE_PORT, PROBE_TEXT"
    )


@pytest.mark.parametrize("name", ["REDIS_PASWORD", "REDIS_PASS", "REDIS_TOKEN", "REDIS_URI"])
def test_what_may_be_a_secret_is_not_told(name: str) -> None:
    assert "hunter2" not in refusal({name: "hunter2"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REDIS_PORT", "tcp://10.0.0.1:6379"),
        ("REDIS_SERVICE_HOST", "10.0.0.1"),
        ("REDIS_SERVICE_PORT", "6379"),
        ("REDIS_SERVICE_PORT_REDIS", "6379"),
        ("REDIS_PORT_6379_TCP", "tcp://10.0.0.1:6379"),
        ("REDIS_PORT_6379_TCP_ADDR", "10.0.0.1"),
        ("REDIS_MASTER_PORT", "tcp://10.0.0.1:6379"),
        ("LEDGER_SERVICE_HOST", "10.0.0.1"),
    ],
)
def test_what_kubernetes_injects_is_explained(name: str, value: str) -> None:
    service = name.partition("_")[0].lower()
    assert refusal({name: value}) == (
        f"{name}={value}: Kubernetes made this variable because a Service is called {service}: "
        "set enableServiceLinks: false in the pod's spec"
    )


def test_all_that_kubernetes_injects_has_one_mend_and_one_line() -> None:
    injected = {
        "REDIS_PORT": "tcp://10.0.0.1:6379",
        "REDIS_SERVICE_HOST": "10.0.0.1",
        "REDIS_SERVICE_PORT": "6379",
        "REDIS_PORT_6379_TCP": "tcp://10.0.0.1:6379",
        "REDIS_PORT_6379_TCP_PROTO": "tcp",
    }
    assert refusal(injected).startswith("REDIS_PORT=tcp://10.0.0.1:6379: Kubernetes")


def test_no_known_name_is_mistaken_for_another() -> None:
    known = known_names()
    assert len(set(known)) == len(known)
    assert list(strangers(dict.fromkeys(known, "1"), known)) == []
