"""Variables that look like ours and are not: a misspelt name must not be ignored silently.

Names that begin with one of OWN_PREFIXES are ours alone: an unknown one is refused. Elsewhere
(LOG_DIR, RELEASE, ...) a name is refused only when it is nearly one of ours (PUBLSH_INTERVAL),
since other programs' variables stand in the same environment.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping

from messaging.seam.errors import SettingsError
from messaging.settings.variables import MASK, brief

OWN_PREFIXES = ("REDIS_", "PUBLISH_", "DESTINATION_", "LEDGER_", "PROBE_")
"""Under these, every name must be one of ours."""

_SHORTEST = 7  # "BLOCK" is near "LOCK" and "LEASE" near "RELEASE": nothing to learn from that
_LIKE = 0.75  # enough to suggest a name
_NEAR = 0.85  # enough to refuse one
_SERVICE_LINK = re.compile(r"_SERVICE_HOST$|_SERVICE_PORT(_.+)?$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$")
_SECRET = re.compile("PASS|PWD|PSW|WORD|SECRET|TOKEN|AUTH|KEY|CREDENTIAL|UR[IL]|_P[A-Z]*W[A-Z]*D")
_SERVICE_LINK_VALUE = re.compile(r"(tcp|udp|sctp)://")


def strangers(given: Mapping[str, str], known: Collection[str]) -> Iterator[SettingsError]:
    """Yield an error for each name that must be a mistake.

    Args:
        given: names and values of the whole environment.
        known: every name that one of the services knows.
    """
    link = _service_link(given, known)
    if link:
        yield link
    for name in sorted(set(given) - set(known)):
        upper = name.upper()
        if is_service_link(upper, given[name]):
            continue
        near = nearest(upper, known)
        if near and (upper.startswith(OWN_PREFIXES) or _is_misspelt(upper, near)):
            yield SettingsError(brief(name), _shown(upper, given[name]), f"did you mean {near}?")
        elif upper.startswith(OWN_PREFIXES):
            prefix = upper.partition("_")[0]
            names = ", ".join(each for each in known if each.startswith(f"{prefix}_"))
            yield SettingsError(brief(name), _shown(upper, given[name]), f"no such setting: give one of {names}")


def is_service_link(name: str, value: str) -> bool:
    """Tell whether Kubernetes made this variable, for a Service whose name is one of our prefixes."""
    if not name.startswith(OWN_PREFIXES):
        return False
    return bool(_SERVICE_LINK.search(name) or (name.endswith("_PORT") and _SERVICE_LINK_VALUE.match(value)))


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that is most like this one, None when none is."""
    likely = [each for each in known if abs(len(each) - len(name)) <= len(name) // 3]
    return next(iter(difflib.get_close_matches(name, likely, 1, _LIKE)), None)


def _is_misspelt(name: str, near: str) -> bool:
    return len(near) >= _SHORTEST and difflib.SequenceMatcher(None, name, near).ratio() >= _NEAR


def _service_link(given: Mapping[str, str], known: Collection[str]) -> SettingsError | None:
    """Return one error for all of them, since one mend does for all: a known name's first."""
    found = sorted(
        (name for name in given if is_service_link(name.upper(), given[name])),
        key=lambda name: (name not in known, name),
    )
    if not found:
        return None
    name = found[0]
    service = name.upper().partition("_")[0].lower()
    return SettingsError(
        brief(name),
        brief(given[name]),
        f"Kubernetes made this variable because a Service is called {service}: "
        "set enableServiceLinks: false in the pod's spec",
    )


def _shown(name: str, value: str) -> str:
    """Return what may be shown of an unknown variable's value: it may be a misspelt password."""
    return MASK if _SECRET.search(name) else brief(value)
