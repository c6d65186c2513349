"""The server under test: an embedded one, or the user's own."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from lab.embedded import EmbeddedServer
from messaging.settings.common import CommonSettings
from messaging.settings.load import load
from messaging.settings.sources import SECRETS_DIR
from messaging.transport.settings import RedisSettings

_PREFIX = "REDIS_"
_LOOKING = (_PREFIX, "DESTINATION_", "STREAM_")
_CHOOSING = ("REDIS_HOST", "REDIS_URL", "REDIS_SENTINEL")


@dataclass(frozen=True, slots=True)
class Tested:
    """How to reach the server under test.

    Attributes:
        settings: for ourselves.
        variables: the same for the services, as environment variables.
    """

    settings: RedisSettings
    variables: Mapping[str, str]


def own_server(environ: Mapping[str, str] = os.environ) -> Tested | None:
    """Return the server that the environment names by REDIS_HOST, REDIS_URL or REDIS_SENTINEL.

    Raises:
        SettingsError: what it says cannot be used.
    """
    if not any(environ.get(name) for name in _CHOOSING):
        return None
    variables = {name: value for name, value in environ.items() if name.startswith(_PREFIX) or name == SECRETS_DIR}
    return Tested(load(CommonSettings, variables).redis, variables)


def looking(environ: Mapping[str, str] = os.environ) -> CommonSettings:
    """Return what one needs to look at what both services keep on a user's server: REDIS_, DESTINATION_ and STREAM_.

    Whatever else the environment says of the services, right or wrong, is not looked at.

    Raises:
        SettingsError: what it says cannot be used.
    """
    seen = {name: value for name, value in environ.items() if name.startswith(_LOOKING) or name == SECRETS_DIR}
    return load(CommonSettings, seen)


def embedded(server: EmbeddedServer) -> Tested:
    """Return how to reach an embedded server that runs."""
    settings = RedisSettings(host=server.host, port=server.port)
    return Tested(settings, {"REDIS_HOST": server.host, "REDIS_PORT": str(server.port)})
