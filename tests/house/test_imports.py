"""Which third-party package stands in which file of the library.

The directions between our own packages are import-linter's contracts, in the root's pyproject.toml.
"""

import ast
import sys
from collections.abc import Iterator
from fnmatch import fnmatch

import pytest

from tests.house.tree import SOURCES, parsed, python_files

LIBRARY = "messaging/src/messaging"
ALLOWED = {
    "aiohttp": ["service/probes.py"],
    "hiredis": ["transport/link.py"],
    "msgspec": ["*"],
    "opentelemetry": ["telemetry/*"],
    "prometheus_client": ["telemetry/*"],
    "pydantic": ["app/*", "settings/*", "transport/settings.py", "transport/values.py"],
    "pydantic_settings": ["settings/*"],
    "redis": ["transport/*"],
    "structlog": ["service/*"],
    "uvloop": ["lifecycle.py"],
}


def imports(path: str) -> Iterator[str]:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


@pytest.mark.parametrize("path", python_files(LIBRARY))
def test_the_library_imports_a_package_only_where_it_belongs(path: str) -> None:
    here = path.removeprefix(f"{LIBRARY}/")
    foreign = set(imports(path)) - sys.stdlib_module_names - {"messaging"}
    assert {name for name in foreign if not any(fnmatch(here, files) for files in ALLOWED.get(name, []))} == set()


@pytest.mark.parametrize("path", python_files(*SOURCES[1:]))
def test_only_the_library_speaks_to_redis(path: str) -> None:
    assert "redis" not in set(imports(path))
