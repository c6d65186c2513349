"""Lines over the last minutes: where they are, where they break, and what is marked on them."""

from __future__ import annotations

import re

from lab.page.chart import chart
from lab.page.history import Point
from lab.watch.marks import Kind, Mark


def drawn(*values: float | None, marks: list[Mark] | None = None) -> str:
    points = [Point(1000.0 + 60 * number, 0, 0, value, None, None) for number, value in enumerate(values)]
    return chart("Waiting", (("waiting", lambda point: point.waiting),), points, marks or [], lambda top: f"{top:g}!")


def path(html: str) -> str:
    found = re.search(r'<path class="waiting" d="([^"]*)"', html)
    assert found
    return found[1]


def test_the_last_look_is_at_the_right_and_the_highest_value_at_the_top() -> None:
    assert path(drawn(0, 5, 10)) == "M0.0 59.0L300.0 30.0L600.0 1.0"


def test_a_line_is_broken_where_nobody_knew() -> None:
    assert path(drawn(10, None, 10)) == "M0.0 1.0M600.0 1.0"


def test_with_nothing_to_draw_there_is_an_empty_line() -> None:
    assert path(drawn()) == ""
    assert path(drawn(None)) == ""


def test_it_says_its_highest_value_to_who_does_not_see_it() -> None:
    assert 'aria-label="Waiting of the last 2 min, at most 10!"' in drawn(1, 10, 3)


def test_marks_stand_where_they_happened_and_older_ones_are_left_out() -> None:
    marks = [Mark(990.0, Kind.GONE, "old"), Mark(1060.0, Kind.CAME, "<new>")]
    html = drawn(1, 1, 1, marks=marks)
    assert 'style="left:50.00%" title="&lt;new&gt; came">▲' in html
    assert "old" not in html
