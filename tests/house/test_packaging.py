"""What is installed is what stands in the tree."""

import json
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


PROBE = """
import asyncio, importlib.metadata, json, messaging
from messaging.memory import MemoryBroker

told = importlib.metadata.metadata("redis-messaging-patterns")
app = messaging.Application(MemoryBroker())
outcome = asyncio.run(app.publish("queue", "", "hello"))
print(json.dumps([messaging.__file__, told.json, str(outcome)]))
"""


def test_the_librarys_wheel_is_installed_and_says_what_it_is(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(build, cwd=ROOT / "messaging", check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    place = tmp_path / "installed"
    uv = [str(Path(sys.executable).with_name("uv")), "pip", "install", "--offline", "--no-deps", "--target", str(place)]
    subprocess.run([*uv, str(wheel)], check=True, capture_output=True)
    found = subprocess.run(
        [sys.executable, "-c", PROBE], env={"PYTHONPATH": str(place)}, check=True, capture_output=True, cwd=tmp_path
    )
    file, told, outcome = json.loads(found.stdout)
    assert file.startswith(str(place))
    assert outcome == "Acknowledged(value=1)"
    assert (told["license_expression"], told["requires_python"]) == ("MIT", ">=3.11")
    assert "Typing :: Typed" in told["classifier"]
    assert told["description_content_type"] == "text/markdown"
    assert told["description"] == (ROOT / "messaging/README.md").read_text(encoding="utf-8")
    assert (place / "messaging/py.typed").exists()


def test_the_librarys_licence_is_the_projects() -> None:
    assert (ROOT / "messaging/LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


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
