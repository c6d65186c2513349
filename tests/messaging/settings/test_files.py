"""Settings from mounted files: secrets need not stand in the environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from messaging.seam.errors import SettingsError
from messaging.settings.load import load
from messaging.settings.publisher import PublisherSettings

if TYPE_CHECKING:
    from pathlib import Path


def password(folder: Path, **environ: str) -> str:
    settings = load(PublisherSettings, {"SECRETS_DIR": str(folder), **environ})
    return settings.redis.password.get_secret_value()


@pytest.mark.parametrize("name", ["redis_password", "REDIS_PASSWORD", "redis-password"])
def test_a_file_is_called_after_its_setting(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("hunter2\n")
    assert password(tmp_path) == "hunter2"


def test_a_file_as_kubernetes_mounts_it(tmp_path: Path) -> None:
    (tmp_path / "..2026").mkdir()
    (tmp_path / "..2026" / "redis-password").write_text("hunter2")
    (tmp_path / "..data").symlink_to("..2026")
    (tmp_path / "redis-password").symlink_to("..data/redis-password")
    assert password(tmp_path) == "hunter2"


def test_the_environment_wins(tmp_path: Path) -> None:
    (tmp_path / "redis_password").write_text("from the file")
    assert password(tmp_path, REDIS_PASSWORD="ours") == "ours"  # noqa: S106


def test_no_folder_is_no_fault(tmp_path: Path) -> None:
    assert password(tmp_path / "none") == ""


def test_files_of_others_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "ca.crt").write_text("x")
    (tmp_path / "kubernetes.io").mkdir()
    assert password(tmp_path) == ""


def test_a_misspelt_file_is_refused_and_not_shown(tmp_path: Path) -> None:
    (tmp_path / "redis-pasword").write_text("hunter2")
    with pytest.raises(SettingsError) as caught:
        password(tmp_path)
    assert str(caught.value) == "REDIS_PASWORD=********: did you mean REDIS_PASSWORD?"


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "redis-password").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError) as caught:
        password(tmp_path)
    assert str(caught.value).startswith(f"SECRETS_DIR={tmp_path / 'redis-password'}: cannot be read")


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(SettingsError) as caught:
        password(tmp_path / "file")
    assert str(caught.value) == f"SECRETS_DIR={tmp_path / 'file'}: cannot be read: Not a directory"


def test_a_link_that_leads_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("hunter2")
    folder = tmp_path / "secrets"
    folder.mkdir()
    (folder / "redis-password").symlink_to(tmp_path / "elsewhere")
    assert password(folder) == ""
