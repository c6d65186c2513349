"""What both services' commands have in common: --help, --check, and how faults end."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from messaging.lifecycle import GaveUp, run
from messaging.seam.errors import AccessDenied, SettingsError
from messaging.seam.printable import one_line
from messaging.settings.common import CommonSettings
from messaging.settings.load import load
from messaging.settings.otel import otel
from messaging.settings.reference import check_text, help_text
from messaging.settings.variables import MASK

S = TypeVar("S", bound=CommonSettings)
USAGE = 2
"""Exit code of a command that must be mended before it can run."""


@dataclass(frozen=True, slots=True)
class Program(Generic[S]):
    """A service's command.

    Attributes:
        name: what it is called.
        summary: what it does, in a sentence.
        model: its settings.
        check: raises SettingsError for what the model cannot see.
        serve: runs the service to its end and returns the exit code.
    """

    name: str
    summary: str
    model: type[S]
    check: Callable[[S], object]
    serve: Callable[[S], Coroutine[object, object, int]]

    def main(self, arguments: Sequence[str] | None = None, environ: Mapping[str, str] = os.environ) -> int:
        """Do what the arguments say and return the exit code.

        A setting that cannot be used is one line on stderr each, and exit code 2.
        """
        arguments = sys.argv[1:] if arguments is None else arguments
        try:
            return self._obey(arguments, environ)
        except SettingsError as error:
            return self._refuse(error)
        except GaveUp as error:
            print(f"{self.name}: {error}", file=sys.stderr)  # noqa: T201 - the command's own words
            return 1
        except KeyboardInterrupt:  # before the service listens to signals
            return 130

    def _obey(self, arguments: Sequence[str], environ: Mapping[str, str]) -> int:
        if set(arguments) & {"-h", "--help"}:
            return _say(help_text(self.name, self.summary, self.model))
        if set(arguments) - {"--check"}:
            unknown = next(each for each in arguments if each != "--check")
            raise SettingsError("argument", unknown, "settings are environment variables; see --help")
        settings = load(self.model, environ)
        otel(environ)
        self.check(settings)
        if arguments:
            return _say(check_text(settings, environ))
        try:
            return run(self.serve(settings))
        except AccessDenied as error:
            password = MASK if settings.redis.password.get_secret_value() else ""
            raise SettingsError("REDIS_PASSWORD", password, str(error)) from None

    def _refuse(self, error: SettingsError) -> int:
        for line in (str(error), *getattr(error, "__notes__", ())):
            print(f"{self.name}: {one_line(line)}", file=sys.stderr)  # noqa: T201 - the command's own words
        return USAGE


def _say(text: str) -> int:
    try:
        print(text, flush=True)  # noqa: T201 - what the command was asked for
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0
