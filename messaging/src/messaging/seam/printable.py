"""Text from elsewhere, made fit for one line of a log."""

from __future__ import annotations

import re

# Control characters, line and paragraph separators, marks that turn the direction of writing, and
# halves of surrogate pairs: what breaks a line, a terminal or the encoding.
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def one_line(text: str) -> str:
    r"""Return the text with everything that would break a line written as an escape, as in "\n"."""
    return _UNFIT.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode("ascii")
