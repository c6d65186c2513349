"""Ready scenarios: each YAML file of this folder is one, by its name."""

from __future__ import annotations

from pathlib import Path

from lab.common.nearest import instead
from lab.scenario.model import Scenario, ScenarioError, read

_FOLDER = Path(__file__).parent


def ready() -> list[str]:
    """Return the names of the scenarios that come with the lab."""
    return sorted(path.stem for path in _FOLDER.glob("*.yaml"))


def find(name: str) -> tuple[str, Scenario]:
    """Return a scenario and its name.

    Args:
        name: a ready scenario's name, or a path of a file that ends with .yaml.

    Raises:
        ScenarioError: there is none, or it cannot be used.
    """
    own = Path(name)
    path = own if own.suffix in (".yaml", ".yml") else _FOLDER / f"{name}.yaml"
    if path is not own and name not in ready():
        raise ScenarioError(f"unknown scenario {name}: {instead(name, ready())}, or the path of a .yaml file")
    try:
        text = path.read_bytes()
    except OSError as error:
        raise ScenarioError(f"{path} cannot be read: {error.strerror}") from None
    return path.stem, read(text, str(own if path is own else name))
