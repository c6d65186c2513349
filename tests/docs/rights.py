"""The ACL rights that docs/protocol.md grants to each role."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.docs.pages import page

_BLOCK = re.compile(r"^```acl\n(.*?)^```", re.MULTILINE | re.DOTALL)
_RULE = re.compile(r"\([^)]*\)|\S+")


@dataclass(frozen=True, slots=True)
class Rights:
    """One row of the document's block.

    Attributes:
        meant: whom it concerns: a pattern, "every", a setting that needs more, or a pattern with
            +COMMAND for servers that have this command.
        role: publisher, subscriber, page, page-writer or connection.
        rules: as ACL SETUSER takes them; a selector in parentheses is one.
    """

    meant: str
    role: str
    rules: tuple[str, ...]


def documented() -> list[Rights]:
    """Read the rows; an indented line goes on with the row before it."""
    (block,) = _BLOCK.findall(page("docs/protocol.md"))
    rows = [_RULE.findall(row) for row in re.sub(r"\n +", " ", block).splitlines()]
    return [Rights(meant, role, tuple(rules)) for meant, role, *rules in rows]


def rules_for(meant: str, role: str, *, xackdel: bool = False, alone: bool = False) -> list[str]:
    """Return what a role is granted.

    Args:
        meant: the row's first word.
        role: its second.
        xackdel: the server has this command.
        alone: leave out what every connection needs.
    """
    rows = {(meant, role)}
    if xackdel:
        rows.add((f"{meant}+xackdel", role))
    if not alone:
        rows.add(("every", "connection"))
    return [rule for row in documented() if (row.meant, row.role) in rows for rule in row.rules]
