"""Text from elsewhere stays on its line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.seam.printable import one_line


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("naïve 日本 🎉\u00a0", "naïve 日本 🎉\u00a0"),
        ("a\nb\r\n", "a\\nb\\r\\n"),
        ("\x1b[31mred\x07", "\\x1b[31mred\\x07"),
        ("a\u2028b\u202ec", "a\\u2028b\\u202ec"),
        ("\udc80", "\\udc80"),
    ],
)
def test_what_breaks_a_line_becomes_an_escape(text: str, shown: str) -> None:
    assert one_line(text) == shown


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_is_one_line_that_can_be_written(text: str) -> None:
    shown = one_line(text)
    assert len(shown.splitlines()) <= 1
    shown.encode()
