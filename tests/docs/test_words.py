"""What the documents name exists: links, commands, settings, tests."""

from __future__ import annotations

import ast
import re
import tomllib

import pytest

from messaging.seam import errors
from messaging.seam.errors import MessagingError
from messaging.settings.load import known_names
from tests.docs.pages import ROOT, blocks, page, pages
from tests.house.tree import files, parse

_LINK = re.compile(r"\]\(([^)\s]+)\)")
_CODE = re.compile(r"^```.*?^```|`[^`\n]+`", re.MULTILINE | re.DOTALL)
_VARIABLE = re.compile(r"(?<![\w.])[A-Z]{2,}(?:_[A-Z0-9]+)+(?![\w.])")
_ASSIGNMENT = re.compile(r"^([A-Z_]+)=\S+$")
_TEST = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
_PROGRAMS = {"curl", "docker", "export", "helm", "kind", "kubectl", "pip", "redis-cli", "skaffold", "tail"}
"""Other people's, which the documents may use."""
_FOREIGN = {
    "PUBLSH_INTERVAL",  # a misspelt name, shown as such
    "REDIS_SERVICE_HOST",  # made by Kubernetes
    "REDIS_IMAGE",  # compose.yaml's own
    "POD_NAME",  # an example of a pod specification's
    "PIP_INDEX_URL",
    "UV_DEFAULT_INDEX",
    "LC_ALL",
}


def anchors(path: str) -> set[str]:
    """Return what the headings of a document can be linked by."""
    text = re.sub(r"^```.*?^```", "", page(path), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def scripts() -> set[str]:
    """Return the commands that the packages install."""
    projects = (tomllib.loads(page(path)) for path in files() if path.endswith("pyproject.toml"))
    return {name for each in projects for name in each["project"].get("scripts", {})}


def verbs() -> set[str]:
    """Return the Makefile's verbs."""
    return set(re.findall(r"^([a-z0-9-]+):.*## ", page("Makefile"), re.MULTILINE))


def commands(line: str) -> list[list[str]]:
    """Split a line of shell into its commands, without comment and assignments."""
    parts = [part.split() for part in line.partition(" #")[0].split("|")]
    return [[word for word in part if not _ASSIGNMENT.match(word)] for part in parts if part]


@pytest.mark.parametrize("path", pages())
def test_relative_links_lead_somewhere(path: str) -> None:
    text = re.sub(r"^```.*?^```", "", page(path), flags=re.MULTILINE | re.DOTALL)
    broken = []
    for target in _LINK.findall(text):
        file, _, anchor = target.partition("#")
        if ":" in file:
            continue
        place = (ROOT / path).parent / file if file else ROOT / path
        if not place.exists() or (anchor and anchor not in anchors(str(place.resolve().relative_to(ROOT)))):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("path", pages())
def test_commands_can_be_run(path: str) -> None:
    known = scripts()
    for line in "".join(blocks(path, "sh")).replace("\\\n", "").splitlines():
        for program, *arguments in commands(line):
            if program == "make":
                assert not arguments or arguments[0] in verbs(), line
            elif program == "uv":
                assert arguments[0] == "run", line
                assert arguments[1] in known, line
            else:
                assert program in _PROGRAMS or program.removeprefix(".venv/bin/") in known, line
    for verb in re.findall(r"`make ([a-z0-9-]+)", page(path)):
        assert verb in verbs()


@pytest.mark.parametrize("path", pages())
def test_every_variable_is_a_setting(path: str) -> None:
    named = {name for code in _CODE.findall(page(path)) for name in _VARIABLE.findall(code)}
    standard = {name for name in named if name.startswith("OTEL_")}
    assert named - set(known_names()) - standard - _FOREIGN == set()


@pytest.mark.parametrize("path", pages())
def test_tests_that_are_named_exist(path: str) -> None:
    for file, test in _TEST.findall(page(path)):
        assert (ROOT / file).is_file(), file
        tree = parse(page(file), file)
        defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
        assert not test or test in defined, f"{file}::{test}"


def test_every_error_has_its_mend() -> None:
    def below(kind: type[MessagingError]) -> set[str]:
        return {kind.__name__}.union(*(below(each) for each in kind.__subclasses__()))

    section = page("docs/troubleshooting.md").split("\n## Errors and their mends\n")[1].split("\n## ")[0]
    documented = set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE))
    assert documented == {name for name in below(MessagingError) if hasattr(errors, name)} - {"MessagingError"}


def test_the_code_map_names_every_folder() -> None:
    text = page("docs/architecture.md")
    for root in ("messaging/src/messaging", "lab/src/lab"):
        folders = {
            path.removeprefix(f"{root}/").split("/")[0] for path in files(root) if path.count("/") > root.count("/") + 1
        }
        assert {folder for folder in folders if f"`{folder}/`" not in text} == set()
