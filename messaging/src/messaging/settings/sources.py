"""Where settings come from: an environment that is given, and a folder of mounted files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from pydantic_settings import BaseSettings, EnvSettingsSource, NestedSecretsSettingsSource, SecretsSettingsSource
from pydantic_settings.sources.utils import parse_env_vars

from messaging.seam.errors import SettingsError
from messaging.settings.variables import brief

SECRETS_DIR = "SECRETS_DIR"
"""Names the folder of mounted files: a file `redis-password` or REDIS_PASSWORD holds that setting."""
DEFAULT_SECRETS_DIR = "/run/secrets/messaging"


class GivenSource(EnvSettingsSource):
    """Reads the variables that are given in place of the process's own."""

    def __init__(self, model: type[BaseSettings], given: Mapping[str, str]) -> None:
        """Read `given` for the fields of `model`."""
        self._given = given
        super().__init__(model)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return parse_env_vars(self._given, self.case_sensitive, self.env_ignore_empty, self.env_parse_none_str)


def mounted(model: type[BaseSettings], folder: Path) -> dict[str, str]:
    """Return what each file of a folder holds, by its name; nothing when there is no such folder.

    Hidden files are left out: they are how Kubernetes swaps a mounted Secret.

    Raises:
        SettingsError: the folder or a file cannot be read.
    """
    try:
        if folder.exists():  # pydantic-settings takes a folder that it may not read for an empty one
            os.scandir(folder).close()
        source = NestedSecretsSettingsSource(
            SecretsSettingsSource(model, folder), secrets_dir_missing="ok", secrets_case_sensitive=True
        )
    except (OSError, ValueError, RuntimeError) as error:
        raise _unreadable(folder, error) from None
    return {name: text for name, text in source.env_vars.items() if text}


def _unreadable(folder: Path, error: Exception) -> SettingsError:
    if isinstance(error, OSError):
        return SettingsError(SECRETS_DIR, brief(str(error.filename or folder)), f"cannot be read: {error.strerror}")
    blamed = _holder(folder, error.object) if isinstance(error, UnicodeDecodeError) else folder
    return SettingsError(SECRETS_DIR, brief(str(blamed)), f"cannot be read: {error}")


def _holder(folder: Path, content: bytes) -> Path:
    """Return the file that holds what is no text, which the error does not name."""
    return next((file for file in folder.iterdir() if file.is_file() and file.read_bytes() == content), folder)
