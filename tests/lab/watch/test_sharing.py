"""`lab watch` shows who gets how much."""

from __future__ import annotations

import asyncio
import io
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from lab.common.http import Address
from lab.common.ports import free_port
from lab.watch.figures import Figures, read
from lab.watch.replicas import CrowdError, Neighbours
from lab.watch.sharing import Observer, Part, Sharing
from lab.watch.table import table
from lab.watch.watching import watch
from tests.support.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.processes import Processes
    from tests.support.standalone import Standalone


def looks(*moments: Mapping[str, Mapping[str, float]], pattern: str = "queue") -> Sharing:
    """Take a look every 2 s at replicas that received so much, and return what the last one shows."""
    observer = Observer()
    shown: list[Sharing] = []
    for number, replicas in enumerate(moments):
        figures = {who: Figures() for who in replicas}
        for who, one in replicas.items():
            for name, count in one.items():
                getattr(figures[who], name)[pattern] = count
        shown = observer.look(figures, 2.0 * number)
    (only,) = shown
    return only


def received(**counts: float) -> dict[str, dict[str, float]]:
    return {who: {"received": count} for who, count in counts.items()}


def test_the_first_look_sets_where_counting_begins() -> None:
    shown = looks(received(a=1000, b=0), received(a=1030, b=10))
    assert [(part.who, part.received, part.share, part.rate) for part in shown.parts] == [
        ("a", 1030, 0.75, 15.0),
        ("b", 10, 0.25, 5.0),
    ]
    assert shown.jain == pytest.approx(0.8)


def test_a_new_replica_starts_the_counting_anew() -> None:
    shown = looks(received(a=0), received(a=500), received(a=500, b=0), received(a=510, b=10))
    assert [part.share for part in shown.parts] == [0.5, 0.5]
    assert shown.jain == 1.0


def test_a_restarted_replica_does_so_too() -> None:
    shown = looks(received(a=100, b=100), received(a=3, b=100), received(a=13, b=110))
    assert [part.share for part in shown.parts] == [0.5, 0.5]


def test_of_a_fan_out_everybody_has_the_whole() -> None:
    shown = looks(received(a=0, b=0), received(a=40, b=30), pattern="pubsub")
    assert [part.share for part in shown.parts] == [1.0, 0.75]


def test_before_the_first_message_nothing_is_uneven() -> None:
    shown = looks(received(a=0, b=0), received(a=0, b=0))
    assert shown.jain is None
    assert [part.share for part in shown.parts] == [0.0, 0.0]


def test_levels_are_those_of_the_one_server_that_all_ask() -> None:
    one = {"received": 1.0, "waiting": 7.0, "in_flight": 2.0}
    shown = looks({"a": one, "b": one | {"waiting": 9.0}, "p": {"sent": 0.0}}, {"a": one, "b": one, "p": {"sent": 8.0}})
    assert (shown.waiting, shown.in_flight, shown.rate) == (7, 2, 4.0)
    assert [part.who for part in shown.parts] == ["a", "b"]


def test_a_page_of_something_else_has_no_figures() -> None:
    assert read("other_total 1\n") == Figures()


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (["demo-7f-a1", "demo-7f-b2"], "…-a1"),
        (["localhost:1", "localhost:2"], "localhost:1"),
        (["demo-7f-a1"], "demo-7f-a1"),
    ],
)
def test_names_are_cut_where_all_begin_alike(names: list[str], shown: str) -> None:
    console = Console(width=100, file=io.StringIO())
    console.print(table([looks(*[received(**dict.fromkeys(names, 1.0))] * 2)]))
    output = console.file.getvalue() if isinstance(console.file, io.StringIO) else ""
    assert shown in output.split()
    assert max(map(len, output.splitlines())) <= 100


def test_a_table_of_pods_has_room_for_every_figure() -> None:
    parts = [Part(f"demo-subscriber-65d7c9d8f4-{end}", 123_456, 0.5, 200.0) for end in ("abcde", "fghij")]
    shown = Sharing("sharded-pubsub", 200.0, 1234, 1234, 1.0, parts, 12, 0.0035, 0.0735)
    console = Console(width=100, file=io.StringIO())
    console.print(table([shown]))
    assert isinstance(console.file, io.StringIO)
    head, _, first, second = (line.split() for line in console.file.getvalue().splitlines())
    assert " ".join(head) == "pattern sent/s waiting in flight p50/99 ms dead Jain replica received per s share"
    assert " ".join(first) == "sharded-pubsub 200 1,234 1,234 4/74 12 1.000 …-abcde 123,456 200 50% ███"
    assert " ".join(second) == "…-fghij 123,456 200 50% ███"


async def test_it_looks_at_local_services(processes: Processes, standalone: Standalone) -> None:
    ports = [free_port() for _ in range(3)]
    common = {**standalone.environment, "PATTERN": "queue", "DESTINATION_QUEUE": f"watch-{ports[0]}"}
    for port in ports[:2]:
        processes.start("subscriber", environment={**common, "PROBE_PORT": str(port)})
    processes.start("publisher", environment={**common, "PROBE_PORT": str(ports[2]), "PUBLISH_INTERVAL": "0.01"})
    crowd = Neighbours([Address("127.0.0.1", port) for port in ports])

    async def all_there() -> bool:
        return len(await crowd.pages()) == 3

    await eventually(all_there, what="three replicas", ignoring=CrowdError)
    console = Console(width=100, file=io.StringIO())
    await asyncio.wait_for(watch(console, crowd, 0.5, 3), 20)
    assert isinstance(console.file, io.StringIO)
    first, second = console.file.getvalue().splitlines()[-2:]
    assert [f"127.0.0.1:{port}" in first + second for port in ports] == [True, True, False]
    pattern, *_ = words = first.split()
    jain = words[words.index(next(word for word in words if word.startswith("127."))) - 1]
    assert pattern == "queue"
    assert 0.5 <= float(jain) <= 1.0


async def test_nobody_there_is_said_with_the_mend() -> None:
    with pytest.raises(CrowdError, match="start the services with PROBE_PORT"):
        await Neighbours([Address("127.0.0.1", free_port())]).pages()
