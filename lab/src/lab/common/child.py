"""A child process that never outlives its parent.

On Linux the kernel kills the child as soon as the thread that started it ends, however that came
about (PR_SET_PDEATHSIG); so start children on the main thread. Elsewhere a child survives a parent
that was killed, but none that ended in good order.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_POLL_SECONDS = 0.005

# Runs in the child and becomes the program, under the same pid. A preexec_fn would do the same
# between fork and exec, where a process that has threads may deadlock.
_LAUNCHER = """\
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGKILL)
if os.getppid() != int(sys.argv[1]):
    sys.exit("the parent has already ended")
os.execvp(sys.argv[2], sys.argv[2:])
"""


def _launched(command: Sequence[str | Path]) -> list[str]:
    """Return the command that starts another one and binds its life to ours."""
    words = [str(word) for word in command]
    if sys.platform != "linux":
        return words
    return [sys.executable, "-I", "-S", "-c", _LAUNCHER, str(os.getpid()), *words]


class Child:
    """A process of ours, in a session of its own: Ctrl-C in the terminal does not reach it.

    It belongs to no event loop, so one loop may start it and another one await its end.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        output: IO[bytes] | int = subprocess.DEVNULL,
        stdin: IO[bytes] | int = subprocess.DEVNULL,
        directory: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Start the command.

        Args:
            command: the program and its arguments; no shell looks at them.
            output: where stdout and stderr go.
            stdin: what it reads; `subprocess.PIPE` makes `self.stdin`.
            directory: its working directory, by default ours.
            environment: its whole environment, by default ours.
        """
        self._process = subprocess.Popen(  # noqa: S603 - no shell, the words are the caller's
            _launched(command),
            stdin=stdin,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=directory,
            env=environment,
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        """The process id, also after its end."""
        return self._process.pid

    @property
    def stdin(self) -> IO[bytes] | None:
        """The pipe to its standard input, when one was asked for."""
        return self._process.stdin

    @property
    def returncode(self) -> int | None:
        """Its exit status, minus the signal that ended it, or None while it lives."""
        return self._process.poll()

    def is_running(self) -> bool:
        """Whether it lives; a paused one does."""
        return self.returncode is None

    def terminate(self) -> None:
        """Ask it to end (SIGTERM)."""
        self._process.send_signal(signal.SIGTERM)

    def interrupt(self) -> None:
        """Ask it to end as Ctrl-C would (SIGINT)."""
        self._process.send_signal(signal.SIGINT)

    def kill(self) -> None:
        """End it and whatever it forked at once (SIGKILL), as a crash of its machine would."""
        if self.is_running():
            os.killpg(self.pid, signal.SIGKILL)

    def pause(self) -> None:
        """Freeze it (SIGSTOP): its connections stay open and silent."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a frozen one go on (SIGCONT)."""
        self._process.send_signal(signal.SIGCONT)

    async def wait(self, timeout: float) -> int:
        """Return its exit status once it has ended.

        Args:
            timeout: the longest wait, in seconds.

        Raises:
            TimeoutError: it still lives after that.
        """
        async with asyncio.timeout(timeout):
            while (status := self.returncode) is None:  # noqa: ASYNC110 - no loop owns the child
                await asyncio.sleep(_POLL_SECONDS)
        return status

    async def stop(self, grace: float = 5.0) -> int:
        """End it: SIGTERM, and SIGKILL after the grace period; return its exit status.

        Args:
            grace: how long it may take to end in good order, in seconds.
        """
        try:
            self.terminate()
            self.resume()
            return await self.wait(grace)
        except TimeoutError:
            return self.reap()
        finally:
            self.reap()

    def reap(self) -> int:
        """End it at once if it still lives, and return its exit status; nothing of it stays."""
        self.kill()
        if self._process.stdin is not None:
            self._process.stdin.close()
        return self._process.wait()
