"""Whether the server is there, for each pattern in use: one log line when that changes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from messaging.seam.errors import AccessDenied, ConnectionLost, MessagingError, ServerNotReady
from messaging.service.logs import Log


class Status:
    """What is known of each pattern's connection.

    Attributes:
        connected: the server answers.
        ever: it has answered since the start.
    """

    def __init__(
        self,
        names: Sequence[str],
        address: str,
        log: Log,
        on_denied: Callable[[AccessDenied], object],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin with nothing connected.

        Args:
            names: the patterns in use.
            address: what to call the server.
            log: is told of each change.
            on_denied: is told when the very first connection is refused for its password.
            clock: gives seconds.
        """
        self._address, self._log, self._clock = address, log, clock
        self._on_denied = on_denied
        self._problems: dict[str, MessagingError | None] = {}
        self._names = tuple(names)
        self._away_since = clock()
        self.connected = self.ever = False

    @property
    def waiting_for(self) -> tuple[str, ...]:
        """The patterns that are not connected and joined."""
        return tuple(name for name in self._names if self._problems.get(name, _NOT_YET) is not None)

    @property
    def away(self) -> float:
        """For how long the server has not answered, in seconds; 0.0 while it does."""
        return 0.0 if self.connected else self._clock() - self._away_since

    def note(self, name: str, error: MessagingError | None) -> None:
        """Note that a pattern is connected and joined (None), or what keeps it from that."""
        before = self._problems.get(name)
        known = {type(problem) for problem in self._problems.values()}
        self._problems[name] = error
        if error is None:
            self._up(name, before)
        elif isinstance(error, _ABSENT):
            self._away(error, news=type(error) not in known)
        elif isinstance(error, AccessDenied) and not self.ever:
            self._on_denied(error)
        elif type(error) is not type(before):
            self._log.error(f"{name}: {error}", pattern=name, error=type(error).__name__)

    def _up(self, name: str, before: MessagingError | None) -> None:
        if not self.connected:
            self.connected = self.ever = True
            self._forget_absence()
            self._log.info(f"Connected to Redis at {self._address}", server=self._address)
        elif before not in (None, _NOT_YET) and not isinstance(before, _ABSENT):
            self._log.info(f"{name}: works again", pattern=name)

    def _forget_absence(self) -> None:
        """The server is there: who says otherwise from now on has news."""
        for name, problem in self._problems.items():
            if isinstance(problem, _ABSENT):
                self._problems[name] = _NOT_YET

    def _away(self, error: MessagingError, *, news: bool) -> None:
        if self.connected:
            self.connected, self._away_since = False, self._clock()
        if news:
            text = str(error)
            self._log.warning(f"{text[:1].upper()}{text[1:]} (trying again)", error=type(error).__name__)


_ABSENT = (ConnectionLost, ServerNotReady)
_NOT_YET = MessagingError("not connected yet")
