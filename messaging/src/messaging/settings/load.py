"""From the environment and mounted files to settings, or to one clear error for each fault."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from messaging.seam.errors import SettingsError
from messaging.settings.common import CommonSettings
from messaging.settings.publisher import STDIN, PublisherSettings
from messaging.settings.sources import DEFAULT_SECRETS_DIR, SECRETS_DIR, GivenSource, mounted
from messaging.settings.subscriber import SubscriberSettings
from messaging.settings.unknown import is_service_link, strangers
from messaging.settings.variables import Variable, variables
from messaging.transport.values import Fault, readable

S = TypeVar("S", bound=CommonSettings)


@dataclass(frozen=True, slots=True)
class Given:
    """What was given, by the environment or by files, empty values left out.

    Attributes:
        values: by variable name.
        origins: where each stood: "environment" or the file's path.
    """

    values: dict[str, str]
    origins: dict[str, str]


def known_names() -> list[str]:
    """Return every variable that one of the services knows: one environment may serve both."""
    models = (PublisherSettings, SubscriberSettings)
    names = dict.fromkeys(each.name for model in models for each in variables(model))
    return [*names, SECRETS_DIR]


def read(environ: Mapping[str, str]) -> Given:
    """Return what the environment and the files of SECRETS_DIR say; the environment wins.

    Raises:
        SettingsError: a file cannot be read.
    """
    folder = Path(environ.get(SECRETS_DIR) or DEFAULT_SECRETS_DIR)
    files = {file.upper().replace("-", "_"): (text, file) for file, text in mounted(CommonSettings, folder).items()}
    values = {name: text for name, (text, _) in files.items()}
    origins = {name: str(folder / file) for name, (_, file) in files.items()}
    set_here = {name: value for name, value in environ.items() if value}
    return Given(values | set_here, origins | dict.fromkeys(set_here, "environment"))


def load(model: type[S], environ: Mapping[str, str]) -> S:
    """Return the settings that an environment describes.

    A variable that is empty counts as not set.

    Args:
        model: PublisherSettings or SubscriberSettings.
        environ: the process's environment.

    Raises:
        SettingsError: something cannot be used; each further fault stands in its notes.
    """
    given = read(environ)
    faults = list(strangers(given.values, known_names()))
    settings, invalid = _validate(model, given)
    errors = [*faults, *invalid]
    if settings is None or errors:
        raise _joined(errors)
    return settings


def _validate(model: type[S], given: Given) -> tuple[S | None, list[SettingsError]]:
    ours = {each.name: each for each in variables(model)}
    values = {name: value for name, value in given.values.items() if name in ours and not is_service_link(name, value)}
    try:
        settings = model(**GivenSource(model, values)())
        return settings, list(_unreadable_files(settings, ours.values()))
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        return None, [_translate(dict(each), ours, values) for each in found]


def _unreadable_files(settings: S, ours: Iterable[Variable]) -> Iterator[SettingsError]:
    for variable in ours:
        value = variable.value_in(settings)
        if value and value != STDIN and variable.is_file and not readable(Path(str(value))):
            mend = "no file that this user can read: mend the path, or the file's mode"
            yield SettingsError(variable.name, variable.show(value), mend)


def _translate(error: Mapping[str, Any], ours: Mapping[str, Variable], values: Mapping[str, str]) -> SettingsError:
    cause = error.get("ctx", {}).get("error")
    fault = cause if isinstance(cause, Fault) else Fault("", "")
    name = "_".join(filter(None, (*map(str, error["loc"]), fault.field))).upper()
    variable = ours[name]
    value = values.get(name, variable.default)
    return SettingsError(name, variable.show(value), fault.mend or variable.allowed)


def _joined(errors: list[SettingsError]) -> SettingsError:
    first, *others = errors
    for other in others:
        first.add_note(str(other))
    return first
