"""The two sides as child processes of the driver: one works, the other waits at its pipe."""

import contextlib
import json
import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evalkit.errors import RunError

ROOT = Path(__file__).parent.parent
OURS = (sys.executable, "-m", "benchmarks.ours")


class TooSlowError(RunError):
    """No answer within the time that was allowed."""


def environment(threads: int, wait: str) -> dict[str, str]:
    """What both sides see: no network, this many threads, and what a thread without work does (OMP_WAIT_POLICY)."""
    number = {name: str(threads) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
    fixed = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "OMP_WAIT_POLICY": wait, "PYTHONPATH": str(ROOT)}
    return {**os.environ, **number, **fixed}


class Side:
    """A child process that answers JSON lines. `close` ends it, whatever it does."""

    def __init__(self, name: str, command: Sequence[str], env: Mapping[str, str]) -> None:
        self.name = name
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 (closed with the process)
        self._process = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=dict(env),
            cwd=ROOT,
            start_new_session=True,  # Ctrl-C reaches the driver alone, which ends both sides
        )
        self._held = b""

    def call(self, what: str, *, timeout: float | None = None, **more: Any) -> dict[str, Any]:
        """What the child answers to `what`. Raises RunError where it fails or dies, TooSlowError after `timeout` seconds."""
        line = json.dumps({"do": what, **more}) + "\n"
        try:
            self._stdin().write(line.encode())
            self._stdin().flush()
        except OSError:
            raise RunError(f"{self.name}: its process ended: {self._last_words()}") from None
        told: dict[str, Any] = json.loads(self._line(timeout))
        if "error" in told:
            raise RunError(f"{self.name}: {what} failed: {told['error']}")
        return told

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def close(self) -> None:
        """End the process: its pipe closes, then it is terminated, then killed."""
        with contextlib.suppress(OSError):
            self._stdin().close()
        for end in (self._process.terminate, self._process.kill):
            if self._process.poll() is None:
                end()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(timeout=5)
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._log.close()

    def _stdin(self) -> Any:
        return self._process.stdin

    def _line(self, timeout: float | None) -> bytes:
        stream = self._process.stdout
        end = None if timeout is None else time.monotonic() + timeout
        while stream is not None and b"\n" not in self._held:
            left = None if end is None else max(0.0, end - time.monotonic())
            if not select.select([stream], [], [], left)[0]:
                raise TooSlowError(f"{self.name}: no answer in {timeout:.0f} s")
            block = os.read(stream.fileno(), 1 << 16)
            if not block:
                raise RunError(f"{self.name}: its process ended: {self._last_words()}")
            self._held += block
        line, _, self._held = self._held.partition(b"\n")
        return line

    def _last_words(self) -> str:
        """Exit status and the last line of the log."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=5)
        self._log.seek(0)
        lines = [line for line in self._log.read().decode(errors="replace").splitlines() if line.strip()]
        return f"exit status {self._process.returncode}; {lines[-1].strip()[:300] if lines else 'it said nothing'}"
