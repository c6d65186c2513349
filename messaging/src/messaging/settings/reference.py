"""--help and --check, rendered from the models: there is no second list to keep."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Mapping

from messaging.settings.common import CommonSettings
from messaging.settings.load import read
from messaging.settings.sources import DEFAULT_SECRETS_DIR, SECRETS_DIR
from messaging.settings.variables import Variable, variables

_USAGE = """\
usage: {program} [--help | --check]

{summary}

  --help   list every setting
  --check  validate the settings and print what is in force, secrets masked

Settings are environment variables; one that is empty counts as not set. A file in {folder}
(another folder: {variable}) gives the setting that it is called after, as in redis-password.

"""
_INDENT = " " * 6


def help_text(program: str, summary: str, model: type[CommonSettings]) -> str:
    """Return what --help prints: each setting with variable, default, unit and description."""
    usage = _USAGE.format(program=program, summary=summary, folder=DEFAULT_SECRETS_DIR, variable=SECRETS_DIR)
    return usage + "\n".join(_entry(each) for each in variables(model))


def check_text(settings: CommonSettings, environ: Mapping[str, str]) -> str:
    """Return what --check prints: each setting's value in force and where it comes from."""
    given = read(environ)
    lines = []
    for each in variables(type(settings)):
        value = each.value_in(settings)
        unsaid = "default" if value == each.field.default else "implied"
        lines.append(f"{each.name}={each.show(value)}  # {given.origins.get(each.name, unsaid)}")
    return "\n".join(lines)


def _entry(variable: Variable) -> str:
    head = f"  {variable.name}={variable.default}{f'  ({variable.unit})' if variable.unit else ''}"
    width = min(shutil.get_terminal_size().columns, 100)
    return f"{head}\n{textwrap.fill(variable.description, width, initial_indent=_INDENT, subsequent_indent=_INDENT)}"
