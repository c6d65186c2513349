"""docs/metrics.md names what the services show, no more and no less; docs/telemetry.md's code runs."""

from __future__ import annotations

import re

import pytest
from opentelemetry.sdk.trace import SpanProcessor
from prometheus_client.parser import text_string_to_metric_families
from tools import metrics_table

from messaging import Backlog, ConsumerLoop
from messaging.counters import Counters
from messaging.telemetry.backlog import Levels
from messaging.telemetry.exposition import Exposition
from messaging.telemetry.instruments import INSTRUMENTS
from messaging.telemetry.measured import Observed
from messaging.telemetry.sources import Source
from tests.docs.pages import between, blocks


class Full(Levels):
    """What a server would say."""

    def __init__(self) -> None:
        """Say that something waits and something is pending."""
        self.backlog, self.oldest = Backlog(1, 2), 3.0


@pytest.fixture(scope="module")
def documented() -> dict[str, tuple[str, str]]:
    """Return kind and error types of each metric in the table, by Prometheus' name."""
    rows = [re.split(r" \| ", row.strip("| ")) for row in between("docs/metrics.md", "metrics").splitlines()[2:]]
    return {row[1].strip("`"): (row[2], row[5]) for row in rows}


@pytest.fixture(scope="module")
def shown() -> dict[str, tuple[str, set[str]]]:
    """Return kind and error types of each metric on a page that shows everything."""
    sources = [
        Source("stream", "s", operation, Counters(), lambda: 0.0, lambda: True, Full())
        for operation in ("send", "receive")
    ]
    found = {}
    for family in text_string_to_metric_families(Exposition(Observed(sources)).render().decode()):
        name = f"{family.name}_total" if family.type == "counter" else family.name
        found[name] = (family.type, {sample.labels.get("error_type", "") for sample in family.samples})
    return {name: facts for name, facts in found.items() if name.startswith("messaging")}


def test_the_table_is_the_codes() -> None:
    assert between("docs/metrics.md", "metrics") == metrics_table.table(), "tools/metrics_table.py --write"


def test_what_is_documented_is_shown_and_the_other_way_round(
    documented: dict[str, tuple[str, str]], shown: dict[str, tuple[str, set[str]]]
) -> None:
    assert set(documented) == set(shown)
    for name, (kind, errors) in documented.items():
        assert shown[name][0] == kind
        assert shown[name][1] == ({error.strip("`") for error in errors.split(", ")} - {"(empty)"} or {""}) | (
            {""} if "(empty)" in errors else set()
        )
    assert len(documented) == len(INSTRUMENTS)


def test_the_code_of_the_telemetry_page_runs() -> None:
    handler, library = blocks("docs/telemetry.md", "python")
    names: dict[str, object] = {"processor": SpanProcessor(), "__name__": "example"}
    exec(handler, names)  # noqa: S102 - the document's own words
    exec(library, names)  # noqa: S102
    assert isinstance(names["loop"], ConsumerLoop)
