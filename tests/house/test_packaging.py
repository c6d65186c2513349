"""What is installed is what stands in the tree."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.house.tree import ROOT, SOURCES, files


@pytest.mark.parametrize("source", SOURCES)
def test_a_wheel_holds_every_file_of_its_package(source: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(command, cwd=ROOT / source / "..", check=True, capture_output=True)
    (wheel,) = tmp_path.iterdir()
    packed = {name for name in ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert packed == {path.removeprefix(f"{source}/") for path in files(source)}


@pytest.mark.parametrize("source", SOURCES)
def test_a_member_is_built_by_the_pinned_backend(source: str) -> None:
    project = tomllib.loads((ROOT / source / "../pyproject.toml").read_text(encoding="utf-8"))
    (backend,) = project["build-system"]["requires"]
    assert f"\n{backend} \\\n" in (ROOT / "requirements/dev.txt").read_text(encoding="utf-8")


def test_the_members_places_are_told_in_any_locale_and_move_with_the_checkout() -> None:
    (site,) = (Path(place) for place in sys.path if Path(place).name == "site-packages")
    told = [place for file in site.glob("_redis_messaging_*.pth") for place in file.read_text().splitlines()]
    assert {(site / place).resolve() for place in told} == {(ROOT / source).resolve() for source in SOURCES}
    assert all(place.startswith("..") for place in told)


@pytest.mark.parametrize(
    ("environment", "cache"),
    [
        ({"HOME": "{folder}"}, ""),
        ({"HOME": "/dev/null"}, f"{ROOT}/.tools/cache"),
        ({"HOME": "/dev/null", "XDG_CACHE_HOME": "{folder}"}, ""),
        ({"HOME": "/dev/null", "UV_CACHE_DIR": "/mine"}, "/mine"),
    ],
)
def test_what_uv_downloads_is_kept_in_the_checkout_where_home_takes_nothing(
    environment: dict[str, str], cache: str, tmp_path: Path
) -> None:
    command = ["make", "--no-print-directory", "--eval", 'told: ; @echo "$$UV_CACHE_DIR"', "told"]
    given = {name: value.format(folder=tmp_path) for name, value in environment.items()}
    told = subprocess.run(command, cwd=ROOT, env={"PATH": os.environ["PATH"]} | given, check=True, capture_output=True)
    assert told.stdout.decode() == f"{cache}\n"
