"""--help and --check are rendered from the models."""

import pytest

from messaging.settings.common import CommonSettings
from messaging.settings.load import load
from messaging.settings.publisher import PublisherSettings
from messaging.settings.reference import check_text, help_text
from messaging.settings.subscriber import SubscriberSettings
from messaging.settings.variables import variables


@pytest.mark.parametrize("model", [PublisherSettings, SubscriberSettings])
def test_help_lists_every_setting(model: type[CommonSettings]) -> None:
    text = help_text("program", "Does it.", model)
    shown = " ".join(text.split())
    for variable in variables(model):
        assert f"  {variable.name}={variable.default}" in text
        assert " ".join(variable.description.split()) in shown
    assert "  PUBLISH_INTERVAL=2  (seconds)\n" in text or model is SubscriberSettings


def test_help_tells_no_name_that_differs_each_time() -> None:
    assert "  CONSUMER=\n" in help_text("subscriber", "", SubscriberSettings)


def test_check_tells_what_is_in_force_and_why() -> None:
    environ = {"REDIS_URL": "redis://me:hunter2@host", "PUBLISH_INTERVAL": "0.5"}
    text = check_text(load(PublisherSettings, environ), environ)
    assert "hunter2" not in text
    lines = text.splitlines()
    assert "REDIS_URL=redis://***@host  # environment" in lines
    assert "REDIS_HOST=host  # implied" in lines
    assert "REDIS_PASSWORD=********  # implied" in lines
    assert "REDIS_PORT=6379  # default" in lines
    assert "PUBLISH_INTERVAL=0.5  # environment" in lines


def test_what_check_prints_can_be_used_again() -> None:
    environ = {"PATTERN": "stream", "PUBLISH_WAIT_FSYNC": "yes", "REDIS_TIMEOUT": "1.5"}
    settings = load(PublisherSettings, environ)
    lines = (line.partition("  # ")[0] for line in check_text(settings, environ).splitlines())
    again = dict(line.split("=", 1) for line in lines)
    assert load(PublisherSettings, again) == settings
