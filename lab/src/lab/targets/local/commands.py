"""What starts the services on this machine: ours, or what the user names in their place."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterator, Mapping, Sequence

from lab.place.site import Site
from lab.scenario.checking import RefusedError
from messaging.ledger.record import Role


def commands(site: Site) -> Mapping[Role, Sequence[str]]:
    """Return the commands that a site names, split as a shell would; a service that it does not name is ours.

    Raises:
        RefusedError: one cannot be split, or there is no such program.
    """
    return dict(_named(site))


def _named(site: Site) -> Iterator[tuple[Role, Sequence[str]]]:
    texts: dict[Role, str] = {"publisher": site.publisher_command, "subscriber": site.subscriber_command}
    for role, text in texts.items():
        if text:
            yield role, _words(f"--{role}-command {text}", text)


def _words(option: str, text: str) -> Sequence[str]:
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise RefusedError(f"{option}: {error}") from None
    if not words or shutil.which(words[0]) is None:
        raise RefusedError(f"{option}: there is no such program; give its path, or what PATH knows")
    return words
