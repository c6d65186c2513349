"""A service started by another command than ours."""

from __future__ import annotations

import sys
from shlex import quote

import pytest

from lab.place.site import Site
from lab.scenario.checking import RefusedError
from lab.scenario.model import Scenario
from lab.targets.choice import PLACES
from lab.targets.local.commands import commands
from lab.targets.local.target import LocalTarget
from tests.support.eventually import eventually


def test_a_command_is_split_as_a_shell_would() -> None:
    assert commands(Site()) == {}
    named = commands(Site(publisher_command=f"{quote(sys.executable)} -m 'my publisher'"))
    assert named == {"publisher": [sys.executable, "-m", "my publisher"]}


@pytest.mark.parametrize(
    ("text", "why"),
    [("no-such-program --fast", "there is no such program"), ("python 'x", "No closing quotation"), (" ", "no such")],
)
def test_a_command_that_cannot_be_used_is_refused(text: str, why: str) -> None:
    with pytest.raises(RefusedError, match=f"--subscriber-command {text}: .*{why}"):
        commands(Site(subscriber_command=text))


async def test_the_command_is_started_with_the_same_settings() -> None:
    program = "import os; print(os.environ['CONSUMER'], os.environ['PATTERN'])"
    async with LocalTarget(commands={"subscriber": [sys.executable, "-c", program]}) as target:
        (replica,) = await target.start("subscriber", {"PATTERN": "queue"})
        await eventually(lambda: not target.replicas("subscriber"))
        assert await target.logs(replica) == "subscriber-1 queue\n"


def test_on_kubernetes_the_images_are_those_of_the_release() -> None:
    with pytest.raises(RefusedError, match="need --target local"):
        PLACES["kubernetes"](Scenario(about="any"), "lab-1", Site("kubernetes", subscriber_command="python"))
