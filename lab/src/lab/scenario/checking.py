"""What can be seen before anything starts: settings that cannot be used, faults that cannot strike."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from lab.common.nearest import instead
from lab.faults import FAULTS
from lab.place.server import Ability
from lab.scenario.model import Scenario, ScenarioError
from messaging.seam.errors import SettingsError
from messaging.settings.common import CommonSettings
from messaging.settings.load import known_names, load
from messaging.settings.publisher import PublisherSettings
from messaging.settings.subscriber import SubscriberSettings


class RefusedError(Exception):
    """The target cannot do what the scenario asks for; nothing has been begun."""


def check_settings(scenario: Scenario) -> None:
    """Make sure that the services will take the settings of a scenario; raises ScenarioError."""
    models: dict[str, type[CommonSettings]] = {"publisher": PublisherSettings, "subscriber": SubscriberSettings}
    given: dict[str, Mapping[str, object]] = {"publisher": scenario.publisher, "subscriber": scenario.subscriber}
    for role, model in models.items():
        for name in given[role]:
            if name not in known_names():
                raise ScenarioError(f"{role}: unknown setting {name}: {instead(name, known_names())}")
        try:
            load(model, {"REDIS_HOST": "localhost"} | {name: str(value) for name, value in given[role].items()})
        except SettingsError as error:
            raise ScenarioError(f"{role}: {error}") from None


def check_faults(scenario: Scenario, abilities: Collection[Ability], target: str) -> None:
    """Make sure that every planned fault can strike; raises RefusedError."""
    for planned in scenario.faults:
        kind = FAULTS[planned.fault]
        if kind.needs is not None and kind.needs not in abilities:
            raise RefusedError(f"{planned.fault} on target {target} needs {kind.needs.value}")
        if kind.handler is not None and scenario.subscriber.get("HANDLER") != kind.handler:
            raise RefusedError(f"{planned.fault} needs subscriber: {{HANDLER: {kind.handler}}}")
